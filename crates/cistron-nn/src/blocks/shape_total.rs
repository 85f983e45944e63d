use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{AveragePool, Conv, Dense, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// BPNet's two heads for every task (Avsec et al. 2021), multiplied to counts per bin: the softmax over the bins of a convolution's
/// averaged logits, times the total. The total is exp(c) where c is linear in the channels' means, so that
/// ln(1 + total) = softplus(c), which the loss compares with ln(1 + Σ observed), is never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeTotal {
    /// Tasks.
    pub tasks: usize,
    /// Taps of the profiles' convolution.
    pub kernel: usize,
    /// Positions averaged into a bin.
    pub bin: usize,
}

impl ShapeTotal {
    fn profile(self) -> Conv {
        Conv::new(self.tasks, self.kernel).linear()
    }

    fn total(self) -> Dense {
        Dense::new(self.tasks).linear()
    }
}

impl Step for ShapeTotal {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        AveragePool { width: self.bin }.output(self.profile().output(input)?)
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let profile = self.profile().weights(input).into_iter().map(|spec| spec.within("profile"));
        let total = self.total().weights(Shape { positions: 1, ..input }).into_iter().map(|spec| spec.within("total"));
        profile.chain(total).collect()
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        format!("{} profile(s) by conv k{}, softmax over bins of {}, times totals", self.tasks, self.kernel, self.bin)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let conv = self.profile();
        let logits = conv.forward(x.clone(), weights, pass);
        let logits = if self.bin > 1 { AveragePool { width: self.bin }.forward(logits, weights, pass) } else { logits };
        let total = self.total().forward(x.mean_dim(2), weights.from(conv.weights_read()), pass).exp();
        activation::softmax(logits, 2) * total
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    #[test]
    fn shares_times_totals() {
        let input = Shape { channels: 1, positions: 4 };
        let block = Block::ShapeTotal(ShapeTotal { tasks: 2, kernel: 1, bin: 2 });
        let device = Device::flex();
        let mut weights = Weights::initial(&block.weights(input), 1, &device);
        // Task 0 has equal logits, task 1 logits x; totals exp(ln 8) and exp(mean x).
        weights.entries[0].value = from_values(vec![0.0, 1.0], &device);
        weights.entries[2].value = from_values(vec![0.0, 1.0], &device);
        weights.entries[3].value = from_values(vec![8.0f32.ln(), 0.0], &device);
        let x = vec![0.0, 0.0, 3.0f32.ln(), 3.0f32.ln()];
        let (_, y) = run_with(&block, 1, input, x, &weights, &mut Pass::evaluate());
        let total = 3.0f32.sqrt();
        for (y, truth) in y.iter().zip([4.0, 4.0, total / 4.0, total * 0.75]) {
            assert!((y - truth).abs() < 1e-5, "{y} {truth}");
        }
        assert!(block.output(Shape { channels: 1, positions: 5 }).is_err());
    }
}
