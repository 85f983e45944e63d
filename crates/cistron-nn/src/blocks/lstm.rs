use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{Init, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::kernels;
use crate::weights::WeightSlice;

/// A bidirectional LSTM along the sequence: the hidden values of the forward direction, then those of the backward one. Weights are laid
/// out as PyTorch's: gates in the order input, forget, cell, output, two biases that are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BiLstm {
    /// Hidden units of each direction.
    pub units: usize,
}

/// Weights of one direction.
const EACH: usize = 4;

impl BiLstm {
    /// One direction with burn's own operations, for devices that our kernel does not serve.
    fn direction(&self, x: &Tensor<3>, weights: WeightSlice<'_>, reverse: bool) -> Tensor<3> {
        let [batch, inputs, positions] = x.dims();
        let units = self.units;
        let biases = weights.flat(2) + weights.flat(3);
        let columns = x.clone().swap_dims(1, 2).reshape([batch * positions, inputs]);
        let gates = columns.matmul(weights.get::<2>(0).transpose()) + biases.reshape([1, 4 * units]);
        let gates = gates.reshape([batch, positions, 4 * units]);
        let recurrent = weights.get::<2>(1).transpose();
        let device = x.device().without_autodiff();
        let (mut hidden, mut cell) =
            (Tensor::<2>::zeros([batch, units], &device), Tensor::<2>::zeros([batch, units], &device));
        let mut out: Vec<Tensor<3>> = Vec::with_capacity(positions);
        for step in 0..positions {
            let at = if reverse { positions - 1 - step } else { step };
            let here = gates.clone().slice([0..batch, at..at + 1, 0..4 * units]).reshape([batch, 4 * units]);
            let here = here + hidden.matmul(recurrent.clone());
            let gate = |i: usize| here.clone().slice([0..batch, i * units..(i + 1) * units]);
            let (input, forget, output) =
                (activation::sigmoid(gate(0)), activation::sigmoid(gate(1)), activation::sigmoid(gate(3)));
            cell = forget * cell + input * gate(2).tanh();
            hidden = output * cell.clone().tanh();
            out.push(hidden.clone().reshape([batch, units, 1]));
        }
        if reverse {
            out.reverse();
        }
        Tensor::cat(out, 2)
    }

    fn plain(&self, x: &Tensor<3>, weights: WeightSlice<'_>) -> Tensor<3> {
        Tensor::cat(vec![self.direction(x, weights, false), self.direction(x, weights.from(EACH), true)], 1)
    }
}

impl Step for BiLstm {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.units == 0 {
            return Err("an LSTM needs at least one unit".into());
        }
        Ok(Shape { channels: 2 * self.units, ..input })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let (gates, units) = (4 * self.units, self.units);
        let direction = |name: &'static str| {
            [
                WeightSpec::new(
                    "input_kernel",
                    [gates, input.channels],
                    Init::Glorot { inputs: input.channels, outputs: units },
                ),
                WeightSpec::new("recurrent_kernel", [gates, units], Init::Glorot { inputs: units, outputs: units }),
                WeightSpec::new("input_bias", [gates], Init::Zeros),
                WeightSpec::new("recurrent_bias", [gates], Init::Zeros),
            ]
            .map(|spec| spec.within(name))
        };
        ["forward", "backward"].into_iter().flat_map(direction).collect()
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        format!("bidirectional lstm 2 x {}", self.units)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        if kernels::serve(&x.device()) {
            let flat = Tensor::cat((0..2 * EACH).map(|i| weights.flat(i)).collect(), 0);
            return kernels::lstm(x, flat, self.units);
        }
        self.plain(&x, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Weights;
    use burn::tensor::{Device, Gradients, TensorData};

    /// The kernel against burn's operations: values and every gradient.
    #[test]
    fn the_kernel_agrees_with_plain_operations() {
        let input = Shape { channels: 3, positions: 7 };
        let lstm = BiLstm { units: 5 };
        let device = Device::flex();
        let weights = Weights::initial(&lstm.weights(input), 4, &device);
        let values: Vec<f32> = (0..2 * 21).map(|i| ((i * 31) % 17) as f32 / 9.0 - 1.0).collect();
        let of = |plain: bool| {
            let x =
                Tensor::<3>::from_data(TensorData::new(values.clone(), [2, 3, 7]), &device).autodiff().require_grad();
            let leaves = weights.leaves();
            let slice = leaves.slice(0..leaves.entries.len());
            let y = if plain { lstm.plain(&x, slice) } else { lstm.forward(x.clone(), slice, &mut Pass::evaluate()) };
            let mut gradients: Gradients = (y.clone() * y.clone()).sum().backward();
            let host = |t: Tensor<1>| t.into_data().try_into_vec_as::<f32>().unwrap();
            let mut all = vec![y.reshape([140]).into_data().try_into_vec_as::<f32>().unwrap()];
            all.push(host(x.grad(&gradients).unwrap().reshape([42])));
            all.extend(leaves.entries.iter().map(|w| host(w.value.grad_remove(&mut gradients).unwrap())));
            all
        };
        let (ours, plain) = (of(false), of(true));
        assert_eq!(ours.len(), 10);
        for (a, b) in ours.iter().flatten().zip(plain.iter().flatten()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
