//! Fisher's exact test.

use statrs::function::factorial::ln_binomial;

/// Natural logarithm of the one-sided p-value that so many, or more, of the first group are marked: P(X ≥ `marked_1`) for X
/// hypergeometric (Fisher 1922). `marked_1` of `total_1` and `marked_2` of `total_2` are marked.
///
/// # Panics
/// If more are marked than there are.
pub fn ln_p_greater(marked_1: u64, total_1: u64, marked_2: u64, total_2: u64) -> f64 {
    assert!(marked_1 <= total_1 && marked_2 <= total_2, "the marked are part of the total");
    let marked = marked_1 + marked_2;
    let most = marked.min(total_1);
    // The first term from logarithms, the next ones from their ratios.
    let first =
        ln_binomial(total_1, marked_1) + ln_binomial(total_2, marked_2) - ln_binomial(total_1 + total_2, marked);
    let (mut term, mut sum) = (1.0f64, 1.0f64);
    for k in marked_1..most {
        let (k, t1, t2, m) = (k as f64, total_1 as f64, total_2 as f64, marked as f64);
        term *= (t1 - k) / (k + 1.0) * (m - k) / (t2 - m + k + 1.0);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (first + sum.ln()).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // SciPy 1.17.1: fisher_exact([[8, 2], [1, 5]], alternative="greater"): 0.024475524475524483
        assert!((ln_p_greater(8, 10, 1, 6).exp() - 0.024_475_524_475_524_483).abs() < 1e-12);
        // One table only: everything is marked.
        assert!(ln_p_greater(5, 5, 7, 7).abs() < 1e-12);
        assert!(ln_p_greater(0, 5, 3, 7).abs() < 1e-12);
        // All 3 of 3 against 0 of 3: one of 20 tables.
        assert!((ln_p_greater(3, 3, 0, 3) - (1.0f64 / 20.0).ln()).abs() < 1e-12);
    }

    #[test]
    fn tails_sum_to_one() {
        for marked in 0..=9u64 {
            let upper = ln_p_greater(marked, 12, 9 - marked, 15).exp();
            let next = if marked < 9 { ln_p_greater(marked + 1, 12, 8 - marked, 15).exp() } else { 0.0 };
            let here = (ln_binomial(12, marked) + ln_binomial(15, 9 - marked) - ln_binomial(27, 9)).exp();
            assert!((upper - next - here).abs() < 1e-12);
        }
        // Far in the tail the logarithm stays finite.
        let far = ln_p_greater(5000, 5000, 0, 5000);
        assert!(far < -6900.0 && far.is_finite());
    }
}
