//! Jensen–Shannon divergence and distance of profiles, base 2.

use crate::Undefined;

/// Jensen–Shannon divergence (bits, in [0, 1]) of two non-negative profiles, each scaled to sum 1. Negative predictions
/// count as 0; positions with a NaN on either side are left out.
///
/// # Errors
/// [`Undefined::EmptyProfile`] when either sums to zero.
pub fn divergence_base2(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let pairs = || {
        predicted
            .iter()
            .zip(observed)
            .filter(|(p, q)| !(p.is_nan() || q.is_nan()))
            .map(|(p, q)| (p.max(0.0), q.max(0.0)))
    };
    let (mut sum_p, mut sum_q) = (0.0f64, 0.0f64);
    for (p, q) in pairs() {
        sum_p += f64::from(p);
        sum_q += f64::from(q);
    }
    if !(sum_p > 0.0 && sum_q > 0.0) {
        return Err(Undefined::EmptyProfile);
    }
    let (scale_p, scale_q) = ((1.0 / sum_p) as f32, (1.0 / sum_q) as f32);
    // p·log2(p / m) with m = (p + q) / 2; the ratio lies in (0, 2], so that f32 logarithms lose nothing that matters.
    let term = |p: f32, m: f32| if p > 0.0 { f64::from(p * (p / m).log2()) } else { 0.0 };
    let total: f64 = pairs()
        .map(|(p, q)| {
            let (p, q) = (p * scale_p, q * scale_q);
            let m = 0.5 * (p + q);
            term(p, m) + term(q, m)
        })
        .sum();
    Ok((0.5 * total).clamp(0.0, 1.0))
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
        assert_eq!(distance_base2(&[1.0, 0.0], &[0.0, 3.0]), Ok(1.0));
        assert!(distance_base2(&[1.0, 3.0], &[2.0, 6.0]).unwrap() < 1e-3);
        // ½ KL(p‖m) + ½ KL(q‖m) of (¼, ¾) and (½, ½) by hand, square root
        let d = distance_base2(&[1.0, 3.0], &[5.0, 5.0]).unwrap();
        assert!((d - 0.220_895_768_849_017_35).abs() < 1e-6, "{d}");
        assert_eq!(distance_base2(&[0.0, 0.0], &[1.0, 1.0]), Err(Undefined::EmptyProfile));
    }
}
