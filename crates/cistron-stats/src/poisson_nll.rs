//! Poisson negative log-likelihood without its constant: mean of ŷ − y·ln ŷ.

use crate::Undefined;
use crate::lanes::{fours, vectorised};

/// Predictions below this count as this, so that the logarithm is defined.
pub const FLOOR: f32 = 1e-6;

/// Mean of ŷ − y·ln ŷ over pairs without NaN.
///
/// # Errors
/// [`Undefined::TooFew`] without pairs.
pub fn poisson_nll(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let (sum, n) = poisson_nll_sum(predicted, observed);
    if n == 0 { Err(Undefined::TooFew) } else { Ok(sum / n as f64) }
}

vectorised! {
    /// Σ (ŷ − y·ln ŷ) over pairs without NaN, and their number. (GOPHER's published metric swaps its arguments; this does not.)
    pub fn poisson_nll_sum<L>(predicted: &[f32], observed: &[f32]) -> (f64, u64) {
        let (mut sum, mut n) = (L::splat(0.0), L::splat(0.0));
        for (known, rate, count) in fours::<L>(predicted, observed) {
            let rate = rate.at_least(L::splat(f64::from(FLOOR)));
            sum = sum.plus(known.times(rate.minus(count.times(rate.ln()))));
            n = n.plus(known);
        }
        (sum.total(), n.total() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_form_and_minimum_at_the_mean() {
        let (sum, n) = poisson_nll_sum(&[1.0, std::f32::consts::E, f32::NAN], &[3.0, 2.0, 1.0]);
        assert_eq!(n, 2);
        assert!((sum - (1.0 + std::f64::consts::E - 2.0)).abs() < 1e-6);
        let at = |rate: f32| poisson_nll_sum(&[rate; 3], &[1.0, 2.0, 6.0]).0;
        assert!(at(3.0) < at(2.9) && at(3.0) < at(3.1));
        assert!(at(0.0).is_finite());
        assert_eq!(poisson_nll(&[f32::NAN], &[1.0]), Err(Undefined::TooFew));
        assert!((poisson_nll(&[2.0, 2.0], &[0.0, 1.0]).unwrap() - (2.0 - 0.5 * 2f64.ln())).abs() < 1e-15);
    }
}
