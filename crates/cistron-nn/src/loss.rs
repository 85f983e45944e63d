use burn::tensor::{Tensor, activation};
use cistron_core::TargetKind;
use serde::{Deserialize, Serialize};

use crate::NnError;

/// What training minimises. Values that were not measured (NaN) do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Poisson negative log-likelihood of counts, mean(ŷ − y·ln(ŷ + [`Loss::LOG_EPSILON`])), without the term of y alone.
    Poisson,
    /// Mean squared error.
    Mse,
    /// Binary cross-entropy of logits, mean(softplus(x) − y·x).
    Bce,
}

impl Loss {
    /// Added to the predicted count inside the logarithm of [`Loss::Poisson`].
    pub const LOG_EPSILON: f64 = 1e-6;

    /// The loss of a kind of target when none is chosen: Poisson for profiles, squared error for values, cross-entropy for
    /// labels.
    pub const fn default_for(kind: TargetKind) -> Self {
        match kind {
            TargetKind::Profile => Self::Poisson,
            TargetKind::Scalar => Self::Mse,
            TargetKind::Binary => Self::Bce,
        }
    }

    /// Checks that the loss suits the kind of target: Poisson only counts, squared error counts and values, cross-entropy only
    /// labels.
    ///
    /// # Errors
    /// [`NnError::LossMismatch`].
    pub fn check(self, kind: TargetKind) -> Result<(), NnError> {
        match (self, kind) {
            (Self::Poisson | Self::Mse, TargetKind::Profile)
            | (Self::Mse, TargetKind::Scalar)
            | (Self::Bce, TargetKind::Binary) => Ok(()),
            _ => Err(NnError::LossMismatch {
                loss: self,
                kind,
                suitable: match kind {
                    TargetKind::Profile => "poisson or mse",
                    TargetKind::Scalar => "mse",
                    TargetKind::Binary => "bce",
                },
            }),
        }
    }

    /// Why a measured value cannot be a target of this loss.
    pub(crate) fn unsuitable(self, value: f32) -> Option<&'static str> {
        if !value.is_finite() {
            return Some("is not finite");
        }
        match self {
            Self::Poisson if value < 0.0 => Some("is negative, but the poisson loss takes counts: use loss mse"),
            Self::Bce if !(0.0..=1.0).contains(&value) => Some("is not a label between 0 and 1"),
            _ => None,
        }
    }

    /// Mean over the measured values, for training. `measured` is 1 where there is a value and 0 elsewhere (where `target`
    /// holds any number); `None` when all are.
    pub(crate) fn mean(
        self,
        output: Tensor<3>,
        target: Tensor<3>,
        measured: Option<Tensor<3>>,
        count: usize,
    ) -> Tensor<1> {
        let each = match self {
            Self::Poisson => output.clone() - target * output.add_scalar(Self::LOG_EPSILON).log(),
            Self::Mse => {
                let difference = output - target;
                difference.clone() * difference
            }
            // softplus(x) = −ln σ(−x)
            Self::Bce => activation::log_sigmoid(output.clone().neg()).neg() - target * output,
        };
        let each = match measured {
            Some(measured) => each * measured,
            None => each,
        };
        // Row by row first: a sum over millions of values at once would depend on how threads share them.
        each.sum_dim(2).sum().div_scalar(count.max(1) as f64)
    }

    /// The loss of one value, on the host.
    pub(crate) fn of(self, output: f32, target: f32) -> f64 {
        let (x, y) = (f64::from(output), f64::from(target));
        match self {
            Self::Poisson => x - y * (x + Self::LOG_EPSILON).ln(),
            Self::Mse => (x - y) * (x - y),
            Self::Bce => x.max(0.0) + (-x.abs()).exp().ln_1p() - y * x,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn on_device(loss: Loss, x: &[f32], y: &[f32], measured: Option<&[f32]>, count: usize) -> f64 {
        let device = Device::flex();
        let tensor = |v: &[f32]| Tensor::<3>::from_data(TensorData::new(v.to_vec(), [1, 1, v.len()]), &device);
        f64::from(loss.mean(tensor(x), tensor(y), measured.map(tensor), count).into_scalar::<f32>())
    }

    #[test]
    fn closed_forms() {
        // 2 − 3 ln 2 and 1 − 0: mean (2 − 2.0794415 + 1) / 2
        assert!((on_device(Loss::Poisson, &[2.0, 1.0], &[3.0, 0.0], None, 2) - 0.460_279_2).abs() < 1e-5);
        assert!((on_device(Loss::Mse, &[2.0, 1.0], &[3.0, 3.0], None, 2) - 2.5).abs() < 1e-6);
        // ln(1 + e⁰) = ln 2, and ln(1 + e^(−100)) = 0 where a naive logarithm of the sigmoid overflows.
        assert!((on_device(Loss::Bce, &[0.0], &[1.0], None, 1) - std::f64::consts::LN_2).abs() < 1e-6);
        assert!(on_device(Loss::Bce, &[100.0], &[1.0], None, 1).abs() < 1e-6);
        assert!((on_device(Loss::Bce, &[-100.0], &[1.0], None, 1) - 100.0).abs() < 1e-4);
    }

    #[test]
    fn the_device_and_the_host_agree() {
        let x = [0.5, 1.5, 0.1, 7.0];
        let y = [0.0, 1.0, 0.25, 1.0];
        for loss in [Loss::Poisson, Loss::Mse, Loss::Bce] {
            let host = x.iter().zip(y).map(|(&x, y)| loss.of(x, y)).sum::<f64>() / 4.0;
            assert!((on_device(loss, &x, &y, None, 4) - host).abs() < 1e-5, "{loss:?}");
        }
    }

    #[test]
    fn unmeasured_values_do_not_count() {
        let all = on_device(Loss::Mse, &[2.0, 1.0], &[3.0, 3.0], None, 2);
        let masked = on_device(Loss::Mse, &[2.0, 50.0, 1.0], &[3.0, 0.0, 3.0], Some(&[1.0, 0.0, 1.0]), 2);
        assert!((all - masked).abs() < 1e-6);
    }

    #[test]
    fn losses_that_do_not_suit_are_errors() {
        for kind in [TargetKind::Profile, TargetKind::Scalar, TargetKind::Binary] {
            Loss::default_for(kind).check(kind).unwrap();
        }
        let message = Loss::Poisson.check(TargetKind::Binary).unwrap_err().to_string();
        assert_eq!(message, "loss Poisson does not suit a Binary target; use bce");
        assert!(Loss::Poisson.unsuitable(-1.0).is_some() && Loss::Mse.unsuitable(-1.0).is_none());
        assert!(Loss::Bce.unsuitable(2.0).is_some() && Loss::Mse.unsuitable(f32::INFINITY).is_some());
    }
}
