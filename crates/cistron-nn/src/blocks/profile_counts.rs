use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Conv, Dense, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// BPNet's two heads for one task (Avsec et al. 2021): the logits of the profile over the central positions, from a convolution, and behind
/// them the logarithm of the total counts, linear in the channels' means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileCounts {
    /// Taps of the profile's convolution.
    pub kernel: usize,
    /// Positions of the profile.
    pub positions: usize,
}

impl ProfileCounts {
    fn conv(self) -> Conv {
        Conv::new(1, self.kernel).linear()
    }

    const COUNTS: Dense = Dense::new(1).linear();
}

impl Step for ProfileCounts {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.positions == 0 || self.positions > input.positions {
            return Err(format!("a profile of {} positions cannot be cut from {}", self.positions, input.positions));
        }
        Ok(Shape { channels: 1, positions: self.positions + 1 })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let profile = self.conv().weights(input).into_iter().map(|spec| spec.within("profile"));
        let counts =
            Self::COUNTS.weights(Shape { positions: 1, ..input }).into_iter().map(|spec| spec.within("counts"));
        profile.chain(counts).collect()
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        format!("profile of {} positions by conv k{}, and total counts", self.positions, self.kernel)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let [batch, _, positions] = x.dims();
        let conv = self.conv();
        let start = (positions - self.positions) / 2;
        let profile = conv.forward(x.clone(), weights, pass).slice([0..batch, 0..1, start..start + self.positions]);
        let counts = Self::COUNTS.forward(x.mean_dim(2), weights.from(conv.weights_read()), pass);
        Tensor::cat(vec![profile, counts], 2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn the_middle_and_the_mean() {
        let input = Shape { channels: 1, positions: 6 };
        let block = Block::ProfileCounts(ProfileCounts { kernel: 1, positions: 3 });
        let device = Device::flex();
        let mut weights = Weights::initial(&block.weights(input), 1, &device);
        weights.entries[0].value = from_values(vec![10.0], &device);
        weights.entries[2].value = from_values(vec![2.0], &device);
        weights.entries[3].value = from_values(vec![0.5], &device);
        let (_, y) = run_with(&block, 1, input, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &weights, &mut Pass::evaluate());
        assert_eq!(y, [20.0, 30.0, 40.0, 7.5]);
        assert!(block.output(Shape { channels: 1, positions: 2 }).is_err());
    }
}
