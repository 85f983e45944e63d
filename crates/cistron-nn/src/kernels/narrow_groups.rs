//! Convolutions of many groups of few channels (depthwise and the like): rows are shifted, scaled and added in registers, as matrix products of so
//! few rows cost more to set up than to compute.

use cistron_core::wide;
use rayon::prelude::*;

use super::ConvShape;
use super::activation::Then;
use super::rows::rows_together;

/// Channels and filters of a group up to which this is used.
const NARROW: usize = 8;
/// Outputs whose products are summed apart.
const TOGETHER: usize = 32;
/// Most groups of one task.
const MOST_GROUPS: usize = 8;
/// Taps that are added at once.
const TAPS: usize = 4;

/// A channel's values with the zeros around them, `taps` rows of it one `dilation` after the other.
#[derive(Clone, Copy)]
struct Padded<'a> {
    /// `[channels, stride]`.
    values: &'a [f32],
    stride: usize,
    taps: usize,
    dilation: usize,
}

wide! {
/// Adds four taps, one `dilation` after the other, to a row.
fn add_taps(y: &mut [f32], x: &[f32], dilation: usize, weights: [f32; TAPS]) {
    let n = y.len();
    let [a, b, c, d] = [0, 1, 2, 3].map(|tap| &x[tap * dilation..][..n]);
    for i in 0..n {
        y[i] += (weights[0] * a[i] + weights[1] * b[i]) + (weights[2] * c[i] + weights[3] * d[i]);
    }
}
}

wide! {
/// Adds `Σ over p of dy[p] · x[c, p + t · dilation]` to the sums of each channel and tap, whose places are those of p modulo [`TOGETHER`].
fn add_products(x: Padded<'_>, dy: &[f32], sums: &mut [[f32; TOGETHER]]) {
    let rows = x.values.chunks_exact(x.stride).zip(sums.chunks_exact_mut(x.taps));
    for (row, sums) in rows {
        for (tap, sums) in sums.iter_mut().enumerate() {
            let mut own = *sums;
            let row = &row[tap * x.dilation..];
            for (dy, x) in dy.chunks_exact(TOGETHER).zip(row.chunks_exact(TOGETHER)) {
                own.iter_mut().zip(dy.iter().zip(x)).for_each(|(sum, (dy, x))| *sum += dy * x);
            }
            *sums = own;
        }
    }
}
}

impl ConvShape {
    pub(super) fn is_narrow(&self) -> bool {
        self.groups > 1 && self.group_inputs().max(self.group_filters()) <= NARROW
    }

    /// Places of a padded row: a multiple of [`TAPS`] taps of a multiple of [`TOGETHER`] outputs.
    fn padded_length(&self) -> usize {
        self.outputs().next_multiple_of(TOGETHER) + (self.taps.next_multiple_of(TAPS) - 1) * self.dilation
    }

    /// The channels of a group of a sample with the zeros around them.
    fn pad<'a>(&self, x: &[f32], sample: usize, group: usize, values: &'a mut Vec<f32>) -> Padded<'a> {
        let (channels, stride) = (self.group_inputs(), self.padded_length());
        values.resize(channels * stride, 0.0);
        let length = self.positions.min(stride.saturating_sub(self.before));
        for (c, row) in values.chunks_exact_mut(stride).enumerate() {
            let from = (sample * self.inputs + group * channels + c) * self.positions;
            row[self.before..self.before + length].copy_from_slice(&x[from..from + length]);
        }
        Padded { values, stride, taps: self.taps, dilation: self.dilation }
    }

    pub(super) fn forward_narrow(&self, x: &[f32], kernel: &[f32], bias: Option<&[f32]>, then: Then, y: &mut [f32]) {
        let (outputs, filters, depth) = (self.outputs(), self.group_filters(), self.group_inputs() * self.taps);
        let groups = y.par_chunks_exact_mut(filters * outputs).with_min_len(16).enumerate();
        groups.for_each_with(Vec::new(), |values, (task, y)| {
            let (sample, group) = (task / self.groups, task % self.groups);
            let x = self.pad(x, sample, group, values);
            for (y, filter) in y.chunks_exact_mut(outputs).zip(group * filters..) {
                y.fill(bias.map_or(0.0, |bias| bias[filter]));
                let weights = kernel[filter * depth..][..depth].chunks_exact(self.taps);
                for (row, weights) in x.values.chunks_exact(x.stride).zip(weights) {
                    for (part, some) in weights.chunks(TAPS).enumerate() {
                        let mut weights = [0.0; TAPS];
                        weights[..some.len()].copy_from_slice(some);
                        add_taps(y, &row[part * TAPS * x.dilation..], x.dilation, weights);
                    }
                }
                then.apply(y);
            }
        });
    }

    pub(super) fn kernel_gradient_narrow(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let (outputs, filters, depth) = (self.outputs(), self.group_filters(), self.group_inputs() * self.taps);
        let mut total = vec![0.0f32; self.filters * depth];
        let each = rows_together(filters * outputs, MOST_GROUPS);
        let sums_of_group = filters * depth;
        total.par_chunks_mut(each * sums_of_group).enumerate().for_each(|(task, total)| {
            let mut values = Vec::new();
            let mut row = vec![0.0; outputs.next_multiple_of(TOGETHER)];
            let mut sums = vec![[0.0; TOGETHER]; total.len()];
            for sample in 0..self.batch {
                for (group, sums) in (task * each..).zip(sums.chunks_exact_mut(sums_of_group)) {
                    let x = self.pad(x, sample, group, &mut values);
                    for (i, sums) in sums.chunks_exact_mut(depth).enumerate() {
                        let from = (sample * self.filters + group * filters + i) * outputs;
                        row[..outputs].copy_from_slice(&dy[from..from + outputs]);
                        add_products(x, &row, sums);
                    }
                }
            }
            total.iter_mut().zip(&sums).for_each(|(to, sums)| *to = sums.iter().sum());
        });
        total
    }
}
