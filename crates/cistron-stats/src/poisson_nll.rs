//! Poisson negative log-likelihood without its constant: mean of ŷ − y·ln ŷ.

/// Predictions below this count as this, so that the logarithm is defined.
pub const FLOOR: f32 = 1e-6;

/// Σ (ŷ − y·ln ŷ) over pairs without NaN, and their number. (GOPHER's published metric swaps its arguments; this does not.)
pub fn poisson_nll_sum(predicted: &[f32], observed: &[f32]) -> (f64, u64) {
    let mut sum = 0.0;
    let mut n = 0;
    for (&rate, &count) in predicted.iter().zip(observed) {
        if rate.is_nan() || count.is_nan() {
            continue;
        }
        let rate = rate.max(FLOOR);
        sum += f64::from(rate) - f64::from(count) * f64::from(rate.ln());
        n += 1;
    }
    (sum, n)
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
    }
}
