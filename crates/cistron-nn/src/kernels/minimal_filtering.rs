//! Convolutions with fewer products: minimal filtering (Winograd 1980; Lavin and Gray 2016), which gives the n outputs of a tile from its
//! n + r − 1 inputs and r taps with n + r − 1 products ([`Scheme`]).
//!
//! A tile's inputs d become the values X at some points, taps w become W, and the outputs follow from W ⊙ X. A kernel of more taps is cut in
//! pieces of r (with taps of 0 at its end) by schemes with n = r: as outputs too advance by r, piece p meets the values of the tile p places on, and
//! the products of all pieces are summed before the outputs are made of them. So a convolution becomes n + r − 1 of a fraction of the length with a
//! fraction of the taps, each a few matrix products.
//!
//! With a dilation d the tiles are those of each residue of the position modulo d: see [`Tiles`].

mod phases;
mod scheme;

use std::cell::RefCell;
use std::ops::Range;

use rayon::prelude::*;

use self::phases::{Phases, Tiles, phases, spread};
use self::scheme::{LANES, MOST_POINTS, Scheme};
use super::activation::Then;
use super::math::add_scaled;
use super::product::{Kernel, Matrix, Right, Start, add_product, multiply};
use super::rows::{Shared, equal_lengths, unset};
use super::transpose::transpose;
use super::{ConvShape, Precision};

/// Channels and filters of a group from which the products are worth the transformations (measured: docs/performance.md).
const FEWEST_CHANNELS: usize = 96;
/// What a transformed value costs, in products.
const TRANSFORMATION: usize = 8;
/// Values of the transformed input of a stretch of columns that are aimed at.
const STRETCH_VALUES: usize = 1 << 17;
/// Columns of a panel of the products, of which stretches have whole ones.
const PANEL: usize = 32;
/// Columns that the samples of one matrix have together, at most about.
const TOGETHER: usize = 256;
/// Filters and channels whose taps are transformed together.
const TAPS_TURNED: usize = 512;
/// Most samples in one matrix.
const MOST_TOGETHER: usize = 8;

/// A convolution by one of the schemes.
pub(super) struct Filtering<'a> {
    shape: &'a ConvShape,
    scheme: Scheme,
    tiles: Tiles,
}

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
    /// Columns of the transformed inputs of all samples.
    fn all(&self) -> usize {
        self.samples.len() * self.wide
    }

    /// Distance of their rows: with room for the whole registers that are written.
    fn stride(&self) -> usize {
        self.all() + LANES
    }
}

#[derive(Default)]
struct Scratch {
    /// One channel.
    phases: Phases,
    /// `[points, channels, columns]`.
    x: Vec<f32>,
    /// `[points, filters, columns]`.
    y: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Rows that lie one after the other, as many as there are points or outputs of a tile at most.
type Rows<'a> = [&'a [f32]; MOST_POINTS];

/// As many rows as there are, then empty ones.
fn rows<'a>(count: usize, row: impl Fn(usize) -> &'a [f32]) -> Rows<'a> {
    std::array::from_fn(|i| if i < count { row(i) } else { &[] })
}

/// The same row of several matrices `[rows, columns]` that lie one after the other: `columns` of it.
fn rows_mut(values: &mut [f32], matrix: usize, from: usize, columns: usize) -> [&mut [f32]; MOST_POINTS] {
    let mut parts = values.chunks_exact_mut(matrix);
    std::array::from_fn(|_| match parts.next() {
        Some(part) => &mut part[from..from + columns],
        None => &mut [],
    })
}

impl<'a> Filtering<'a> {
    /// The scheme that is worth it, if one is.
    pub(super) fn of(shape: &'a ConvShape) -> Option<Self> {
        let (channels, filters) = (shape.group_inputs(), shape.group_filters());
        if channels.min(filters) < FEWEST_CHANNELS {
            return None;
        }
        let with = |scheme: Scheme| Self { shape, scheme, tiles: Tiles::new(scheme.outputs(), shape.dilation) };
        Scheme::ALL
            .into_iter()
            .map(with)
            // Pieces meet whole tiles, and a stretch has not more columns around it than in it.
            .filter(|f| f.pieces() == 1 || f.scheme.outputs() == f.scheme.taps())
            .filter(|f| f.halo() <= 2 * f.columns())
            .map(|f| (f.cost(), f))
            // Tiles that stick out beyond the end, and taps of 0, are for nothing.
            .filter(|(cost, _)| cost * 10 < shape.outputs() * shape.taps * channels * filters * 9)
            .min_by_key(|(cost, _)| *cost)
            .map(|(_, f)| f)
    }

