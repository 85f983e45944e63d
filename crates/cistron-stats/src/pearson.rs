//! Pearson correlation from sums that can be added up, so that it streams and resamples.

use serde::{Deserialize, Serialize};

use crate::Undefined;

/// Sums of (prediction x, observation y) from which Pearson's r and the mean squared error follow. Adding the sums of two
/// sets gives those of their union; a weight multiplies them.
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

/// Variances below this share of the mean square are rounding, not variance: the data are `f32`.
const ROUNDING: f64 = 1e-13;

impl PearsonSums {
    /// The sums over pairs; a pair with a NaN on either side is left out.
    pub fn of(predicted: &[f32], observed: &[f32]) -> Self {
        // Eight lanes, added up in a fixed order: fast, and the same on every machine.
        const LANES: usize = 8;
        let mut lanes = [[0.0f64; LANES]; 6];
        let mut add = |lane: usize, x: f32, y: f32| {
            let known = !(x.is_nan() || y.is_nan());
            let (x, y) = if known { (f64::from(x), f64::from(y)) } else { (0.0, 0.0) };
            lanes[0][lane] += f64::from(u8::from(known));
            lanes[1][lane] += x;
            lanes[2][lane] += y;
            lanes[3][lane] += x * x;
            lanes[4][lane] += y * y;
            lanes[5][lane] += x * y;
        };
        let whole = predicted.len().min(observed.len()) / LANES * LANES;
        for (x, y) in predicted[..whole].chunks_exact(LANES).zip(observed[..whole].chunks_exact(LANES)) {
            for lane in 0..LANES {
                add(lane, x[lane], y[lane]);
            }
        }
        for (&x, &y) in predicted[whole..].iter().zip(&observed[whole..]) {
            add(0, x, y);
        }
        let [n, x, y, xx, yy, xy] = lanes.map(|lane| lane.iter().sum());
        Self { n, x, y, xx, yy, xy }
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
        if var_y <= ROUNDING * self.yy {
            return Err(Undefined::ConstantObservation);
        }
        if var_x <= ROUNDING * self.xx {
            return Err(Undefined::ConstantPrediction);
        }
        let covariance = self.xy - self.x * self.y / self.n;
        Ok((covariance / (var_x * var_y).sqrt()).clamp(-1.0, 1.0))
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
        if var_y <= ROUNDING * self.yy {
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
    use proptest::prelude::*;

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
