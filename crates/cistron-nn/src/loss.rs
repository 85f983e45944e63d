mod host;
mod tensors;

use cistron_core::{TargetKind, TargetSpec};
use serde::{Deserialize, Serialize};

use crate::NnError;

/// What training minimises. Values that were not measured (NaN) do not count.
///
/// Poisson, squared error and cross-entropy are means over all measured values. The others are first computed for each sequence and task
/// over its measured bins, then averaged over those sequences and tasks that have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Poisson negative log-likelihood of counts, mean(ŷ − y·ln(ŷ + [`Loss::LOG_EPSILON`])), without the term of y alone.
    Poisson,
    /// Mean squared error.
    Mse,
    /// Binary cross-entropy of logits, mean(softplus(x) − y·x).
    Bce,
    /// 1 − r, Pearson's correlation along the bins; [`Loss::VARIANCE_EPSILON`] is added to both variances, so that r = 0 for a
    /// constant profile.
    Pearson,
    /// a · squared error + b · (1 − r), with the weights a, b.
    MsePearson,
    /// BPNet's loss: a · multinomial negative log-likelihood of the profile given its total, −Σ y·ln(ŷ / Σŷ) without the terms of y alone,
    /// + b · (ln(1 + Σŷ) − ln(1 + Σy))² (Avsec et al. 2021).
    MultinomialMse,
}

impl Loss {
    /// Added to a predicted count inside a logarithm. So small that it only guards against 0: with 1e-6 or 1e-7 (TensorFlow) the gradient of
    /// the loss through a softplus vanishes once all counts are below it, and the network stays there.
    pub const LOG_EPSILON: f64 = 1e-30;
    /// Added to the variances of a correlation.
    pub const VARIANCE_EPSILON: f64 = 1e-8;

    const ALL: [Self; 6] = [Self::Poisson, Self::Mse, Self::Bce, Self::Pearson, Self::MsePearson, Self::MultinomialMse];

    /// The loss of a kind of target when none is chosen: Poisson for profiles, squared error for values, cross-entropy for
    /// labels.
    pub const fn default_for(kind: TargetKind) -> Self {
        match kind {
            TargetKind::Profile => Self::Poisson,
            TargetKind::Scalar => Self::Mse,
            TargetKind::Binary => Self::Bce,
        }
    }

    /// Name in the study file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Mse => "mse",
            Self::Bce => "bce",
            Self::Pearson => "pearson",
            Self::MsePearson => "mse-pearson",
            Self::MultinomialMse => "multinomial-mse",
        }
    }

    /// Whether it is a weighted sum of two terms.
    pub const fn is_combined(self) -> bool {
        matches!(self, Self::MsePearson | Self::MultinomialMse)
    }

    /// Whether it is computed for each sequence and task first.
    pub(crate) const fn is_by_row(self) -> bool {
        matches!(self, Self::Pearson | Self::MsePearson | Self::MultinomialMse)
    }

    const fn suits(self, kind: TargetKind) -> bool {
        match self {
            Self::Mse => !matches!(kind, TargetKind::Binary),
            Self::Bce => matches!(kind, TargetKind::Binary),
            Self::Poisson | Self::Pearson | Self::MsePearson | Self::MultinomialMse => {
                matches!(kind, TargetKind::Profile)
            }
        }
    }

    /// Checks that the loss suits the kind of target: those of counts and profiles only profiles, squared error profiles and values,
    /// cross-entropy only labels.
    ///
    /// # Errors
    /// [`NnError::LossMismatch`].
    pub fn check(self, kind: TargetKind) -> Result<(), NnError> {
        if self.suits(kind) {
            return Ok(());
        }
        let suitable: Vec<&str> = Self::ALL.into_iter().filter(|l| l.suits(kind)).map(Self::name).collect();
        Err(NnError::LossMismatch { loss: self, kind, suitable: suitable.join(", ") })
    }

    /// Checks that the loss is defined for profiles of so many bins.
    ///
    /// # Errors
    /// A correlation along a single bin.
    pub(crate) fn check_bins(self, target: &TargetSpec) -> Result<(), NnError> {
        if matches!(self, Self::Pearson | Self::MsePearson) && target.bins < 2 {
            let message = format!(
                "{} correlates along the bins of a window, and there is only one: make bin_bp smaller, or use poisson",
                self.name()
            );
            return Err(NnError::Option { key: "loss", message });
        }
        Ok(())
    }

    /// Why a measured value cannot be a target of this loss.
    pub(crate) fn unsuitable(self, value: f32) -> Option<&'static str> {
        if !value.is_finite() {
            return Some("is not finite");
        }
        match self {
            Self::Poisson | Self::MultinomialMse if value < 0.0 => {
                Some("is negative, but the loss takes counts: use loss mse")
            }
            Self::Bce if !(0.0..=1.0).contains(&value) => Some("is not a label between 0 and 1"),
            _ => None,
        }
    }
}