    /// Products and transformations of a group of a sample, as products.
    fn cost(&self) -> usize {
        let (channels, filters) = (self.shape.group_inputs(), self.shape.group_filters());
        let values = self.columns() * self.scheme.points();
        values * (self.pieces() * channels * filters + TRANSFORMATION * (channels + filters))
    }

    /// Pieces of the kernel.
    fn pieces(&self) -> usize {
        self.shape.taps.div_ceil(self.scheme.taps())
    }

    /// Columns of all tiles.
    fn columns(&self) -> usize {
        let dilation = self.shape.dilation;
        self.shape.outputs().div_ceil(self.scheme.outputs() * dilation) * dilation
    }

    /// Columns before which a stretch's last tiles end: the tiles of further pieces, and the next tile's inputs.
    fn halo(&self) -> usize {
        self.pieces() * self.shape.dilation
    }

    /// Columns of a stretch, and how many stretches there are.
    fn stretches(&self) -> (usize, usize) {
        let channels = self.shape.group_inputs().max(self.shape.group_filters());
        let fitting = (STRETCH_VALUES / self.scheme.points() / channels).max(64);
        let each = equal_lengths(self.columns(), fitting.max(self.halo())).next_multiple_of(PANEL);
        (each, self.columns().div_ceil(each))
    }

    /// Samples whose columns stand one behind the other in one matrix: several when a sequence is short.
    fn together(&self) -> usize {
        let (each, stretches) = self.stretches();
        if stretches > 1 { 1 } else { (TOGETHER / each).clamp(1, MOST_TOGETHER) }
    }

    /// Some samples' stretch of columns of one group.
    fn part(&self, samples: Range<usize>, group: usize, stretch: usize) -> Part {
        let (each, _) = self.stretches();
        let first = stretch * each;
        let columns = each.min(self.columns() - first);
        Part { samples, group, first, columns, wide: columns + (self.pieces() - 1) * self.shape.dilation }
    }

    /// Columns of the products: without what only further pieces of the last sample meet.
    fn products(&self, part: &Part) -> usize {
        part.all() - (self.pieces() - 1) * self.shape.dilation
    }

    /// The transformed inputs of a group of some samples, for columns from `first` on and those of the tiles behind that further pieces
    /// meet: `[points, channels, samples · wide]`, rows [`Part::stride`] apart.
    fn inputs(&self, x: &[f32], part: &Part, turned: &mut Phases, out: &mut Vec<f32>) {
        let shape = self.shape;
        let (channels, d, stride) = (shape.group_inputs(), shape.dilation, part.stride());
        let (side, points) = (self.scheme.outputs(), self.scheme.points());
        let written = part.wide.next_multiple_of(LANES);
        let length = (written + d).next_multiple_of(LANES);
        out.resize(points * channels * stride, 0.0);
        // A row's samples one after the other, as the registers that are written reach into the next one's.
        for channel in 0..channels {
            for (place, sample) in part.samples.clone().enumerate() {
                let from = (sample * shape.inputs + part.group * channels + channel) * shape.positions;
                let row = &x[from..from + shape.positions];
                phases(&self.tiles, row, shape.before, part.first, length, turned);
                // The inputs of each tile, then those of the next one.
                let rows = rows(points, |i| match i.checked_sub(side) {
                    None => &turned.values[i * length..][..written],
                    Some(i) => &turned.values[i * length + d..][..written],
                });
                let mut to = rows_mut(out, channels * stride, channel * stride + place * part.wide, written);
                self.scheme.transform_inputs(&rows[..points], &mut to[..points]);
            }
        }
    }

    /// Where W of some group, point and piece begins in `[groups, points, pieces, filters, channels]`.
    fn place(&self, group: usize, point: usize, piece: usize) -> usize {
        let size = self.shape.group_filters() * self.shape.group_inputs();
        ((group * self.scheme.points() + point) * self.pieces() + piece) * size
    }

