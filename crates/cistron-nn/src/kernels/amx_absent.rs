//! In the place of [`super::amx`] where there is no tile unit: it is never available, so nothing here is ever reached.

use std::ops::Range;

use super::ConvShape;
use super::activation::Then;
use super::product::Start;

pub(super) fn available() -> bool {
    false
}

/// There is none.
pub(super) struct Left;

#[derive(Clone, Copy)]
pub(super) struct Side {
    pub right: (*const f32, usize),
    pub out: (*mut f32, usize),
}

const ABSENT: &str = "no tile unit";

impl Left {
    pub(super) fn new(_: usize, _: usize, _: impl Fn(usize, &mut [f32]) + Sync) -> Self {
        unreachable!("{ABSENT}")
    }

    /// # Safety
    /// None is needed.
    pub(super) unsafe fn multiply(&self, _: Start<'_>, _: &[Side], _: (usize, usize)) {
        unreachable!("{ABSENT}")
    }
}

impl ConvShape {
    pub(super) fn fits_tiles(&self) -> bool {
        false
    }

    pub(super) fn forward_tiles(&self, _: &[f32], _: &[f32], _: Option<&[f32]>, _: Then, _: &mut [f32]) {
        unreachable!("{ABSENT}")
    }

    pub(super) fn tile_sums(&self) -> usize {
        unreachable!("{ABSENT}")
    }

    pub(super) fn kernel_gradient_tiles(&self, _: Range<usize>, _: &[f32], _: &[f32]) -> Vec<f32> {
        unreachable!("{ABSENT}")
    }

    pub(super) fn of_tile_sums(&self, _: &[f32]) -> Vec<f32> {
        unreachable!("{ABSENT}")
    }
}
