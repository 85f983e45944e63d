//! x · σ(x) (Elfwing et al. 2018) and its gradient.

use cistron_core::wide;
use rayon::prelude::*;

use super::math::sigmoid;

/// Values of one task.
const STRETCH: usize = 1 << 14;

wide! {
pub(super) fn silu_in_place(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x *= sigmoid(*x));
}
}

wide! {
/// `dy` times the derivative at x, σ(x) · (1 + x · (1 − σ(x))), in the place of x.
pub(super) fn silu_gradient_in_place(x: &mut [f32], dy: &[f32]) {
    for (x, dy) in x.iter_mut().zip(dy) {
        let s = sigmoid(*x);
        *x = dy * (s * (1.0 + *x * (1.0 - s)));
    }
}
}

pub(super) fn silu(x: &[f32]) -> Vec<f32> {
    let mut y = x.to_vec();
    y.par_chunks_mut(STRETCH).for_each(silu_in_place);
    y
}

pub(super) fn silu_gradient(x: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = x.to_vec();
    dx.par_chunks_mut(STRETCH).zip(dy.par_chunks(STRETCH)).for_each(|(x, dy)| silu_gradient_in_place(x, dy));
    dx
}
