//! Convolutions with fewer products: minimal filtering F(3, 3) (Winograd 1980; Lavin and Gray 2016), which gives three outputs of three taps
//! with five products in the place of nine.
//!
//! A tile's five inputs d become five values X = Bᵀd, three taps w become W = Gw, and the outputs are y = Aᵀ(W ⊙ X), from the
//! evaluation of polynomials at 0, 1, −1, 2 and ∞. A kernel of more taps is cut in threes (with taps of 0 at its end): as
//! outputs too advance by threes, piece p meets the values of the tile p places on, and the products of all pieces are summed
//! before Aᵀ. So a convolution becomes five of a third of the length with a third of the taps, each a few matrix products.
//!
//! With a dilation d the tiles are those of each residue of the position modulo d. Column `j · d + r` stands for the outputs at
//! `(3 j + e) · d + r`, e = 0, 1, 2: neighbouring columns are neighbouring positions.

use std::cell::RefCell;
use std::ops::Range;

use cistron_core::wide;
use rayon::prelude::*;

use super::ConvShape;
use super::product::{Kernel, Matrix, Right, Start, add_product, multiply};
use super::rows::{Shared, equal_lengths};

/// Outputs of a tile, and taps of a piece.
const SIDE: usize = 3;
/// Products of a tile.
const POINTS: usize = 5;
/// Channels and filters of a group from which the products are worth the transformations.
const FEWEST_CHANNELS: usize = 96;
/// The same going forward when neighbouring columns of a tile's inputs are neighbours in runs of at least [`LONG_RUN`], which makes
/// transformations cheaper (measured: docs/performance.md).
const FEWEST_IN_RUNS: usize = 48;
/// Dilation from which runs are long.
const LONG_RUN: usize = 16;
/// Values of the transformed input of a stretch of columns that are aimed at.
const STRETCH_VALUES: usize = 1 << 17;

/// Columns that the samples of one matrix have together, at most about.
const TOGETHER: usize = 256;
/// Most samples in one matrix.
const MOST_TOGETHER: usize = 8;

/// Some samples' stretch of columns of one group.
struct Part {
    samples: Range<usize>,
    group: usize,
    first: usize,
    columns: usize,
    /// Columns with those that further pieces meet.
    wide: usize,
}

impl Part {
    /// Columns of the transformed inputs.
    fn stride(&self) -> usize {
        self.samples.len() * self.wide
    }

    /// Columns of the products: without what only further pieces of the last sample meet.
    fn products(&self, shape: &ConvShape) -> usize {
        self.stride() - (shape.pieces() - 1) * shape.dilation
    }
}

