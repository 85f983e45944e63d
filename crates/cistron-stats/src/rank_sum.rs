//! The rank-sum test of Mann, Whitney and Wilcoxon.

use statrs::function::erf::erfc;

use crate::Undefined;

/// One-sided p-value that values of the first group tend to be larger: the normal approximation with correction for ties and continuity
/// (as `scipy.stats.mannwhitneyu(..., alternative="greater", method="asymptotic")`), and the area under the ROC curve
/// U / (n1 · n2).
///
/// # Errors
/// An empty group; all values equal.
pub fn greater(first: &[f64], second: &[f64]) -> Result<(f64, f64), Undefined> {
    if first.is_empty() || second.is_empty() {
        return Err(Undefined::TooFew);
    }
    let mut values: Vec<(f64, bool)> =
        first.iter().map(|v| (*v, true)).chain(second.iter().map(|v| (*v, false))).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (n1, n2) = (first.len() as f64, second.len() as f64);
    let n = n1 + n2;
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in values.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        rank_sum += group.iter().filter(|v| v.1).count() as f64 * (before + (size + 1.0) / 2.0);
        ties += size * size * size - size;
        before += size;
    }
    let u = rank_sum - n1 * (n1 + 1.0) / 2.0;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return Err(Undefined::ConstantObservation);
    }
    let z = (u - n1 * n2 / 2.0 - 0.5) / variance.sqrt();
    Ok((0.5 * erfc(z / std::f64::consts::SQRT_2), u / (n1 * n2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // SciPy 1.17.1: mannwhitneyu([3, 5, 5, 8, 9], [1, 2, 5, 4], alternative="greater", method="asymptotic")
        let (p, auc) = greater(&[3.0, 5.0, 5.0, 8.0, 9.0], &[1.0, 2.0, 5.0, 4.0]).unwrap();
        assert!((auc - 17.0 / 20.0).abs() < 1e-12, "{auc}");
        assert!((p - 0.052_682_026_434_915_19).abs() < 1e-9, "{p}");
        assert!(greater(&[], &[1.0]).is_err() && greater(&[1.0, 1.0], &[1.0]).is_err());
    }
}
