//! One-dimensional convolution, stride 1: forward and the gradients of input, kernel and bias.
//!
//! Each sequence is cut into tiles of positions. A tile's neighbourhoods are the columns of a matrix `[channels · taps, positions]`, and one
//! matrix product with the kernel does the rest: going forward the matrix is never made but read from the sequence as the product needs
//! it. Work is shared out over (sequence, tile); sums over sequences run in a fixed order, so results do not depend on the number of threads.

use std::cell::RefCell;

use rayon::prelude::*;

use super::Precision;
use super::activation::Then;
use super::minimal_filtering::Filtering;
use super::product::{Kernel, Matrix, Right, Start, Taps, add_product, multiply};
use super::rows::{Shared, equal_lengths, rows_together, sum};
use super::transpose::transpose;

/// Most filters of one task that sums over rows.
const MOST_FILTERS: usize = 32;

/// Values of a tile's matrix that are aimed at: 256 kB.
const TILE_VALUES: usize = 1 << 16;
/// A tile is never shorter, so that the kernel's packing is spread over enough positions.
const SHORTEST_TILE: usize = 64;
/// Parts of a batch whose kernel gradients are summed apart and then in order.
pub(super) const PARTS: usize = 8;

/// The sizes of a convolution: `[batch, inputs, positions]` with a kernel `[filters, inputs / groups, taps]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConvShape {
    pub batch: usize,
    pub inputs: usize,
    pub positions: usize,
    pub filters: usize,
    pub taps: usize,
    pub dilation: usize,
    pub groups: usize,
    /// Zeros before the first position.
    pub before: usize,
    /// Zeros after the last position.
    pub after: usize,
}

