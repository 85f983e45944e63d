use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::activation::add;
use super::{Activation, BatchNorm, Behind, Conv, Dropout, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// GOPHER's residual block RBn: n convolutions of kernel 3 and dilations 1, 2, 4, … 2^(n−1), each with batch norm; ReLU
/// and dropout between them; the input is added and a ReLU follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// Number of convolutions.
    pub convolutions: usize,
    /// Dropout rate between them.
    pub dropout: f64,
}

impl Residual {
    const KERNEL: usize = 3;

    fn conv(&self, channels: usize, i: usize) -> Conv {
        Conv::new(channels, Self::KERNEL).dilated(1 << i)
    }
}

impl Step for Residual {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let mut all = Vec::new();
        for i in 0..self.convolutions {
            let own = self.conv(input.channels, i).weights(input).into_iter().chain(BatchNorm.weights(input));
            all.extend(own.map(|spec| spec.within(&i.to_string())));
        }
        all
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        (0..self.convolutions).fold(field, |field, i| self.conv(1, i).receptive_field(field))
    }

    fn describe(&self) -> String {
        format!("residual block of {} dilated conv k{}", self.convolutions, Self::KERNEL)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let channels = x.dims()[1];
        let mut y = x.clone();
        for i in 0..self.convolutions {
            let conv = self.conv(channels, i);
            let own = weights.from(i * (conv.weights_read() + BatchNorm::WEIGHTS));
            let last = i + 1 == self.convolutions;
            y = conv.with(Behind::norm((!last).then_some(Activation::Relu)), y, own, pass);
            if !last {
                y = Dropout { rate: self.dropout }.forward(y, own, pass);
            }
        }
        add(x, y, true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn a_block_with_zero_kernels_is_the_rectifier() {
        let input = Shape { channels: 2, positions: 9 };
        let block = Block::Residual(Residual { convolutions: 3, dropout: 0.0 });
        let device = Device::flex();
        let specs = block.weights(input);
        assert_eq!(specs.len(), 18);
        assert_eq!(specs[6].name, "1.kernel");
        // Three convolutions of 2·2·3 + 2 and their norms of 2 + 2 trained values.
        assert_eq!(specs.iter().filter(|s| s.trained).map(WeightSpec::len).sum::<usize>(), 3 * (14 + 4));
        let mut weights = Weights::initial(&specs, 5, &device);
        for entry in weights.entries.iter_mut().filter(|e| e.name.ends_with("kernel")) {
            entry.value = from_values(vec![0.0; 12], &device);
        }
        let x: Vec<f32> = (0..18).map(|i| i as f32 - 9.0).collect();
        let (_, y) = run_with(&block, 1, input, x.clone(), &weights, &mut Pass::evaluate());
        assert_eq!(y, x.iter().map(|v| v.max(0.0)).collect::<Vec<_>>());
    }

    #[test]
    fn the_field_of_rb5_is_63() {
        // 1 + 2 · (1 + 2 + 4 + 8 + 16)
        let block = Residual { convolutions: 5, dropout: 0.1 };
        assert_eq!(block.receptive_field(ReceptiveField::INPUT).width_bp, Some(63));
    }
}
