use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::activation::add;
use super::{Activation, Behind, Conv, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// BPNet's dilated layer (Avsec et al. 2021): x + relu(conv(x)), with as many filters as channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipConv {
    /// Taps of the kernel.
    pub kernel: usize,
    /// Distance between taps in positions.
    pub dilation: usize,
}

impl SkipConv {
    fn conv(self, channels: usize) -> Conv {
        Conv::new(channels, self.kernel).dilated(self.dilation)
    }
}

impl Step for SkipConv {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        self.conv(input.channels).output(input)
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        self.conv(input.channels).weights(input)
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        self.conv(1).receptive_field(field)
    }

    fn describe(&self) -> String {
        format!("x + relu(conv k{} dilation {})", self.kernel, self.dilation)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let y = self.conv(x.dims()[1]).with(Behind::activation(Activation::Relu), x.clone(), weights, pass);
        add(x, y, false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn by_hand() {
        let input = Shape { channels: 1, positions: 5 };
        let block = Block::SkipConv(SkipConv { kernel: 3, dilation: 2 });
        let device = Device::flex();
        let mut weights = Weights::initial(&block.weights(input), 1, &device);
        weights.entries[0].value = from_values(vec![1.0, 0.0, -1.0], &device);
        weights.entries[1].value = from_values(vec![0.5], &device);
        let x = vec![1.0, 2.0, 3.0, 4.0, 5.0];
        // x[p − 2] − x[p + 2] + 0.5 is −2.5, −3.5, −3.5, 2.5, 3.5.
        let (_, y) = run_with(&block, 1, input, x, &weights, &mut Pass::evaluate());
        assert_eq!(y, [1.0, 2.0, 3.0, 6.5, 8.5]);
        assert_eq!(block.receptive_field(ReceptiveField::INPUT).width_bp, Some(5));
    }
}