#[derive(Default)]
struct Scratch {
    /// Inputs by their place in a tile: `[3, columns]` of one channel.
    phases: Vec<f32>,
    /// `[points, channels, columns]`.
    x: Vec<f32>,
    /// `[points, filters, columns]`.
    y: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

wide! {
/// Bᵀd of a row of tiles: `d[0..3]` are the inputs of each tile, the rest those of the next one.
fn transform_inputs(d: [&[f32]; 5], x: [&mut [f32]; 5]) {
    let [d0, d1, d2, d3, d4] = d;
    let [x0, x1, x2, x3, x4] = x;
    let n = x0.len();
    let (d0, d1, d2, d3, d4) = (&d0[..n], &d1[..n], &d2[..n], &d3[..n], &d4[..n]);
    let (x1, x2, x3, x4) = (&mut x1[..n], &mut x2[..n], &mut x3[..n], &mut x4[..n]);
    for i in 0..n {
        let half = 0.5 * (d2[i] - d3[i]);
        let sixth = (d3[i] - d1[i]) * (1.0 / 6.0);
        x0[i] = d0[i] - d2[i] + 0.5 * (d3[i] - d1[i]);
        x1[i] = d1[i] + half;
        x2[i] = half + 2.0 * sixth;
        x3[i] = sixth;
        x4[i] = d4[i] - d2[i] - 2.0 * (d3[i] - d1[i]);
    }
}
}

wide! {
/// Aᵀm of a row of tiles plus a bias.
fn transform_outputs(m: [&[f32]; 5], bias: f32, y: [&mut [f32]; 3]) {
    let [m0, m1, m2, m3, m4] = m;
    let [y0, y1, y2] = y;
    let n = y0.len();
    let (m0, m1, m2, m3, m4) = (&m0[..n], &m1[..n], &m2[..n], &m3[..n], &m4[..n]);
    let (y1, y2) = (&mut y1[..n], &mut y2[..n]);
    for i in 0..n {
        let (sum, difference) = (m1[i] + m2[i], m1[i] - m2[i]);
        y0[i] = bias + m0[i] + sum + m3[i];
        y1[i] = bias + difference + 2.0 * m3[i];
        y2[i] = bias + sum + 4.0 * m3[i] + m4[i];
    }
}
}

wide! {
/// A g of a row of tiles of output gradients.
fn transform_gradients(g: [&[f32]; 3], x: [&mut [f32]; 5]) {
    let [g0, g1, g2] = g;
    let [x0, x1, x2, x3, x4] = x;
    let n = x0.len();
    let (g0, g1, g2) = (&g0[..n], &g1[..n], &g2[..n]);
    let (x1, x2, x3, x4) = (&mut x1[..n], &mut x2[..n], &mut x3[..n], &mut x4[..n]);
    for i in 0..n {
        let ends = g0[i] + g2[i];
        x0[i] = g0[i];
        x1[i] = ends + g1[i];
        x2[i] = ends - g1[i];
        x3[i] = g0[i] + 2.0 * g1[i] + 4.0 * g2[i];
        x4[i] = g2[i];
    }
}
}

/// The rows of five matrices that lie one after the other.
fn rows_mut(values: &mut [f32], rows: usize, row: usize, columns: usize) -> [&mut [f32]; POINTS] {
    let mut parts = values.chunks_exact_mut(rows * columns);
    std::array::from_fn(|_| match parts.next() {
        Some(part) => &mut part[row * columns..(row + 1) * columns],
        None => &mut [],
    })
}

/// Gw of three taps.
fn transform_taps(w: [f32; 3]) -> [f32; POINTS] {
    let ends = w[0] + w[2];
    [w[0], ends + w[1], ends - w[1], w[0] + 2.0 * w[1] + 4.0 * w[2], w[2]]
}

/// The tap gradients of the gradients of Gw.
fn tap_gradients(d: [f32; POINTS]) -> [f32; 3] {
    let (sum, difference) = (d[1] + d[2], d[1] - d[2]);
    [d[0] + sum + d[3], difference + 2.0 * d[3], sum + 4.0 * d[3] + d[4]]
}

impl ConvShape {
    /// Pieces of three taps.
    fn pieces(&self) -> usize {
        self.taps.div_ceil(SIDE)
    }

    /// Columns of all tiles.
    fn columns(&self) -> usize {
        self.outputs().div_ceil(SIDE * self.dilation) * self.dilation
    }

    /// Columns before which a stretch's last tiles end: the tiles of further pieces, and the next tile's inputs.
    fn halo(&self) -> usize {
        self.pieces() * self.dilation
    }

    /// Whether minimal filtering is used going forward.
    pub(super) fn is_filtered(&self) -> bool {
        self.can_be_filtered(if self.dilation < LONG_RUN { FEWEST_CHANNELS } else { FEWEST_IN_RUNS })
    }

    /// Whether minimal filtering is used for the gradient of the kernel.
    pub(super) fn is_gradient_filtered(&self) -> bool {
        self.can_be_filtered(FEWEST_CHANNELS)
    }

    /// Enough taps, channels and tiles, and not more columns around a stretch than in it.
    fn can_be_filtered(&self, fewest_channels: usize) -> bool {
        self.taps >= SIDE
            && self.group_inputs().min(self.group_filters()) >= fewest_channels
            && self.halo() <= 2 * self.columns()
            // Tiles that stick out beyond the end, and taps of 0, are for nothing.
            && self.columns() * self.pieces() * POINTS * 5 < self.outputs() * self.taps * 4
    }

