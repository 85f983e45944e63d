//! Isotonic regression.

/// Non-decreasing values closest to `y` in weighted squares, for points in the order given: pool adjacent violators (Ayer et al. 1955).
///
/// # Panics
/// If the lengths differ.
pub fn isotonic(y: &[f64], weights: &[f64]) -> Vec<f64> {
    assert_eq!(y.len(), weights.len(), "one weight per value");
    // Blocks of (mean, weight, points).
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (&y, &w) in y.iter().zip(weights) {
        let mut block = (y, w, 1);
        while let Some(&(mean, weight, points)) = blocks.last() {
            if mean < block.0 {
                break;
            }
            blocks.pop();
            let total = weight + block.1;
            let pooled = if total > 0.0 { (mean * weight + block.0 * block.1) / total } else { mean };
            block = (pooled, total, points + block.2);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, _, points)| std::iter::repeat_n(mean, points)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled() {
        assert_eq!(isotonic(&[1.0, 3.0, 2.0, 4.0], &[1.0; 4]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(isotonic(&[3.0, 2.0, 1.0], &[1.0, 1.0, 2.0]), [1.75; 3]);
        assert_eq!(isotonic(&[0.0, 1.0, 1.0], &[1.0; 3]), [0.0, 1.0, 1.0]);
        assert!(isotonic(&[], &[]).is_empty());
    }
}
