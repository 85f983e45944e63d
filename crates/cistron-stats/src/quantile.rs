//! Quantiles by linear interpolation (numpy's default).

/// The `share` quantile of sorted values; `None` when there are none.
pub fn quantile_sorted(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = share.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(quantile_sorted(&[], 0.5), None);
        assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0, 8.0], 0.5), Some(3.0));
        assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0, 8.0], 1.0), Some(8.0));
        assert!((quantile_sorted(&[0.0, 10.0], 0.025).unwrap() - 0.25).abs() < 1e-12);
    }
}
