//! Maximum over stretches that do not overlap.

use cistron_core::wide;
use rayon::prelude::*;

use super::rows::unset;

wide! {
fn pool_row(x: &[f32], width: usize, y: &mut [f32], places: &mut [u32]) {
    match width {
        2 => pool_by::<2>(x, y, places),
        3 => pool_by::<3>(x, y, places),
        4 => pool_by::<4>(x, y, places),
        5 => pool_by::<5>(x, y, places),
        8 => pool_by::<8>(x, y, places),
        10 => pool_by::<10>(x, y, places),
        _ => x.chunks_exact(width).zip(y.iter_mut().zip(places)).for_each(|(x, (y, place))| (*y, *place) = largest(x)),
    }
}
}

/// The same for a width that is known when compiled.
#[inline(always)]
fn pool_by<const WIDTH: usize>(x: &[f32], y: &mut [f32], places: &mut [u32]) {
    for (x, (y, place)) in x.as_chunks::<WIDTH>().0.iter().zip(y.iter_mut().zip(places)) {
        (*y, *place) = largest(x);
    }
}

/// The first of the largest values, and its place.
#[inline(always)]
fn largest(x: &[f32]) -> (f32, u32) {
    let (mut best, mut at) = (x[0], 0);
    for (i, v) in x.iter().enumerate().skip(1) {
        at = if *v > best { i as u32 } else { at };
        best = if *v > best { *v } else { best };
    }
    (best, at)
}

/// Maxima of stretches of `width` in rows of `positions`, and where in its stretch each lies (the first of equals); a rest at the
/// end of a row is dropped.
pub(crate) fn max_pool(x: &[f32], positions: usize, width: usize) -> (Vec<f32>, Vec<u32>) {
    let pooled = positions / width;
    let rows = x.len() / positions.max(1);
    let mut y = unset(rows * pooled);
    let mut places = vec![0u32; rows * pooled];
    if y.is_empty() {
        return (y, places);
    }
    let out = y.par_chunks_exact_mut(pooled).zip(places.par_chunks_exact_mut(pooled));
    out.zip(x.par_chunks_exact(positions)).for_each(|((y, places), x)| {
        pool_row(x, width, y, places);
    });
    (y, places)
}

/// The gradient of the input of [`max_pool`], rows of `positions`.
pub(crate) fn max_pool_gradient(dy: &[f32], places: &[u32], positions: usize, width: usize) -> Vec<f32> {
    let pooled = positions / width;
    let rows = dy.len() / pooled.max(1);
    let mut dx = vec![0.0f32; rows * positions];
    if dy.is_empty() {
        return dx;
    }
    let rows = dy.par_chunks_exact(pooled).zip(places.par_chunks_exact(pooled));
    dx.par_chunks_exact_mut(positions).zip(rows).for_each(|(dx, (dy, places))| {
        for ((stretch, dy), place) in dx.chunks_exact_mut(width).zip(dy).zip(places) {
            stretch[*place as usize] = *dy;
        }
    });
    dx
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let x = [1.0, 3.0, 3.0, -1.0, 9.0, -4.0, -5.0, -6.0, -2.0, 8.0];
        let (y, places) = max_pool(&x, 5, 2);
        assert_eq!((y, &places), (vec![3.0, 3.0, -4.0, -2.0], &vec![1, 0, 0, 1]));
        let dx = max_pool_gradient(&[1.0, 2.0, 3.0, 4.0], &places, 5, 2);
        assert_eq!(dx, [0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 4.0, 0.0]);
        assert!(max_pool(&[1.0, 2.0], 2, 3).0.is_empty());
    }
}
