//! Convolutions of many groups of few channels (depthwise and the like): rows are shifted, scaled and added, as matrix products of so few
//! rows cost more to set up than to compute.

use std::ops::Range;

use rayon::prelude::*;

use super::ConvShape;
use super::activation::Then;
use super::math::add_scaled;
use super::rows::{Shared, product};

/// Channels and filters of a group up to which this is used.
const NARROW: usize = 8;

impl ConvShape {
    pub(super) fn is_narrow(&self) -> bool {
        self.groups > 1 && self.group_inputs().max(self.group_filters()) <= NARROW
    }

    /// Outputs of a row that a tap reaches an input for, and where that input lies for the first of them.
    fn reached(&self, tap: usize) -> (Range<usize>, usize) {
        let shift = (tap * self.dilation) as isize - self.before as isize;
        let start = (-shift).max(0);
        let end = (self.positions as isize - shift).min(self.outputs() as isize);
        if end > start { (start as usize..end as usize, (start + shift) as usize) } else { (0..0, 0) }
    }

    pub(super) fn forward_narrow(&self, x: &[f32], kernel: &[f32], bias: Option<&[f32]>, then: Then, y: &mut [f32]) {
        let (outputs, channels, depth) = (self.outputs(), self.group_inputs(), self.group_inputs() * self.taps);
        y.par_chunks_exact_mut(outputs).with_min_len(32).enumerate().for_each(|(row, y)| {
            let (sample, filter) = (row / self.filters, row % self.filters);
            let first = filter / self.group_filters() * channels;
            y.fill(bias.map_or(0.0, |b| b[filter]));
            for c in 0..channels {
                let x = &x[(sample * self.inputs + first + c) * self.positions..][..self.positions];
                for tap in 0..self.taps {
                    let (to, from) = self.reached(tap);
                    let weight = kernel[filter * depth + c * self.taps + tap];
                    add_scaled(&mut y[to.clone()], weight, &x[from..from + to.len()]);
                }
            }
            then.apply(y);
        });
    }

    pub(super) fn kernel_gradient_narrow(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let (outputs, channels, depth) = (self.outputs(), self.group_inputs(), self.group_inputs() * self.taps);
        let mut total = vec![0.0f32; self.filters * depth];
        let out = Shared::new(&mut total);
        (0..self.filters).into_par_iter().for_each(|filter| {
            let first = filter / self.group_filters() * channels;
            // SAFETY: the kernel of one filter belongs to this task alone.
            let sums = unsafe { out.slice(filter * depth, depth) };
            for sample in 0..self.batch {
                let dy = &dy[(sample * self.filters + filter) * outputs..][..outputs];
                for (c, sums) in sums.chunks_exact_mut(self.taps).enumerate() {
                    let x = &x[(sample * self.inputs + first + c) * self.positions..][..self.positions];
                    for (tap, sum) in sums.iter_mut().enumerate() {
                        let (to, from) = self.reached(tap);
                        *sum += product(&dy[to.clone()], &x[from..from + to.len()]);
                    }
                }
            }
        });
        total
    }
}
