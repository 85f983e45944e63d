use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm, batch_norm_train};
use serde::{Deserialize, Serialize};

use super::{Activation, Init, Pass, Shape, Step, WeightSpec};
use crate::kernels::{self, NormKind, Then};
use crate::weights::WeightSlice;

/// Batch normalisation per channel over batch and positions (Ioffe and Szegedy 2015). While training it uses the batch's
/// own mean and (biased) variance and moves the running ones by a tenth towards them; otherwise it uses the running ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchNorm;

impl BatchNorm {
    /// Added to the variance.
    pub const EPSILON: f64 = 1e-5;
    /// Share of the new batch in the running statistics.
    pub const MOMENTUM: f64 = 0.1;
    /// Number of weights that the block reads.
    pub(super) const WEIGHTS: usize = 4;
}

impl Step for BatchNorm {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let shape = [input.channels];
        vec![
            WeightSpec::new("gamma", shape, Init::Ones),
            WeightSpec::new("beta", shape, Init::Zeros),
            WeightSpec::statistic("running_mean", shape, Init::Zeros),
            WeightSpec::statistic("running_variance", shape, Init::Ones),
        ]
    }

    fn describe(&self) -> String {
        "batch norm".into()
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        self.normalise(x, weights, pass, Then::Nothing)
    }
}

impl BatchNorm {
    /// The normalisation and perhaps an activation behind it, in one operation where there is one.
    pub(crate) fn with(
        &self,
        activation: Option<Activation>,
        x: Tensor<3>,
        weights: WeightSlice<'_>,
        pass: &mut Pass,
    ) -> Tensor<3> {
        let fused = Activation::fused(activation, &x.device());
        Activation::left(activation, fused, self.normalise(x, weights, pass, fused))
    }

    /// `fused` is only given to our own kernels.
    fn normalise(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass, fused: Then) -> Tensor<3> {
        let (gamma, beta, mean, variance) = (weights.flat(0), weights.flat(1), weights.flat(2), weights.flat(3));
        let ours = kernels::serve(&x.device());
        let kind = NormKind { epsilon: Self::EPSILON, then: fused, fixed: !pass.is_training() };
        if !pass.is_training() {
            return if ours {
                kernels::batch_norm(x, gamma, beta, mean, variance, kind)
            } else {
                batch_norm(x, gamma, beta, mean, variance, Self::EPSILON)
            };
        }
        let (y, batch_mean, batch_variance) = if ours {
            kernels::batch_norm_train(x, gamma, beta, kind)
        } else {
            let result = batch_norm_train(x, gamma, beta, Self::EPSILON);
            (result.output, result.mean, result.variance)
        };
        for (i, old, new) in [(2, mean, batch_mean), (3, variance, batch_variance)] {
            let moved = old.mul_scalar(1.0 - Self::MOMENTUM) + new.without_autodiff().mul_scalar(Self::MOMENTUM);
            pass.statistics.push((weights.place(i), moved));
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;

    #[test]
    fn training_normalises_and_moves_the_running_statistics() {
        let input = Shape { channels: 1, positions: 2 };
        let block = Block::BatchNorm(BatchNorm);
        let mut pass = Pass::train(0, 0, 0);
        // Mean 2.5, biased variance 1.25.
        let (_, y) = run(&block, 2, input, vec![1.0, 2.0, 3.0, 4.0], &mut pass);
        let scale = 1.25f32.sqrt();
        for (y, x) in y.iter().zip([-1.5, -0.5, 0.5, 1.5]) {
            assert!((y - x / scale).abs() < 1e-4);
        }
        let moved: Vec<(usize, f32)> =
            pass.statistics.iter().map(|(i, t)| (*i, t.clone().into_scalar::<f32>())).collect();
        assert_eq!((moved[0].0, moved[1].0), (2, 3));
        assert!((moved[0].1 - 0.25).abs() < 1e-6 && (moved[1].1 - (0.9 + 0.125)).abs() < 1e-6, "{moved:?}");
        // Evaluation uses the running statistics (mean 0, variance 1 at the start).
        let (_, y) = run(&block, 2, input, vec![1.0, 2.0, 3.0, 4.0], &mut Pass::evaluate());
        assert!((y[3] - 4.0).abs() < 1e-4);
    }
}