    /// Columns of a stretch, and how many stretches there are.
    fn stretches(&self) -> (usize, usize) {
        let fitting = (STRETCH_VALUES / POINTS / self.group_inputs().max(self.group_filters())).max(64);
        let each = equal_lengths(self.columns(), fitting.max(self.halo())).next_multiple_of(16);
        (each, self.columns().div_ceil(each))
    }

    /// The values of a row of `length` at the places `e` of the tiles of columns from `first` on; position 0 of the row is `before` after
    /// the start of the first tile. 0 outside.
    fn phase(&self, row: &[f32], before: usize, e: usize, first: usize, out: &mut [f32]) {
        let d = self.dilation;
        let (mut tile, mut residue, mut done) = (first / d, first % d, 0);
        if d == 1 {
            let at = |i: usize| (SIDE * (first + i) + e) as isize - before as isize;
            let inside = |i: usize| (0..row.len() as isize).contains(&at(i));
            let start = (0..out.len()).find(|i| inside(*i)).unwrap_or(out.len());
            let count = if start < out.len() { (row.len() - at(start) as usize).div_ceil(SIDE) } else { 0 };
            let end = (start + count).min(out.len());
            out[..start].fill(0.0);
            if end > start {
                let values = row[at(start) as usize..].iter().step_by(SIDE);
                out[start..end].iter_mut().zip(values).for_each(|(o, v)| *o = *v);
            }
            out[end..].fill(0.0);
            return;
        }
        while done < out.len() {
            let run = (d - residue).min(out.len() - done);
            let at = ((SIDE * tile + e) * d + residue) as isize - before as isize;
            let start = (-at).clamp(0, run as isize) as usize;
            let end = (row.len() as isize - at).clamp(start as isize, run as isize) as usize;
            let part = &mut out[done..done + run];
            part[..start].fill(0.0);
            if end > start {
                let from = (at + start as isize) as usize;
                part[start..end].copy_from_slice(&row[from..from + end - start]);
            }
            part[end..].fill(0.0);
            (done, tile, residue) = (done + run, tile + 1, 0);
        }
    }

    /// Samples whose columns stand one behind the other in one matrix: several when a sequence is short.
    fn together(&self) -> usize {
        let (each, stretches) = self.stretches();
        if stretches > 1 { 1 } else { (TOGETHER / each).clamp(1, MOST_TOGETHER) }
    }

    /// The transformed inputs of a group of some samples, for columns from `first` on and those of the tiles behind that further pieces
    /// meet: `[points, channels, samples · wide]`.
    fn filtered_inputs(&self, x: &[f32], part: &Part, phases: &mut Vec<f32>, out: &mut Vec<f32>) {
        let (channels, d, wide) = (self.group_inputs(), self.dilation, part.wide);
        let all = part.samples.len() * wide;
        phases.resize(SIDE * (wide + d), 0.0);
        out.resize(POINTS * channels * all, 0.0);
        for (place, sample) in part.samples.clone().enumerate() {
            let from = (sample * self.inputs + part.group * channels) * self.positions;
            let rows = x[from..from + channels * self.positions].chunks_exact(self.positions);
            for (channel, row) in rows.enumerate() {
                for (e, out) in phases.chunks_exact_mut(wide + d).take(SIDE).enumerate() {
                    self.phase(row, self.before, e, part.first, out);
                }
                let (p0, rest) = phases.split_at(wide + d);
                let (p1, p2) = rest.split_at(wide + d);
                let to = rows_mut(out, channels, channel, all).map(|row| &mut row[place * wide..(place + 1) * wide]);
                transform_inputs([p0, p1, p2, &p0[d..], &p1[d..]], to);
            }
        }
    }

