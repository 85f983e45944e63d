//! Mean squared error of two slices. In a stream it follows from [`crate::PearsonSums::mse`], which loses digits when the error is
//! below about 10^-7 of the values.

use crate::Undefined;
use crate::lanes::{fours, vectorised};

vectorised! {
    /// Σ (ŷ − y)² over pairs without NaN, and their number.
    pub fn squared_error_sum<L>(predicted: &[f32], observed: &[f32]) -> (f64, u64) {
        let (mut sum, mut n) = (L::splat(0.0), L::splat(0.0));
        for (known, x, y) in fours::<L>(predicted, observed) {
            let error = x.minus(y);
            sum = sum.plus(error.times(error));
            n = n.plus(known);
        }
        (sum.total(), n.total() as u64)
    }
}

/// Mean of (ŷ − y)² over pairs without NaN.
///
/// # Errors
/// [`Undefined::TooFew`] without pairs.
pub fn mse(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let (sum, n) = squared_error_sum(predicted, observed);
    if n == 0 { Err(Undefined::TooFew) } else { Ok(sum / n as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PearsonSums;

    #[test]
    fn closed_form_with_missing_values() {
        let x = [1.0, 2.0, f32::NAN, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0];
        let y = [1.0, 0.0, 5.0, f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(mse(&x, &y), Ok(13.0 / 8.0));
        assert!((PearsonSums::of(&x, &y).mse().unwrap() - 13.0 / 8.0).abs() < 1e-12);
        assert_eq!(mse(&[], &[]), Err(Undefined::TooFew));
    }
}
