//! Activations that are computed with what goes before them, and x · σ(x) (Elfwing et al. 2018) with its gradient.

use cistron_core::wide;
use rayon::prelude::*;

use super::math::sigmoid;
use super::rows::{STRETCH, unset};

/// An activation behind a convolution or a normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// None.
    Nothing,
    /// max(x, 0).
    Relu,
    /// x · σ(x).
    Silu,
}

impl Then {
    /// The activation in the place of the values.
    pub(super) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Nothing => {}
            Self::Relu => rectify(values),
            Self::Silu => silu_in_place(values),
        }
    }
}

wide! {
fn rectify(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 });
}
}

wide! {
fn silu_in_place(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x *= sigmoid(*x));
}
}

wide! {
/// `dy` times the derivative σ(z) · (1 + z · (1 − σ(z))) at z = scale · x + shift.
pub(super) fn silu_gradient_row(x: &[f32], dy: &[f32], scale: f32, shift: f32, dz: &mut [f32]) {
    for ((dz, x), dy) in dz.iter_mut().zip(x).zip(dy) {
        let z = x * scale + shift;
        let s = sigmoid(z);
        *dz = dy * (s * (1.0 + z * (1.0 - s)));
    }
}
}

pub(super) fn silu(x: &[f32]) -> Vec<f32> {
    let mut y = unset(x.len());
    y.par_chunks_mut(STRETCH).zip(x.par_chunks(STRETCH)).for_each(|(y, x)| {
        y.copy_from_slice(x);
        silu_in_place(y);
    });
    y
}

pub(super) fn silu_gradient(x: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = unset(x.len());
    let of = x.par_chunks(STRETCH).zip(dy.par_chunks(STRETCH));
    dx.par_chunks_mut(STRETCH).zip(of).for_each(|(dx, (x, dy))| silu_gradient_row(x, dy, 1.0, 0.0, dx));
    dx
}

wide! {
fn add_row(x: &[f32], y: &mut [f32], rectify: bool) {
    if rectify {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = if *y + *x > 0.0 { *y + *x } else { 0.0 });
    } else {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += *x);
    }
}
}

/// Adds x to y; negative sums become 0 if so.
pub(super) fn add_to(x: &[f32], y: &mut [f32], rectify: bool) {
    y.par_chunks_mut(STRETCH).zip(x.par_chunks(STRETCH)).for_each(|(y, x)| add_row(x, y, rectify));
}

/// x + y; negative sums become 0 if so.
pub(super) fn added(x: &[f32], y: &[f32], rectify: bool) -> Vec<f32> {
    let mut sums = unset(y.len());
    let of = x.par_chunks(STRETCH).zip(y.par_chunks(STRETCH));
    sums.par_chunks_mut(STRETCH).zip(of).for_each(|(sums, (x, y))| {
        sums.copy_from_slice(y);
        add_row(x, sums, rectify);
    });
    sums
}

wide! {
fn clear_row(y: &[f32], dy: &mut [f32]) {
    dy.iter_mut().zip(y).for_each(|(dy, y)| *dy = if *y > 0.0 { *dy } else { 0.0 });
}
}

/// 0 in the place of the gradients of rectified values that are 0.
pub(super) fn clear_where_zero(y: &[f32], dy: &mut [f32]) {
    dy.par_chunks_mut(STRETCH).zip(y.par_chunks(STRETCH)).for_each(|(dy, y)| clear_row(y, dy));
}