    /// W of every group, point and piece: `[groups, points, pieces, filters, channels]`.
    fn filtered_kernel(&self, kernel: &[f32]) -> Vec<f32> {
        let (channels, filters, pieces) = (self.group_inputs(), self.group_filters(), self.pieces());
        let mut out = vec![0.0; self.groups * POINTS * pieces * filters * channels];
        for (row, taps) in kernel.chunks_exact(self.taps).enumerate() {
            let (group, within) = (row / (filters * channels), row % (filters * channels));
            for (piece, w) in taps.chunks(SIDE).enumerate() {
                let tap = |i: usize| w.get(i).copied().unwrap_or(0.0);
                for (point, value) in transform_taps([tap(0), tap(1), tap(2)]).into_iter().enumerate() {
                    out[((group * POINTS + point) * pieces + piece) * filters * channels + within] = value;
                }
            }
        }
        out
    }

    pub(super) fn forward_filtered(&self, x: &[f32], kernel: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
        let (channels, filters, pieces) = (self.group_inputs(), self.group_filters(), self.pieces());
        let (outputs, size) = (self.outputs(), filters * channels);
        let kernel = self.filtered_kernel(kernel);
        let laid_out = |weights| Kernel::new(weights, channels, (filters, channels), self.batch * self.columns());
        let kernels: Vec<Kernel<'_>> = kernel.chunks_exact(size).map(laid_out).collect();
        let (together, (_, stretches)) = (self.together(), self.stretches());
        let out = Shared::new(y);
        (0..self.batch.div_ceil(together) * self.groups * stretches).into_par_iter().for_each(|task| {
            let from = task / stretches / self.groups * together;
            let samples = from..(from + together).min(self.batch);
            let part = self.part(samples, task / stretches % self.groups, task % stretches);
            let n = part.products(self);
            SCRATCH.with_borrow_mut(|Scratch { phases, x: inputs, y: sums }| {
                self.filtered_inputs(x, &part, phases, inputs);
                sums.resize(POINTS * filters * n, 0.0);
                let stride = part.stride();
                for point in 0..POINTS {
                    for piece in 0..pieces {
                        let kernel = &kernels[(part.group * POINTS + point) * pieces + piece];
                        let right = Matrix::rows(&inputs[point * channels * stride + piece * self.dilation..], stride);
                        let target = sums[point * filters * n..].as_mut_ptr();
                        let start = if piece == 0 { Start::Zero } else { Start::Sum };
                        // SAFETY: whole matrices of these sizes; `sums` is ours.
                        unsafe { multiply((target, n), start, kernel, Right::Matrix(right), n) };
                    }
                }
                let columns = part.columns;
                phases.resize(SIDE * columns, 0.0);
                for (place, sample) in part.samples.clone().enumerate() {
                    for f in 0..filters {
                        let bias = bias.map_or(0.0, |b| b[part.group * filters + f]);
                        let m = std::array::from_fn(|point| {
                            &sums[(point * filters + f) * n + place * part.wide..][..columns]
                        });
                        let (y0, rest) = phases.split_at_mut(columns);
                        let (y1, y2) = rest.split_at_mut(columns);
                        transform_outputs(m, bias, [y0, y1, &mut y2[..columns]]);
                        let row = (sample * self.filters + part.group * filters + f) * outputs;
                        for e in 0..SIDE {
                            self.spread(out, row, e, part.first, &phases[e * columns..][..columns]);
                        }
                    }
                }
            });
        });
    }

    /// Some samples' stretch of columns of one group.
    fn part(&self, samples: Range<usize>, group: usize, stretch: usize) -> Part {
        let (each, _) = self.stretches();
        let first = stretch * each;
        let columns = each.min(self.columns() - first);
        Part { samples, group, first, columns, wide: columns + (self.pieces() - 1) * self.dilation }
    }

    /// Writes the values of columns from `first` on to their places in the row of outputs that begins at `row`.
    fn spread(&self, out: Shared<'_>, row: usize, e: usize, first: usize, values: &[f32]) {
        let (d, outputs) = (self.dilation, self.outputs());
        if d == 1 {
            let start = SIDE * first + e;
            let count = outputs.saturating_sub(start).div_ceil(SIDE).min(values.len());
            if count > 0 {
                // SAFETY: tiles of a stretch cover `3 · columns` neighbouring outputs of the row, which belong to this task alone.
                let to = unsafe { out.slice(row + start, SIDE * (count - 1) + 1) };
                to.iter_mut().step_by(SIDE).zip(values).for_each(|(to, value)| *to = *value);
            }
            return;
        }
        let (mut tile, mut residue, mut done) = (first / d, first % d, 0);
        while done < values.len() {
            let run = (d - residue).min(values.len() - done);
            let at = (SIDE * tile + e) * d + residue;
            let count = run.min(outputs.saturating_sub(at));
            if count > 0 {
                // SAFETY: every output belongs to one column and place, and every column to one task.
                unsafe { out.slice(row + at, count) }.copy_from_slice(&values[done..done + count]);
            }
            (done, tile, residue) = (done + run, tile + 1, 0);
        }
    }

