//! Means of channels and channels times factors of their own (squeeze and excitation, Hu et al. 2018, eq. 2 and 4), and the gradients, in one pass each.

use cistron_core::wide;
use rayon::prelude::*;

use super::rows::{sum, sum_of_products, unset};

/// The mean of each row of so many `positions`, at least one.
pub(super) fn means(x: &[f32], positions: usize) -> Vec<f32> {
    x.par_chunks_exact(positions).map(|row| (sum(row) / positions as f64) as f32).collect()
}

/// The gradient of the values, from that of their means.
pub(super) fn means_gradient(dy: &[f32], positions: usize) -> Vec<f32> {
    let mut dx = unset(dy.len() * positions);
    dx.par_chunks_exact_mut(positions).zip(dy).for_each(|(dx, dy)| dx.fill(dy / positions as f32));
    dx
}

wide! {
fn times(x: &[f32], factor: f32, y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = x * factor);
}
}

/// Each of the rows, of so many `positions`, times its factor.
pub(super) fn excited(x: &[f32], factors: &[f32], positions: usize) -> Vec<f32> {
    assert_eq!(x.len(), factors.len() * positions);
    let mut y = unset(x.len());
    if positions > 0 {
        let of = x.par_chunks_exact(positions).zip(factors);
        y.par_chunks_exact_mut(positions).zip(of).for_each(|(y, (x, factor))| times(x, *factor, y));
    }
    y
}

/// Gradients of the rows and of the factors.
pub(super) fn excited_gradients(x: &[f32], factors: &[f32], dy: &[f32], positions: usize) -> (Vec<f32>, Vec<f32>) {
    assert_eq!((x.len(), dy.len()), (factors.len() * positions, x.len()));
    let (mut dx, mut df) = (unset(x.len()), vec![0.0; factors.len()]);
    if positions > 0 {
        let of = x.par_chunks_exact(positions).zip(dy.par_chunks_exact(positions)).zip(factors);
        dx.par_chunks_exact_mut(positions).zip(&mut df).zip(of).for_each(|((dx, df), ((x, dy), factor))| {
            times(dy, *factor, dx);
            *df = sum_of_products(x, dy, 0.0) as f32;
        });
    }
    (dx, df)
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;

    #[test]
    fn means_and_their_gradient() {
        let x = numbers(1, 3 * 37);
        for (row, mean) in means(&x, 37).into_iter().enumerate() {
            let truth = x[row * 37..][..37].iter().map(|v| f64::from(*v)).sum::<f64>() / 37.0;
            assert!((f64::from(mean) - truth).abs() < 1e-7);
        }
        assert_eq!(means_gradient(&[6.0, -3.0], 3), [2.0, 2.0, 2.0, -1.0, -1.0, -1.0]);
    }

    /// Σ w · x · factor is linear in each: its slopes are the gradients.
    #[test]
    fn gradients_are_the_slopes() {
        for (rows, positions) in [(1, 1), (3, 40), (7, 17), (2, 0)] {
            let (x, factors, dy) = (numbers(1, rows * positions), numbers(2, rows), numbers(3, rows * positions));
            let y = excited(&x, &factors, positions);
            let (dx, df) = excited_gradients(&x, &factors, &dy, positions);
            for row in 0..rows {
                let all = row * positions..(row + 1) * positions;
                assert!(all.clone().all(|i| y[i] == x[i] * factors[row] && dx[i] == dy[i] * factors[row]));
                let truth: f64 = all.map(|i| f64::from(x[i]) * f64::from(dy[i])).sum();
                assert!((f64::from(df[row]) - truth).abs() < 1e-6, "{row} of {rows} × {positions}");
            }
        }
    }
}
