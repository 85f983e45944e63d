//! False discovery rates.

/// q-values of the smallest p-values out of `tests` tests, in their order (Benjamini and Hochberg 1995). The tests that are not among them
/// had larger p-values.
pub fn q_values(p_values: &[f64], tests: u64) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = p_values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut q = vec![1.0; p_values.len()];
    let mut least = 1.0f64;
    for (rank, (p, i)) in order.into_iter().enumerate().rev() {
        least = least.min(p * tests as f64 / (rank + 1) as f64);
        q[i] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_by_hand() {
        // ranks 1, 3, 2 of 10 tests: 0.01, min(…) = 0.2 · 10 / 3, 0.03 · 10 / 2
        let q = q_values(&[0.001, 0.2, 0.03], 10);
        for (a, b) in q.iter().zip([0.01, 2.0 / 3.0, 0.15]) {
            assert!((a - b).abs() < 1e-12, "{q:?}");
        }
        assert_eq!(q_values(&[0.5, 0.5], 100), [1.0, 1.0]);
        assert!(q_values(&[], 5).is_empty());
    }
}