/// A loss with the weights of its terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedLoss {
    /// The loss.
    pub loss: Loss,
    /// Weights of its two terms; not used by losses of one term.
    pub weights: [f64; 2],
}

impl From<Loss> for WeightedLoss {
    fn from(loss: Loss) -> Self {
        Self { loss, weights: [1.0, 1.0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor, TensorData};

    /// The loss of rows of `bins` values on the device and on the host.
    fn both(loss: WeightedLoss, bins: usize, x: &[f32], y: &[f32], measured: Option<&[f32]>) -> (f64, f64) {
        let device = Device::flex();
        let shape = [1, x.len() / bins, bins];
        let tensor = |v: &[f32]| Tensor::<3>::from_data(TensorData::new(v.to_vec(), shape), &device);
        let (mut sum, mut units) = (0.0, 0);
        for row in 0..x.len() / bins {
            let at = row * bins..(row + 1) * bins;
            let (value, n) = loss.of_row(&x[at.clone()], &y[at.clone()], measured.map(|m| &m[at]));
            sum += value;
            units += n;
        }
        let on_device = loss.mean(tensor(x), tensor(y), measured.map(tensor), units);
        (f64::from(on_device.into_scalar::<f32>()), sum / units as f64)
    }

    fn is(loss: impl Into<WeightedLoss>, x: &[f32], y: &[f32], truth: f64) {
        let loss = loss.into();
        let (device, host) = both(loss, x.len(), x, y, None);
        assert!((device - truth).abs() < 2e-5 * truth.abs().max(1.0), "{loss:?} on the device: {device} {truth}");
        assert!((host - truth).abs() < 1e-6 * truth.abs().max(1.0), "{loss:?} on the host: {host} {truth}");
    }

    #[test]
    fn closed_forms() {
        use std::f64::consts::LN_2;
        // 2 − 3 ln 2 and 1 − 0
        is(Loss::Poisson, &[2.0, 1.0], &[3.0, 0.0], (3.0 - 3.0 * LN_2) / 2.0);
        is(Loss::Mse, &[2.0, 1.0], &[3.0, 3.0], 2.5);
        // ln(1 + e⁰) = ln 2, and ln(1 + e^(−100)) = 0 where a naive logarithm of the sigmoid overflows.
        is(Loss::Bce, &[0.0], &[1.0], LN_2);
        is(Loss::Bce, &[100.0], &[1.0], 0.0);
        is(Loss::Bce, &[-100.0], &[1.0], 100.0);
        // Covariance 1, variances 2/3 and 8/3: r = 3/4; then a line with r = 1 and one with r = −1; a constant has r = 0.
        is(Loss::Pearson, &[1.0, 2.0, 3.0], &[0.0, 4.0, 3.0], 1.0 - 3.0 / (2.0f64 * 26.0 / 3.0).sqrt());
        is(Loss::Pearson, &[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0], 0.0);
        is(Loss::Pearson, &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], 2.0);
        is(Loss::Pearson, &[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0], 1.0);
        let combined = |weights| WeightedLoss { loss: Loss::MsePearson, weights };
        is(combined([0.5, 3.0]), &[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], 0.5 * 8.0 / 3.0 + 3.0 * 2.0);
        // Shares 1/4 and 3/4: −ln(1/4) − 2 ln(3/4); totals 4 and 3: ln(5/4)².
        let nll = -(0.25f64.ln()) - 2.0 * 0.75f64.ln();
        let counts = (5.0f64 / 4.0).ln().powi(2);
        is(Loss::MultinomialMse, &[1.0, 3.0], &[1.0, 2.0], nll + counts);
        is(
            WeightedLoss { loss: Loss::MultinomialMse, weights: [2.0, 10.0] },
            &[1.0, 3.0],
            &[1.0, 2.0],
            2.0 * nll + 10.0 * counts,
        );
    }

    /// dL/dx of ŷ = softplus(x) is σ(x)·(1 − y/ŷ), about −y where ŷ is tiny.
    #[test]
    fn tiny_counts_still_learn() {
        let x = Tensor::<3>::from_floats([[[-5.0, -20.0, -60.0]]], &Device::flex()).autodiff().require_grad();
        let loss = WeightedLoss::from(Loss::Poisson);
        let target = Tensor::<3>::from_floats([[[1.0, 2.0, 0.5]]], &Device::flex());
        let gradients = loss.mean(crate::blocks::softplus(x.clone()), target, None, 1).backward();
        let gradient = x.grad(&gradients).unwrap().into_data().try_into_vec_as::<f32>().unwrap();
        let slope = |x: f64, y: f64| (1.0 - y / (x.exp().ln_1p() + Loss::LOG_EPSILON)) / (1.0 + (-x).exp());
        for (g, truth) in gradient.iter().zip([slope(-5.0, 1.0), slope(-20.0, 2.0), slope(-60.0, 0.5)]) {
            assert!((f64::from(*g) - truth).abs() < 1e-5, "{g} {truth}");
        }
    }

    #[test]
    fn unmeasured_values_do_not_count() {
        for loss in [Loss::Poisson, Loss::Mse, Loss::Pearson, Loss::MsePearson, Loss::MultinomialMse] {
            let (device, host) = both(loss.into(), 3, &[2.0, 1.0, 5.0], &[3.0, 3.0, 4.0], None);
            let measured = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
            let x = [2.0, 50.0, 1.0, 5.0, 9.0, 9.0, 1.0, 9.0];
            let y = [3.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0];
            // One row with a gap, one without any value.
            let (with_gap, with_gap_host) = both(loss.into(), 4, &x, &y, Some(&measured));
            assert!((device - with_gap).abs() < 1e-5, "{loss:?}: {device} {with_gap}");
            assert!((host - with_gap_host).abs() < 1e-9, "{loss:?}: {host} {with_gap_host}");
        }
    }

    /// Gradients at the device against central differences of the host's loss.
    #[test]
    fn gradients_are_those_of_the_host() {
        let device = Device::flex();
        let (x, y) = ([0.5f32, 1.5, 0.7, 2.5, 0.3, 1.1], [0.0f32, 1.0, 0.25, 4.0, 1.0, 1.0]);
        for loss in [Loss::Poisson, Loss::Mse, Loss::Pearson, Loss::MsePearson, Loss::MultinomialMse] {
            let loss = WeightedLoss { loss, weights: [0.7, 1.9] };
            let tensor = |v: &[f32]| Tensor::<3>::from_data(TensorData::new(v.to_vec(), [1, 2, 3]), &device);
            let leaf = tensor(&x).autodiff().require_grad();
            let units = if loss.loss.is_by_row() { 2 } else { 6 };
            let gradients = loss.mean(leaf.clone(), tensor(&y), None, units).backward();
            let gradient = leaf.grad(&gradients).unwrap().into_data().try_into_vec_as::<f32>().unwrap();
            let of = |x: &[f32]| {
                (0..2).map(|r| loss.of_row(&x[3 * r..3 * r + 3], &y[3 * r..3 * r + 3], None).0).sum::<f64>()
            };
            for i in 0..6 {
                let h = 1e-3f32;
                let (mut up, mut down) = (x, x);
                up[i] += h;
                down[i] -= h;
                let difference = (of(&up) - of(&down)) / f64::from(up[i] - down[i]) / units as f64;
                assert!(
                    (f64::from(gradient[i]) - difference).abs() < 1e-4,
                    "{loss:?} {i}: {} {difference}",
                    gradient[i]
                );
            }
        }
    }

    #[test]
    fn losses_that_do_not_suit_are_errors() {
        for kind in [TargetKind::Profile, TargetKind::Scalar, TargetKind::Binary] {
            Loss::default_for(kind).check(kind).unwrap();
        }
        let message = Loss::Poisson.check(TargetKind::Binary).unwrap_err().to_string();
        assert_eq!(message, "loss poisson does not suit a binary target; use bce");
        let message = Loss::Bce.check(TargetKind::Profile).unwrap_err().to_string();
        assert!(message.ends_with("use poisson, mse, pearson, mse-pearson, multinomial-mse"), "{message}");
        assert!(Loss::Poisson.unsuitable(-1.0).is_some() && Loss::Mse.unsuitable(-1.0).is_none());
        assert!(Loss::Bce.unsuitable(2.0).is_some() && Loss::Mse.unsuitable(f32::INFINITY).is_some());
        let one = TargetSpec { kind: TargetKind::Profile, tasks: vec!["a".into()], bins: 1, bin_bp: 8, input_bp: 8 };
        assert!(Loss::Pearson.check_bins(&one).is_err() && Loss::MultinomialMse.check_bins(&one).is_ok());
    }
}
