//! Channels times factors of their own (excitation, Hu et al. 2018, eq. 4), and the gradients, in one pass each.

use cistron_core::wide;
use rayon::prelude::*;

use super::rows::{sum_of_products, unset};

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
