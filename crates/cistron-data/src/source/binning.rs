const LANES: usize = 8;

/// Mean over each `bin_bp` consecutive values; values left over at the end do not count. The order of the sums depends
/// on `bin_bp` only.
pub(crate) fn bin_means(values: &[f32], bin_bp: usize, out: &mut [f32]) {
    if bin_bp == 1 {
        out.copy_from_slice(&values[..out.len()]);
        return;
    }
    let scale = 1.0 / bin_bp as f32;
    for (mean, bin) in out.iter_mut().zip(values.chunks_exact(bin_bp)) {
        *mean = sum(bin) * scale;
    }
}

/// Sum in eight interleaved lanes, which the compiler turns into vector additions.
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_consecutive_values() {
        let values: Vec<f32> = (0..40).map(|i| i as f32).collect();
        let mut out = [0.0; 2];
        bin_means(&values, 20, &mut out);
        assert_eq!(out, [9.5, 29.5]);
        let mut out = [0.0; 13];
        bin_means(&values, 3, &mut out);
        assert!(out.iter().enumerate().all(|(i, m)| (m - (3 * i + 1) as f32).abs() < 1e-5));
        let mut out = [0.0; 40];
        bin_means(&values, 1, &mut out);
        assert_eq!(out.as_slice(), values);
    }
}
