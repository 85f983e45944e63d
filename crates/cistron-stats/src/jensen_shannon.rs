//! Jensen–Shannon divergence and distance of profiles, base 2.

use crate::Undefined;
use crate::lanes::{LANES, Lanes, each_four, vectorised};

/// Negative values as 0.
#[inline(always)]
fn positive(values: [f32; LANES]) -> Lanes {
    Lanes::of(values.map(|v| if v > 0.0 { v } else { 0.0 }))
}

vectorised! {
    fn totals(predicted: &[f32], observed: &[f32]) -> (f64, f64) {
        let (mut sum_p, mut sum_q) = (Lanes::splat(0.0), Lanes::splat(0.0));
        each_four(predicted, observed, |_, p, q| {
            sum_p += positive(p);
            sum_q += positive(q);
        });
        (sum_p.total(), sum_q.total())
    }
}

vectorised! {
    /// Σ (p + q) · ½[(1 + d) ln(1 + d) + (1 − d) ln(1 − d)] with d = (p − q) / (p + q): twice the divergence in nats. Written in d, equal
    /// profiles give 0 and not the rounding of two logarithms.
    fn twice_divergence_nats(predicted: &[f32], observed: &[f32], scale_p: f64, scale_q: f64) -> f64 {
        let (scale_p, scale_q, one, half) =
            (Lanes::splat(scale_p), Lanes::splat(scale_q), Lanes::splat(1.0), Lanes::splat(0.5));
        let mut sum = Lanes::splat(0.0);
        each_four(predicted, observed, |_, p, q| {
            let (p, q) = (positive(p) * scale_p, positive(q) * scale_q);
            let total = p + q;
            let d = (p - q) / total.one_for_zero();
            let (up, down) = (one + d, one - d);
            sum += half * total * (up * up.ln() + down * down.ln());
        });
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