    /// Values of [`ConvShape::add_filtered_kernel_gradient`]'s sum.
    pub(super) fn filtered_size(&self) -> usize {
        self.groups * POINTS * self.pieces() * self.group_filters() * self.group_inputs()
    }

    /// Adds some samples' part of the gradient of W, laid out as the kernel's transform is.
    pub(super) fn add_filtered_kernel_gradient(&self, samples: Range<usize>, x: &[f32], dy: &[f32], total: &mut [f32]) {
        let (channels, filters, pieces) = (self.group_inputs(), self.group_filters(), self.pieces());
        let (outputs, size) = (self.outputs(), filters * channels);
        let (together, (_, stretches)) = (self.together(), self.stretches());
        for (group, total) in total.chunks_exact_mut(POINTS * pieces * size).enumerate() {
            for task in 0..samples.len().div_ceil(together) * stretches {
                let from = samples.start + task / stretches * together;
                let part = self.part(from..(from + together).min(samples.end), group, task % stretches);
                let (n, stride, columns) = (part.products(self), part.stride(), part.columns);
                SCRATCH.with_borrow_mut(|Scratch { phases, x: inputs, y: gradients }| {
                    self.filtered_inputs(x, &part, phases, inputs);
                    // What stands between two samples' columns counts nothing.
                    gradients.clear();
                    gradients.resize(POINTS * filters * n, 0.0);
                    phases.resize(SIDE * columns, 0.0);
                    for (place, sample) in part.samples.clone().enumerate() {
                        let dy = &dy[(sample * self.filters + group * filters) * outputs..][..filters * outputs];
                        for (f, row) in dy.chunks_exact(outputs).enumerate() {
                            for (e, out) in phases.chunks_exact_mut(columns).take(SIDE).enumerate() {
                                self.phase(row, 0, e, part.first, out);
                            }
                            let g = std::array::from_fn(|e| &phases[e * columns..][..columns]);
                            let to = rows_mut(gradients, filters, f, n);
                            transform_gradients(g, to.map(|row| &mut row[place * part.wide..][..columns]));
                        }
                    }
                    for point in 0..POINTS {
                        let left = Matrix::rows(&gradients[point * filters * n..], n);
                        for piece in 0..pieces {
                            let target = &mut total[(point * pieces + piece) * size..][..size];
                            let inputs = &inputs[point * channels * stride + piece * self.dilation..];
                            let right = Matrix::rows(inputs, stride).transposed();
                            // SAFETY: whole matrices of these sizes; `target` is ours.
                            unsafe {
                                add_product((target.as_mut_ptr(), channels), left, right, (filters, channels, n))
                            };
                        }
                    }
                });
            }
        }
    }

    /// The kernel gradient of the gradient of W.
    pub(super) fn unfiltered(&self, total: &[f32]) -> Vec<f32> {
        let (channels, filters, pieces) = (self.group_inputs(), self.group_filters(), self.pieces());
        let mut out = vec![0.0; self.groups * filters * channels * self.taps];
        for (row, taps) in out.chunks_exact_mut(self.taps).enumerate() {
            let (group, within) = (row / (filters * channels), row % (filters * channels));
            for (piece, w) in taps.chunks_mut(SIDE).enumerate() {
                let at = |point: usize| ((group * POINTS + point) * pieces + piece) * filters * channels + within;
                w.copy_from_slice(&tap_gradients(std::array::from_fn(|point| total[at(point)]))[..w.len()]);
            }
        }
        out
    }
}
