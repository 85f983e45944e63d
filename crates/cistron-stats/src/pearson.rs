//! Pearson correlation from sums that can be added up, so that it streams and resamples.

use serde::{Deserialize, Serialize};

use crate::Undefined;
use crate::lanes::{fours, vectorised};

/// Sums of (prediction x, observation y) from which Pearson's r and the mean squared error follow. Adding the sums of two
/// sets gives those of their union; a weight multiplies them.
///
/// Plain sums stay linear, which is what a bootstrap over windows needs; in `f64` the price is that r loses about
/// log10(mean² / variance) of its 15 digits. For data whose mean is many times their spread subtract a constant from each side
/// first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PearsonSums {
    /// Number of pairs (or their total weight).
    pub n: f64,
    /// Σ x
    pub x: f64,
    /// Σ y
    pub y: f64,
    /// Σ x²
    pub xx: f64,
    /// Σ y²
    pub yy: f64,
    /// Σ x·y
    pub xy: f64,
}

/// The share of the mean square below which a variance is taken for rounding: what n / 1,024 + 512 additions can lose.
///
/// A constant prediction over a chromosome must not correlate with anything: without the part that grows with n, the rounding of
/// 50,000 window sums already passes for variance. Values stored as `f32` with a spread below about 2e-6 of their mean
/// (10^-5 at 10^9 pairs) are therefore called constant.
fn rounding(n: f64) -> f64 {
    f64::EPSILON * (n / 1024.0 + 512.0)
}

/// Pairs that are added up in one go; the sums of such blocks are then added pairwise, so that rounding does not grow with the
/// length of a slice.
const BLOCK: usize = 4096;

vectorised! {
    /// The sums over at most [`BLOCK`] pairs.
    fn block_sums<L>(predicted: &[f32], observed: &[f32]) -> PearsonSums {
        let mut sums = [L::splat(0.0); 6];
        for (known, x, y) in fours::<L>(predicted, observed) {
            let terms = [known, x, y, x.times(x), y.times(y), x.times(y)];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = sum.plus(term);
            }
        }
        let [n, x, y, xx, yy, xy] = sums.map(L::total);
        PearsonSums { n, x, y, xx, yy, xy }
    }
}

impl PearsonSums {
    /// The sums over pairs; a pair with a NaN on either side is left out. Slices of unequal length are cut to the shorter.
    pub fn of(predicted: &[f32], observed: &[f32]) -> Self {
        let n = predicted.len().min(observed.len());
        if n <= BLOCK {
            return block_sums(&predicted[..n], &observed[..n]);
        }
        let middle = n.div_ceil(BLOCK) / 2 * BLOCK;
        let mut sums = Self::of(&predicted[..middle], &observed[..middle]);
        sums.add(&Self::of(&predicted[middle..n], &observed[middle..n]), 1.0);
        sums
    }