    /// W of every group, point and piece.
    fn kernel(&self, kernel: &[f32]) -> Vec<f32> {
        let (shape, points) = (self.shape, self.scheme.points());
        let size = shape.group_filters() * shape.group_inputs();
        let matrix = self.scheme.tap_matrix();
        let mut out = unset(shape.groups * points * self.pieces() * size);
        let mut turned = vec![0.0; shape.taps * TAPS_TURNED];
        for (group, kernel) in kernel.chunks_exact(size * shape.taps).enumerate() {
            for (part, kernel) in kernel.chunks(TAPS_TURNED * shape.taps).enumerate() {
                let (first, count) = (part * TAPS_TURNED, kernel.len() / shape.taps);
                transpose((kernel, shape.taps), (&mut turned, TAPS_TURNED), (count, shape.taps));
                for (piece, w) in turned.chunks(self.scheme.taps() * TAPS_TURNED).enumerate() {
                    for (point, of) in matrix.iter().enumerate() {
                        let to = &mut out[self.place(group, point, piece) + first..][..count];
                        to.fill(0.0);
                        for (factor, w) in of.iter().zip(w.chunks_exact(TAPS_TURNED)) {
                            add_scaled(to, *factor, &w[..count]);
                        }
                    }
                }
            }
        }
        out
    }

    /// As [`ConvShape::forward`].
    pub(super) fn forward(&self, x: &[f32], kernel: &[f32], bias: Option<&[f32]>, then: Then, y: &mut [f32]) {
        let shape = self.shape;
        let (channels, filters, pieces) = (shape.group_inputs(), shape.group_filters(), self.pieces());
        let (outputs, points, side) = (shape.outputs(), self.scheme.points(), self.scheme.outputs());
        let kernel = self.kernel(kernel);
        let laid_out = |weights| {
            Kernel::new(weights, channels, (filters, channels), shape.batch * self.columns(), Precision::Float32)
        };
        let kernels: Vec<Kernel<'_>> = kernel.chunks_exact(filters * channels).map(laid_out).collect();
        let (together, (_, stretches)) = (self.together(), self.stretches());
        let out = Shared::new(y);
        (0..shape.batch.div_ceil(together) * shape.groups * stretches).into_par_iter().for_each(|task| {
            let from = task / stretches / shape.groups * together;
            let samples = from..(from + together).min(shape.batch);
            let part = self.part(samples, task / stretches % shape.groups, task % stretches);
            let n = self.products(&part);
            SCRATCH.with_borrow_mut(|Scratch { phases, x: inputs, y: sums }| {
                self.inputs(x, &part, phases, inputs);
                // Whole registers are read behind the last row.
                sums.resize(points * filters * n + LANES, 0.0);
                let stride = part.stride();
                for point in 0..points {
                    for piece in 0..pieces {
                        let kernel = &kernels[(part.group * points + point) * pieces + piece];
                        let inputs = &inputs[point * channels * stride + piece * shape.dilation..];
                        let right = Right::Matrix(Matrix::rows(inputs, stride));
                        let target = sums[point * filters * n..].as_mut_ptr();
                        let start = if piece == 0 { Start::Zero } else { Start::Sum };
                        // SAFETY: whole matrices of these sizes; `sums` is ours.
                        unsafe { multiply((target, n), start, kernel, right, n) };
                    }
                }
                let columns = part.columns;
                let written = columns.next_multiple_of(LANES);
                let values = &mut phases.values;
                values.resize(side * written, 0.0);
                for (place, sample) in part.samples.clone().enumerate() {
                    for f in 0..filters {
                        let filter = part.group * filters + f;
                        let from = f * n + place * part.wide;
                        let rows = rows(points, |point| &sums[point * filters * n + from..][..written]);
                        let mut to = rows_mut(values, written, 0, written);
                        self.scheme.transform_sums(&rows[..points], bias.map_or(0.0, |b| b[filter]), &mut to[..side]);
                        then.apply(values);
                        let row = (sample * shape.filters + filter) * outputs;
                        spread(&self.tiles, values, (columns, written), part.first, out, (row, outputs));
                    }
                }
            });
        });
    }

    /// Values of [`Filtering::add_kernel_gradient`]'s sum.
    pub(super) fn size(&self) -> usize {
        let shape = self.shape;
        shape.groups * self.scheme.points() * self.pieces() * shape.group_filters() * shape.group_inputs()
    }