thread_local! {
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl ConvShape {
    /// Positions of the output.
    pub(crate) fn outputs(&self) -> usize {
        (self.positions + self.before + self.after).saturating_sub((self.taps - 1) * self.dilation)
    }

    pub(super) fn group_inputs(&self) -> usize {
        self.inputs / self.groups
    }

    pub(super) fn group_filters(&self) -> usize {
        self.filters / self.groups
    }

    /// Rows of a tile's matrix.
    fn depth(&self) -> usize {
        self.group_inputs() * self.taps
    }

    fn tile(&self) -> usize {
        let fitting = (TILE_VALUES / self.depth().max(1)).max(SHORTEST_TILE) & !15;
        equal_lengths(self.outputs(), fitting).next_multiple_of(16)
    }

    /// The neighbourhoods of the outputs from `first` on, of the channels of one group.
    fn taps<'a>(&self, group: &'a [f32], first: usize) -> Taps<'a> {
        let Self { positions, taps, dilation, before, .. } = *self;
        Taps { x: group, positions, taps, dilation, before, first }
    }

    /// Outputs that are worked on together going forward.
    fn stretch(&self) -> usize {
        let fitting = (TILE_VALUES / self.group_filters().max(1)).max(SHORTEST_TILE);
        equal_lengths(self.outputs(), fitting).next_multiple_of(32)
    }

    /// `y[b, f, p] = then(bias[f] + Σ over c, t of kernel[f, c, t] · x[b, c, p + t · dilation − before])`; `y` is overwritten.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        then: Then,
        precision: Precision,
        y: &mut [f32],
    ) {
        let outputs = self.outputs();
        assert_eq!(x.len(), self.batch * self.inputs * self.positions);
        assert_eq!(kernel.len(), self.filters * self.depth());
        assert_eq!(y.len(), self.batch * self.filters * outputs);
        if y.is_empty() {
            return;
        }
        if self.is_narrow() {
            return self.forward_narrow(x, kernel, bias, then, y);
        }
        if precision.by_tiles() && self.fits_tiles() {
            return self.forward_tiles(x, kernel, bias, then, y);
        }
        if let Some(words) = self.words(x) {
            return self.forward_words(&words, kernel, bias, then, y);
        }
        if let Some(filtering) = Filtering::of(self) {
            return filtering.forward(x, kernel, bias, then, y);
        }
        let (channels, filters, depth) = (self.group_inputs(), self.group_filters(), self.depth());
        let kernels: Vec<Kernel<'_>> = kernel
            .chunks_exact(filters * depth)
            .map(|kernel| Kernel::new(kernel, depth, (filters, depth), self.batch * outputs, Precision::Float32))
            .collect();
        let tile = self.stretch();
        let tiles = outputs.div_ceil(tile);
        let out = Shared::new(y);
        (0..self.batch * self.groups * tiles).into_par_iter().for_each(|task| {
            let (sample, group, first) = (task / tiles / self.groups, task / tiles % self.groups, task % tiles * tile);
            let length = tile.min(outputs - first);
            let from = (sample * self.inputs + group * channels) * self.positions;
            let x = &x[from..from + channels * self.positions];
            let first_filter = group * filters;
            let target = out.start_of((sample * self.filters + first_filter) * outputs + first);
            let start = bias.map_or(Start::Zero, |bias| Start::Rows(&bias[first_filter..]));
            // SAFETY: the tile of `y` belongs to this task alone.
            unsafe { multiply((target, outputs), start, &kernels[group], Right::Taps(self.taps(x, first)), length) };
            if then != Then::Nothing {
                for row in 0..filters {
                    // SAFETY: as above.
                    then.apply(unsafe {
                        out.slice((sample * self.filters + first_filter + row) * outputs + first, length)
                    });
                }
            }
        });
    }

    /// The convolution whose forward pass over an output gradient gives the input gradient: channels and filters swapped, taps in
    /// reverse.
    pub(crate) fn transposed(&self) -> Self {
        let reach = (self.taps - 1) * self.dilation;
        Self {
            inputs: self.filters,
            filters: self.inputs,
            positions: self.outputs(),
            before: reach - self.before,
            after: reach - self.after,
            ..*self
        }
    }

    /// The kernel of [`ConvShape::transposed`]: `[inputs, filters / groups, taps]`, taps in reverse.
    fn transposed_kernel(&self, kernel: &[f32]) -> Vec<f32> {
        let (channels, filters, taps) = (self.group_inputs(), self.group_filters(), self.taps);
        let mut out = vec![0.0; kernel.len()];
        for group in 0..self.groups {
            for f in 0..filters {
                for c in 0..channels {
                    let from = ((group * filters + f) * channels + c) * taps;
                    let to = ((group * channels + c) * filters + f) * taps;
                    for t in 0..taps {
                        out[to + taps - 1 - t] = kernel[from + t];
                    }
                }
            }
        }
        out
    }

    /// The gradient of the input, `[batch, inputs, positions]`; `gradient` is overwritten. Padding must not exceed the kernel's
    /// reach, as it does not with "same" and "valid".
    pub(crate) fn input_gradient(
        &self,
        kernel: &[f32],
        output_gradient: &[f32],
        precision: Precision,
        gradient: &mut [f32],
    ) {
        assert!(self.before.max(self.after) <= (self.taps - 1) * self.dilation, "padding beyond the kernel's reach");
        let kernel = self.transposed_kernel(kernel);
        self.transposed().forward(output_gradient, &kernel, None, Then::Nothing, precision, gradient);
    }

    /// The gradient of the kernel, `[filters, inputs / groups, taps]`.
    pub(crate) fn kernel_gradient(&self, x: &[f32], output_gradient: &[f32], precision: Precision) -> Vec<f32> {
        if self.is_narrow() {
            return self.kernel_gradient_narrow(x, output_gradient);
        }
        if let Some(words) = self.words(x) {
            return self.kernel_gradient_words(&words, output_gradient);
        }
        let by_tiles = precision.by_tiles() && self.fits_tiles() && self.by_taps();
        let filtering = if by_tiles { None } else { Filtering::of(self) };
        let size = match &filtering {
            _ if by_tiles => self.tile_sums(),
            Some(filtering) => filtering.size(),
            None => self.filters * self.depth(),
        };
        let outputs = self.outputs();
        let per_part = self.batch.div_ceil(PARTS).max(1);
        let parts: Vec<Vec<f32>> = (0..self.batch.div_ceil(per_part))
            .into_par_iter()
            .map(|part| {
                let samples = part * per_part..((part + 1) * per_part).min(self.batch);
                if by_tiles {
                    return self.kernel_gradient_tiles(samples, x, output_gradient);
                }
                let mut total = vec![0.0f32; size];
                if let Some(filtering) = &filtering {
                    filtering.add_kernel_gradient(samples, x, output_gradient, &mut total);
                    return total;
                }
                for sample in samples {
                    if self.by_taps() {
                        self.add_kernel_gradient_by_taps(sample, x, output_gradient, outputs, &mut total);
                    } else {
                        self.add_kernel_gradient(sample, x, output_gradient, outputs, &mut total);
                    }
                }
                total
            })
            .collect();
        let mut parts = parts.into_iter();
        let mut total = parts.next().unwrap_or_else(|| vec![0.0; size]);
        let rest: Vec<Vec<f32>> = parts.collect();
        total.par_chunks_mut(TILE_VALUES).enumerate().for_each(|(i, total)| {
            for part in &rest {
                total.iter_mut().zip(&part[i * TILE_VALUES..]).for_each(|(sum, part)| *sum += part);
            }
        });
        match (filtering, self.by_taps()) {
            _ if by_tiles => self.of_tile_sums(&total),
            (Some(filtering), _) => filtering.of_taps(&total),
            (None, true) => self.taps_last(&total),
            (None, false) => total,
        }
    }

    /// Whether the kernel gradient is summed tap by tap over transposed input, which needs enough channels to fill registers.
    fn by_taps(&self) -> bool {
        self.group_inputs() >= 16
    }

    /// `[groups, taps, filters, channels]` to the kernel's `[filters, channels, taps]`.
    fn taps_last(&self, total: &[f32]) -> Vec<f32> {
        let (channels, filters, taps) = (self.group_inputs(), self.group_filters(), self.taps);
        let mut out = vec![0.0; total.len()];
        for group in 0..self.groups {
            for tap in 0..taps {
                for f in 0..filters {
                    let from = ((group * taps + tap) * filters + f) * channels;
                    let to = ((group * filters + f) * channels) * taps + tap;
                    for c in 0..channels {
                        out[to + c * taps] = total[from + c];
                    }
                }
            }
        }
        out
    }

    /// Adds one sequence's part of the gradient, `[groups, taps, filters, channels]`: of each tile the input is transposed once, and
    /// every tap is a product over its rows.
    fn add_kernel_gradient_by_taps(&self, sample: usize, x: &[f32], dy: &[f32], outputs: usize, total: &mut [f32]) {
        let (channels, filters) = (self.group_inputs(), self.group_filters());
        let tile = (TILE_VALUES / channels).max(SHORTEST_TILE).min(outputs);
        let reach = (self.taps - 1) * self.dilation;
        for group in 0..self.groups {
            let from = (sample * self.inputs + group * channels) * self.positions;
            let x = &x[from..from + channels * self.positions];
            let dy = &dy[(sample * self.filters + group * filters) * outputs..][..filters * outputs];
            for first in (0..outputs).step_by(tile) {
                let length = tile.min(outputs - first);
                SCRATCH.with_borrow_mut(|rows| {
                    // Row r holds the channels of input position first + r - before.
                    self.transpose(x, first, length + reach, rows);
                    for tap in 0..self.taps {
                        let at = (group * self.taps + tap) * filters * channels;
                        let target = &mut total[at..at + filters * channels];
                        let left = Matrix::rows(&dy[first..], outputs);
                        let right = Matrix::rows(&rows[tap * self.dilation * channels..], channels);
                        let size = (filters, channels, length);
                        // SAFETY: both are whole matrices of these sizes; `target` is ours.
                        unsafe { add_product((target.as_mut_ptr(), channels), left, right, size) };
                    }
                });
            }
        }
    }

    /// `length` rows of all channels of a group, the first of input position `first - before`; zeros outside the input.
    fn transpose(&self, group: &[f32], first: usize, length: usize, rows: &mut Vec<f32>) {
        let channels = self.group_inputs();
        rows.resize(length * channels, 0.0);
        let start = self.before.saturating_sub(first).min(length);
        let end = (self.positions + self.before).saturating_sub(first).clamp(start, length);
        rows[..start * channels].fill(0.0);
        rows[end * channels..].fill(0.0);
        if end > start {
            let from = &group[first + start - self.before..];
            transpose((from, self.positions), (&mut rows[start * channels..], channels), (channels, end - start));
        }
    }

    fn add_kernel_gradient(&self, sample: usize, x: &[f32], dy: &[f32], outputs: usize, sum: &mut [f32]) {
        let (channels, filters, tile) = (self.group_inputs(), self.group_filters(), self.tile());
        for group in 0..self.groups {
            let from = (sample * self.inputs + group * channels) * self.positions;
            let x = &x[from..from + channels * self.positions];
            let dy = &dy[(sample * self.filters + group * filters) * outputs..][..filters * outputs];
            let target = &mut sum[group * filters * self.depth()..][..filters * self.depth()];
            for first in (0..outputs).step_by(tile) {
                let length = tile.min(outputs - first);
                SCRATCH.with_borrow_mut(|rows| {
                    self.taps(x, first).unfold(length, rows);
                    let left = Matrix::rows(&dy[first..], outputs);
                    let right = Matrix::rows(rows, length).transposed();
                    let size = (filters, self.depth(), length);
                    // SAFETY: both are whole matrices of these sizes; `sum` is ours.
                    unsafe { add_product((target.as_mut_ptr(), self.depth()), left, right, size) };
                });
            }
        }
    }

    /// The gradient of the bias, `[filters]`.
    pub(crate) fn bias_gradient(&self, output_gradient: &[f32]) -> Vec<f32> {
        let outputs = self.outputs();
        let each = rows_together(outputs, MOST_FILTERS);
        let mut totals = vec![0.0f64; self.filters];
        totals.par_chunks_mut(each).enumerate().for_each(|(task, totals)| {
            for sample in 0..self.batch {
                let rows =
                    output_gradient[(sample * self.filters + task * each) * outputs..].chunks_exact(outputs.max(1));
                totals.iter_mut().zip(rows).for_each(|(total, row)| *total += sum(row));
            }
        });
        totals.into_iter().map(|total| total as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    /// The definition, in f64.
    fn naive(s: &ConvShape, x: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f64> {
        let (channels, filters) = (s.group_inputs(), s.group_filters());
        let mut y = Vec::new();
        for b in 0..s.batch {
            for f in 0..s.filters {
                for p in 0..s.outputs() {
                    let mut sum = f64::from(bias[f]);
                    for c in 0..channels {
                        for t in 0..s.taps {
                            let at = (p + t * s.dilation) as isize - s.before as isize;
                            if (0..s.positions as isize).contains(&at) {
                                let channel = f / filters * channels + c;
                                let x = x[(b * s.inputs + channel) * s.positions + at as usize];
                                sum += f64::from(kernel[(f * channels + c) * s.taps + t]) * f64::from(x);
                            }
                        }
                    }
                    y.push(sum);
                }
            }
        }
        y
    }

    fn close(a: &[f32], b: &[f64]) -> bool {
        let scale = b.iter().fold(1.0f64, |m, v| m.max(v.abs()));
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (f64::from(*a) - b).abs() <= 2e-5 * scale)
    }

    fn shapes() -> impl Strategy<Value = ConvShape> {
        // Few channels and filters in several groups, more in registers of their own, or as many as minimal filtering asks for.
        let sizes = prop_oneof![
            (1usize..4, 1usize..4, prop_oneof![1usize..5, Just(17usize)], 1usize..5, 1usize..300),
            (1usize..3, 1usize..3, 48usize..51, 48usize..51, 60usize..200),
            (1usize..3, 1usize..2, 96usize..98, 96usize..98, 60usize..120),
        ];
        (sizes, 1usize..12, prop_oneof![Just(1usize), 2usize..9, Just(64usize), Just(512usize)], 0u8..3).prop_map(
            |((batch, groups, channels, filters, positions), taps, dilation, padding)| {
                let reach = (taps - 1) * dilation;
                // Same, valid (when something comes out), or zeros on one side only.
                let (before, after) = match padding {
                    0 => (reach / 2, reach - reach / 2),
                    1 if positions > reach => (0, 0),
                    _ => (reach, 0),
                };
                let (inputs, filters) = (channels * groups, filters * groups);
                ConvShape { batch, inputs, positions, filters, taps, dilation, groups, before, after }
            },
        )
    }

    fn precisions() -> impl Strategy<Value = Precision> {
        prop_oneof![Just(Precision::Float32), Just(Precision::Bits16)]
    }

    proptest! {
        #[test]
        fn follows_the_definition(s in shapes(), seed in 0u64..1000, relu in any::<bool>(), precision in precisions()) {
            let then = if relu { Then::Relu } else { Then::Nothing };
            let x = numbers(seed, s.batch * s.inputs * s.positions);
            let kernel = numbers(seed + 1, s.filters * s.depth());
            let bias = numbers(seed + 2, s.filters);
            let mut y = vec![f32::NAN; s.batch * s.filters * s.outputs()];
            s.forward(&x, &kernel, Some(&bias), then, precision, &mut y);
            let mut truth = naive(&s, &x, &kernel, &bias);
            if relu {
                truth.iter_mut().for_each(|y| *y = y.max(0.0));
            }
            prop_assert!(close(&y, &truth), "{s:?}");
        }

        /// Σ dy · y is linear in x, kernel and bias: its derivatives are sums over the definition with one of them replaced by a unit.
        #[test]
        fn gradients_are_those_of_the_definition(s in shapes(), seed in 0u64..1000, precision in precisions()) {
            let x = numbers(seed, s.batch * s.inputs * s.positions);
            let kernel = numbers(seed + 1, s.filters * s.depth());
            let dy = numbers(seed + 2, s.batch * s.filters * s.outputs());
            let zero = vec![0.0; s.filters];
            let derivative = |x: &[f32], kernel: &[f32], bias: &[f32]| -> f64 {
                naive(&s, x, kernel, bias).iter().zip(&dy).map(|(y, d)| y * f64::from(*d)).sum()
            };
            let mut dx = vec![f32::NAN; x.len()];
            s.input_gradient(&kernel, &dy, precision, &mut dx);
            let dk = s.kernel_gradient(&x, &dy, precision);
            let db = s.bias_gradient(&dy);
            prop_assert_eq!((dk.len(), db.len()), (kernel.len(), s.filters));
            // An error of 16 bits grows with the terms, as the largest value does; what the terms of one value add up to may be less.
            let size = |all: &[f32], truth: f64| match precision.by_tiles() {
                false => 1.0 + truth.abs(),
                true => all.iter().fold(1.0, |most, v| f64::from(v.abs()).max(most)),
            };
            for i in [0, x.len() / 3, x.len() - 1] {
                let mut unit = vec![0.0; x.len()];
                unit[i] = 1.0;
                let truth = derivative(&unit, &kernel, &zero);
                prop_assert!((f64::from(dx[i]) - truth).abs() < 2e-5 * size(&dx, truth), "{s:?} dx[{i}] {} {truth}", dx[i]);
            }
            for i in [0, kernel.len() / 2, kernel.len() - 1] {
                let mut unit = vec![0.0; kernel.len()];
                unit[i] = 1.0;
                let truth = derivative(&x, &unit, &zero);
                prop_assert!((f64::from(dk[i]) - truth).abs() < 5e-5 * size(&dk, truth), "{s:?} dk[{i}] {} {truth}", dk[i]);
            }
            let mut unit = vec![0.0; s.filters];
            unit[0] = 1.0;
            let truth = derivative(&vec![0.0; x.len()], &kernel, &unit);
            prop_assert!((f64::from(db[0]) - truth).abs() < 5e-5 * (1.0 + truth.abs()), "{s:?} db {} {truth}", db[0]);
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let s = ConvShape {
            batch: 9,
            inputs: 6,
            positions: 700,
            filters: 5,
            taps: 7,
            dilation: 3,
            groups: 1,
            before: 9,
            after: 9,
        };
        let of = |s: ConvShape, precision, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (x, dy) = (numbers(1, s.batch * s.inputs * s.positions), numbers(2, s.batch * s.filters * s.outputs()));
            pool.install(|| s.kernel_gradient(&x, &dy, precision))
        };
        for s in [s, ConvShape { inputs: 48, filters: 40, ..s }] {
            for precision in [Precision::Float32, Precision::Bits16] {
                assert_eq!(of(s, precision, 1), of(s, precision, 3));
            }
        }
    }
}
