use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Activation, Behind, Conv, Dropout, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// The first stage of the DREAM challenge's networks: two convolutions of different kernels over the same input, each with ReLU and dropout,
/// their filters one after the other (Rafi et al. 2024, methods, first layers block of BHI).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TwoKernels {
    /// Filters of each.
    pub filters: usize,
    /// Taps of the two kernels.
    pub kernels: [usize; 2],
    /// Dropout rate.
    pub dropout: f64,
}

impl TwoKernels {
    fn convs(&self) -> [Conv; 2] {
        self.kernels.map(|kernel| Conv::new(self.filters, kernel))
    }
}

impl Step for TwoKernels {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        let [first, second] = self.convs();
        Ok(Shape { channels: first.output(input)?.channels + second.output(input)?.channels, ..input })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let each = self.convs().into_iter().zip(["first", "second"]);
        each.flat_map(|(conv, name)| conv.weights(input).into_iter().map(move |spec| spec.within(name))).collect()
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        Conv::new(1, self.kernels[0].max(self.kernels[1])).receptive_field(field)
    }

    fn describe(&self) -> String {
        format!("conv 2 x {} k{} and k{}", self.filters, self.kernels[0], self.kernels[1])
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let [first, second] = self.convs();
        let dropout = Dropout { rate: self.dropout };
        let mut branch = |conv: &Conv, own: WeightSlice<'_>| {
            let y = conv.with(Behind::activation(Activation::Relu), x.clone(), own, pass);
            dropout.forward(y, own, pass)
        };
        let a = branch(&first, weights);
        let b = branch(&second, weights.from(first.weights_read()));
        Tensor::cat(vec![a, b], 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn filters_of_both_stand_one_after_the_other() {
        let input = Shape { channels: 1, positions: 3 };
        let block = Block::TwoKernels(TwoKernels { filters: 1, kernels: [1, 3], dropout: 0.2 });
        let device = Device::flex();
        let mut weights = Weights::initial(&block.weights(input), 1, &device);
        assert_eq!(
            weights.entries.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(),
            ["first.kernel", "first.bias", "second.kernel", "second.bias"]
        );
        weights.entries[0].value = from_values(vec![2.0], &device);
        weights.entries[2].value = from_values(vec![1.0, 1.0, 1.0], &device);
        let (_, y) = run_with(&block, 1, input, vec![1.0, -2.0, 4.0], &weights, &mut Pass::evaluate());
        assert_eq!(y, [2.0, 0.0, 8.0, 0.0, 3.0, 2.0]);
        assert_eq!(block.receptive_field(ReceptiveField::INPUT).width_bp, Some(3));
    }
}