    /// Adds some samples' part of the gradient of W, laid out as the kernel's transform is.
    pub(super) fn add_kernel_gradient(&self, samples: Range<usize>, x: &[f32], dy: &[f32], total: &mut [f32]) {
        let shape = self.shape;
        let (channels, filters, pieces) = (shape.group_inputs(), shape.group_filters(), self.pieces());
        let (outputs, size) = (shape.outputs(), filters * channels);
        let (points, side) = (self.scheme.points(), self.scheme.outputs());
        let (together, (_, stretches)) = (self.together(), self.stretches());
        for (group, total) in total.chunks_exact_mut(points * pieces * size).enumerate() {
            for task in 0..samples.len().div_ceil(together) * stretches {
                let from = samples.start + task / stretches * together;
                let part = self.part(from..(from + together).min(samples.end), group, task % stretches);
                let (n, stride, columns) = (self.products(&part), part.stride(), part.columns);
                let written = columns.next_multiple_of(LANES);
                SCRATCH.with_borrow_mut(|Scratch { phases: turned, x: inputs, y: gradients }| {
                    self.inputs(x, &part, turned, inputs);
                    // What stands between two samples' columns counts nothing.
                    let row_length = n + LANES;
                    gradients.clear();
                    gradients.resize(points * filters * row_length, 0.0);
                    for (place, sample) in part.samples.clone().enumerate() {
                        let dy = &dy[(sample * shape.filters + group * filters) * outputs..][..filters * outputs];
                        for (f, row) in dy.chunks_exact(outputs).enumerate() {
                            phases(&self.tiles, row, 0, part.first, written, turned);
                            turned.values.chunks_exact_mut(written).for_each(|row| row[columns..].fill(0.0));
                            let rows = rows(side, |e| &turned.values[e * written..][..written]);
                            let from = f * row_length + place * part.wide;
                            let mut to = rows_mut(gradients, filters * row_length, from, written);
                            self.scheme.transform_gradients(&rows[..side], &mut to[..points]);
                        }
                    }
                    for point in 0..points {
                        let left = Matrix::rows(&gradients[point * filters * row_length..], row_length);
                        for piece in 0..pieces {
                            let target = &mut total[(point * pieces + piece) * size..][..size];
                            let inputs = &inputs[point * channels * stride + piece * shape.dilation..];
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
    pub(super) fn of_taps(&self, total: &[f32]) -> Vec<f32> {
        let shape = self.shape;
        let size = shape.group_filters() * shape.group_inputs();
        let matrix = self.scheme.tap_matrix();
        let mut out = unset(shape.groups * size * shape.taps);
        let mut turned = vec![0.0; shape.taps * TAPS_TURNED];
        for (group, out) in out.chunks_exact_mut(size * shape.taps).enumerate() {
            for (part, out) in out.chunks_mut(TAPS_TURNED * shape.taps).enumerate() {
                let (first, count) = (part * TAPS_TURNED, out.len() / shape.taps);
                for (tap, sums) in turned.chunks_exact_mut(TAPS_TURNED).enumerate() {
                    let (piece, within) = (tap / self.scheme.taps(), tap % self.scheme.taps());
                    sums[..count].fill(0.0);
                    for (point, of) in matrix.iter().enumerate() {
                        let from = self.place(group, point, piece) + first;
                        add_scaled(&mut sums[..count], of[within], &total[from..from + count]);
                    }
                }
                transpose((&turned, TAPS_TURNED), (out, shape.taps), (shape.taps, count));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_with_the_fewest_products_is_taken() {
        let of = |channels: usize, positions: usize, taps: usize, dilation: usize| {
            let reach = (taps - 1) * dilation;
            let shape = ConvShape {
                batch: 2,
                inputs: channels,
                positions,
                filters: channels,
                taps,
                dilation,
                groups: 1,
                before: reach / 2,
                after: reach - reach / 2,
            };
            Filtering::of(&shape).map(|f| f.scheme)
        };
        assert_eq!(of(128, 600, 3, 1), Some(Scheme::SixThree));
        assert_eq!(of(128, 600, 7, 1), Some(Scheme::FourFour));
        assert_eq!(of(128, 600, 15, 1), Some(Scheme::FiveFive));
        // Tiles of six outputs would stick out by half.
        assert_eq!(of(128, 192, 3, 64), Some(Scheme::ThreeThree));
        assert_eq!(of(128, 600, 1, 1), None);
        assert_eq!(of(64, 600, 3, 1), None);
        // Everything lies beyond the ends.
        assert_eq!(of(128, 100, 3, 512), None);
    }
}
