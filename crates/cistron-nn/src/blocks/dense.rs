use burn::tensor::Tensor;
use burn::tensor::module::linear;
use serde::{Deserialize, Serialize};

use super::{Init, Pass, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// A fully connected layer on one position (see [`super::Flatten`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dense {
    /// Outputs.
    pub units: usize,
    /// Whether this is a linear output, which starts smaller (Glorot) than a rectified layer (He).
    pub linear: bool,
}

impl Dense {
    /// A hidden layer.
    pub const fn new(units: usize) -> Self {
        Self { units, linear: false }
    }

    /// A linear output.
    pub const fn linear(self) -> Self {
        Self { linear: true, ..self }
    }
}

impl Step for Dense {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if input.positions != 1 {
            return Err(format!("a dense block takes 1 position, not {}: flatten first", input.positions));
        }
        Ok(Shape { channels: self.units, positions: 1 })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let inputs = input.channels;
        let init = if self.linear { Init::Glorot { inputs, outputs: self.units } } else { Init::He { inputs } };
        vec![WeightSpec::new("kernel", [inputs, self.units], init), WeightSpec::new("bias", [self.units], Init::Zeros)]
    }

    fn describe(&self) -> String {
        format!("dense {}", self.units)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        let [batch, channels, _] = x.dims();
        let y = linear(x.reshape([batch, channels]), weights.get::<2>(0), Some(weights.flat(1)));
        y.reshape([batch, self.units, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn dense_by_hand() {
        let input = Shape { channels: 2, positions: 1 };
        let block = Block::Dense(Dense::new(3));
        let device = Device::flex();
        let mut weights = Weights::initial(&block.weights(input), 1, &device);
        weights.entries[0].value = from_values(vec![1.0, 2.0, 3.0, 10.0, 20.0, 30.0], &device);
        weights.entries[1].value = from_values(vec![0.5, 0.0, -0.5], &device);
        let (_, y) = run_with(&block, 2, input, vec![1.0, 1.0, 2.0, -1.0], &weights, &mut Pass::evaluate());
        assert_eq!(y, [11.5, 22.0, 32.5, -7.5, -16.0, -24.5]);
        assert!(Step::output(&Dense::new(3), Shape { channels: 2, positions: 4 }).is_err());
    }
}