    /// Adds one pair.
    pub fn push(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    /// Adds `weight` times the sums of another set.
    pub fn add(&mut self, other: &Self, weight: f64) {
        self.n += weight * other.n;
        self.x += weight * other.x;
        self.y += weight * other.y;
        self.xx += weight * other.xx;
        self.yy += weight * other.yy;
        self.xy += weight * other.xy;
    }

    /// Pearson's r.
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two pairs or without variance on a side.
    pub fn pearson(&self) -> Result<f64, Undefined> {
        if self.n < 2.0 {
            return Err(Undefined::TooFew);
        }
        let var_x = self.xx - self.x * self.x / self.n;
        let var_y = self.yy - self.y * self.y / self.n;
        if var_y <= rounding(self.n) * self.yy {
            return Err(Undefined::ConstantObservation);
        }
        if var_x <= rounding(self.n) * self.xx {
            return Err(Undefined::ConstantPrediction);
        }
        let covariance = self.xy - self.x * self.y / self.n;
        Ok((covariance / (var_x * var_y).sqrt()).clamp(-1.0, 1.0))
    }

    /// Variances of x and of y and their covariance, all divided by n; 0 without pairs.
    pub fn moments(&self) -> (f64, f64, f64) {
        let n = self.n.max(1.0);
        let (x, y) = (self.x / n, self.y / n);
        ((self.xx / n - x * x).max(0.0), (self.yy / n - y * y).max(0.0), self.xy / n - x * y)
    }

    /// Mean of (x − y)².
    ///
    /// # Errors
    /// [`Undefined::TooFew`] without pairs.
    pub fn mse(&self) -> Result<f64, Undefined> {
        if self.n <= 0.0 {
            return Err(Undefined::TooFew);
        }
        Ok(((self.xx + self.yy - 2.0 * self.xy) / self.n).max(0.0))
    }

    /// Coefficient of determination: 1 − Σ(y − x)² ÷ Σ(y − ȳ)².
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two pairs or a constant observation.
    pub fn r_squared(&self) -> Result<f64, Undefined> {
        if self.n < 2.0 {
            return Err(Undefined::TooFew);
        }
        let var_y = self.yy - self.y * self.y / self.n;
        if var_y <= rounding(self.n) * self.yy {
            return Err(Undefined::ConstantObservation);
        }
        Ok(1.0 - self.mse()? * self.n / var_y)
    }

    /// Σ y ÷ Σ x: the factor that brings predictions to the observed total (GOPHER).
    ///
    /// # Errors
    /// [`Undefined::TooFew`] when the predictions sum to zero.
    pub fn scaling_factor(&self) -> Result<f64, Undefined> {
        if self.x == 0.0 { Err(Undefined::TooFew) } else { Ok(self.y / self.x) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, keyed_rng};
    use proptest::prelude::*;
    use rand::RngExt;

    #[test]
    fn closed_forms() {
        let x = [1.0, 2.0, 3.0, 4.0];
        assert!((PearsonSums::of(&x, &[3.0, 5.0, 7.0, 9.0]).pearson().unwrap() - 1.0).abs() < 1e-12);
        assert!((PearsonSums::of(&x, &[4.0, 3.0, 2.0, 1.0]).pearson().unwrap() + 1.0).abs() < 1e-12);
        // x − x̄ = ∓1.5, ∓.5; y − ȳ = −.5, .5, −.5, .5: r = 1 / √(5·1)
        let sums = PearsonSums::of(&x, &[0.0, 1.0, 0.0, 1.0]);
        assert!((sums.pearson().unwrap() - 1.0 / 5.0f64.sqrt()).abs() < 1e-12);
        assert!((sums.mse().unwrap() - (1.0 + 1.0 + 9.0 + 9.0) / 4.0).abs() < 1e-12);
        assert!((sums.r_squared().unwrap() - (1.0 - 20.0)).abs() < 1e-12);
        assert!((sums.scaling_factor().unwrap() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_constant_over_a_chromosome_has_no_variance() {
        let observed: Vec<f32> = (0..2048).map(|i| (i % 7) as f32).collect();
        for constant in [0.1f32, 0.3, 1.7, 3.3333, 12.34567] {
            let window = PearsonSums::of(&vec![constant; 2048], &observed);
            let mut sums = PearsonSums::default();
            for _ in 0..50_000 {
                sums.add(&window, 1.0);
            }
            assert_eq!(sums.pearson(), Err(Undefined::ConstantPrediction), "{constant}");
        }
    }

    #[test]
    fn a_mean_of_a_thousand_spreads_costs_nothing_that_matters() {
        let mut rng = keyed_rng(2, Stream::Simulate, 0, 0);
        let n = 300_000;
        let x: Vec<f32> = (0..n).map(|_| 1000.0 + rng.random::<f32>()).collect();
        let y: Vec<f32> = x.iter().map(|x| 0.5 * x + rng.random::<f32>()).collect();
        let mean = |v: &[f32]| v.iter().map(|v| f64::from(*v)).sum::<f64>() / n as f64;
        let (mx, my) = (mean(&x), mean(&y));
        let mut centred = PearsonSums::default();
        for (x, y) in x.iter().zip(&y) {
            centred.push(f64::from(*x) - mx, f64::from(*y) - my);
        }
        let (fast, two_pass) = (PearsonSums::of(&x, &y).pearson().unwrap(), centred.pearson().unwrap());
        assert!((fast - two_pass).abs() < 1e-7, "{fast} {two_pass}");
    }

    #[test]
    fn undefined_has_a_reason() {
        assert_eq!(
            PearsonSums::of(&[0.1; 9], &[1., 2., 3., 4., 5., 6., 7., 8., 9.]).pearson(),
            Err(Undefined::ConstantPrediction)
        );
        assert_eq!(PearsonSums::of(&[1.0, 2.0], &[0.1; 2]).pearson(), Err(Undefined::ConstantObservation));
        assert_eq!(PearsonSums::of(&[1.0, f32::NAN], &[1.0, 2.0]).pearson(), Err(Undefined::TooFew));
    }

    proptest! {
        #[test]
        fn merging_equals_one_pass(values in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 4..80), cut in 1usize..4) {
            let (x, y): (Vec<f32>, Vec<f32>) = values.into_iter().unzip();
            let whole = PearsonSums::of(&x, &y);
            let mut parts = PearsonSums::of(&x[..cut], &y[..cut]);
            parts.add(&PearsonSums::of(&x[cut..], &y[cut..]), 1.0);
            prop_assert_eq!(whole.n, parts.n);
            if let (Ok(a), Ok(b)) = (whole.pearson(), parts.pearson()) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }
}
