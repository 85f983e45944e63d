//! Maximum over stretches that do not overlap.

use cistron_core::wide;
use rayon::prelude::*;

use super::rows::unset;

/// A function compiled for the width where that is a usual one, else something for any.
macro_rules! by_width {
    ($width:ident, $of:ident($($argument:ident),*), $any:expr) => {
        match $width {
            2 => $of::<2>($($argument),*),
            3 => $of::<3>($($argument),*),
            4 => $of::<4>($($argument),*),
            5 => $of::<5>($($argument),*),
            8 => $of::<8>($($argument),*),
            10 => $of::<10>($($argument),*),
            _ => $any,
        }
    };
}

wide! {
fn pool_row(x: &[f32], width: usize, y: &mut [f32], places: &mut [u32]) {
    let places = &mut places[..y.len()];
    each_stretch(x, width, y.len(), |i, found| (y[i], places[i]) = found);
}
}

wide! {
fn largest_of_row(x: &[f32], width: usize, y: &mut [f32]) {
    each_stretch(x, width, y.len(), |i, (value, _)| y[i] = value);
}
}

/// The largest value of each of `count` stretches, and its place.
#[inline(always)]
fn each_stretch(x: &[f32], width: usize, count: usize, mut put: impl FnMut(usize, (f32, u32))) {
    by_width!(
        width,
        each_of(x, count, put),
        x.chunks_exact(width).map(largest).enumerate().for_each(|(i, found)| put(i, found))
    );
}

/// The same for a width that is known when compiled.
#[inline(always)]
fn each_of<const WIDTH: usize>(x: &[f32], count: usize, mut put: impl FnMut(usize, (f32, u32))) {
    for (i, x) in x.as_chunks::<WIDTH>().0[..count].iter().enumerate() {
        put(i, largest(x));
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

/// The maxima of [`max_pool`] alone.
pub(crate) fn max_pool_only(x: &[f32], positions: usize, width: usize) -> Vec<f32> {
    let pooled = positions / width;
    let mut y = unset(x.len() / positions.max(1) * pooled);
    if !y.is_empty() {
        let rows = y.par_chunks_exact_mut(pooled).zip(x.par_chunks_exact(positions));
        rows.for_each(|(y, x)| largest_of_row(x, width, y));
    }
    y
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

wide! {
fn spread_row(dy: &[f32], places: &[u32], width: usize, dx: &mut [f32]) {
    by_width!(width, spread(dy, places, dx), {
        dx.fill(0.0);
        for ((stretch, dy), place) in dx.chunks_exact_mut(width).zip(dy).zip(places) {
            stretch[*place as usize] = *dy;
        }
    });
}
}

/// Each value at its place in its stretch, 0 elsewhere.
#[inline(always)]
fn spread<const WIDTH: usize>(dy: &[f32], places: &[u32], dx: &mut [f32]) {
    let (stretches, rest) = dx.as_chunks_mut::<WIDTH>();
    for ((stretch, dy), place) in stretches.iter_mut().zip(dy).zip(places) {
        *stretch = std::array::from_fn(|i| if i as u32 == *place { *dy } else { 0.0 });
    }
    rest.fill(0.0);
}

/// The gradient of the input of [`max_pool`], rows of `positions`.
pub(crate) fn max_pool_gradient(dy: &[f32], places: &[u32], positions: usize, width: usize) -> Vec<f32> {
    let pooled = positions / width;
    if dy.is_empty() {
        return Vec::new();
    }
    let mut dx = unset(dy.len() / pooled * positions);
    let rows = dy.par_chunks_exact(pooled).zip(places.par_chunks_exact(pooled));
    dx.par_chunks_exact_mut(positions).zip(rows).for_each(|(dx, (dy, places))| spread_row(dy, places, width, dx));
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
        assert!(max_pool_only(&[1.0, 2.0], 2, 3).is_empty());
    }

    /// Every width that has code of its own, one that has not, and rests of rows.
    #[test]
    fn maxima_alone_are_the_same() {
        let x: Vec<f32> = (0..3 * 83).map(|i| ((i * 7919) % 101) as f32).collect();
        for width in 2..12 {
            let (y, places) = max_pool(&x, 83, width);
            assert_eq!(max_pool_only(&x, 83, width), y);
            for (i, (y, place)) in y.iter().zip(&places).enumerate() {
                let from = i / (83 / width) * 83 + i % (83 / width) * width;
                let stretch = &x[from..from + width];
                assert!(stretch.iter().all(|v| v <= y) && stretch[*place as usize] == *y);
            }
            let dx = max_pool_gradient(&y, &places, 83, width);
            let at = |i: usize| (i % 83 / width < 83 / width).then_some(i / 83 * (83 / width) + i % 83 / width);
            for (i, dx) in dx.iter().enumerate() {
                let own = at(i).filter(|stretch| places[*stretch] as usize == i % 83 % width);
                assert_eq!(*dx, own.map_or(0.0, |stretch| y[stretch]));
            }
        }
    }
}
