//! Jensen–Shannon divergence and distance of profiles, base 2.

use crate::Undefined;
use crate::lanes::{fours, vectorised};

vectorised! {
    fn totals<L>(predicted: &[f32], observed: &[f32]) -> (f64, f64) {
        let zero = L::splat(0.0);
        let (mut sum_p, mut sum_q) = (zero, zero);
        for (_, p, q) in fours::<L>(predicted, observed) {
            sum_p = sum_p.plus(p.at_least(zero));
            sum_q = sum_q.plus(q.at_least(zero));
        }
        (sum_p.total(), sum_q.total())
    }
}

vectorised! {
    /// Σ (p + q) · ½[(1 + d) ln(1 + d) + (1 − d) ln(1 − d)] with d = (p − q) / (p + q): twice the divergence in nats. Written in d, equal
    /// profiles give 0 and not the rounding of two logarithms.
    fn twice_divergence_nats<L>(predicted: &[f32], observed: &[f32], scale_p: f64, scale_q: f64) -> f64 {
        let (zero, one, half) = (L::splat(0.0), L::splat(1.0), L::splat(0.5));
        let mut sum = zero;
        for (_, p, q) in fours::<L>(predicted, observed) {
            let p = p.at_least(zero).times(L::splat(scale_p));
            let q = q.at_least(zero).times(L::splat(scale_q));
            let total = p.plus(q);
            let d = p.minus(q).over(total.one_for_zero());
            let (up, down) = (one.plus(d), one.minus(d));
            sum = sum.plus(half.times(total).times(up.times(up.ln()).plus(down.times(down.ln()))));
        }
        sum.total()
    }
}

/// Jensen–Shannon divergence (bits, in [0, 1]) of two non-negative profiles, each scaled to sum 1. Negative predictions
/// count as 0; positions with a NaN on either side are left out.
///
/// # Errors
/// [`Undefined::EmptyProfile`] when either sums to zero.
pub fn divergence_base2(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let (sum_p, sum_q) = totals(predicted, observed);
    if !(sum_p > 0.0 && sum_q > 0.0) {
        return Err(Undefined::EmptyProfile);
    }
    let twice = twice_divergence_nats(predicted, observed, sum_p.recip(), sum_q.recip());
    Ok((0.5 * twice / std::f64::consts::LN_2).clamp(0.0, 1.0))
}

/// Jensen–Shannon distance: the square root of the divergence in bits.
///
/// # Errors
/// As [`divergence_base2`].
pub fn distance_base2(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    divergence_base2(predicted, observed).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert!((distance_base2(&[1.0, 0.0], &[0.0, 3.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!(distance_base2(&[1.0, 3.0], &[2.0, 6.0]).unwrap() < 1e-7);
        // ½ KL(p‖m) + ½ KL(q‖m) of (¼, ¾) and (½, ½) by hand, square root
        let d = distance_base2(&[1.0, 3.0], &[5.0, 5.0]).unwrap();
        assert!((d - 0.220_895_768_849_017_35).abs() < 1e-12, "{d}");
        assert_eq!(distance_base2(&[0.0, 0.0], &[1.0, 1.0]), Err(Undefined::EmptyProfile));
    }
}
