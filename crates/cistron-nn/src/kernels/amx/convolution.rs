//! Convolutions by tiles: a right tile's rows are pairs of channels at one tap, so that a neighbourhood is read from the terms of the input at an
//! offset. Short sequences stand one behind the other in one matrix, with the zeros around them in between.

use std::ops::Range;

use rayon::prelude::*;

use super::super::ConvShape;
use super::super::activation::Then;
use super::super::rows::{Shared, equal_lengths};
use super::super::transpose::transpose;
use super::*;

/// Columns of the output that are worked on together, at most about.
const COLUMNS: usize = 256;

thread_local! {
    /// Terms of inputs.
    static PLANES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// How samples and stretches of them share the work: column j of a part holds output `first + j` of its first sample, and the others `span` columns on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Columns of a sample, with the zeros that stand between it and the next one.
    span: usize,
    /// Outputs of a stretch.
    each: usize,
    /// Stretches of a sample.
    stretches: usize,
    /// Samples in one matrix.
    together: usize,
}

/// Some samples' stretch of columns of one group.
pub(super) struct Part {
    pub samples: Range<usize>,
    pub group: usize,
    pub first: usize,
    /// Columns of all samples.
    pub columns: usize,
}

impl Plan {
    /// With about so many columns, or twice those that the kernel reaches.
    pub(super) fn new(shape: &ConvShape, columns: usize) -> Self {
        let (outputs, reach) = (shape.outputs(), shape.reach());
        let most = columns.max(2 * reach);
        let each = equal_lengths(outputs, most).next_multiple_of(BLOCK);
        let (span, stretches) = (shape.positions + shape.before.max(shape.after), outputs.div_ceil(each));
        // As many short samples as fill their last block best.
        let used = |samples: usize| samples * outputs * 1000 / ((samples - 1) * span + outputs).next_multiple_of(BLOCK);
        let fitting = if stretches > 1 { 1 } else { (2 * most / span).clamp(1, shape.batch) };
        let together = (1..=fitting).max_by_key(|samples| used(*samples)).unwrap_or(1);
        Self { span, each, stretches, together }
    }

    /// Parts of so many samples of one group.
    pub(super) fn parts(&self, samples: usize) -> usize {
        samples.div_ceil(self.together) * self.stretches
    }

    /// One of them.
    pub(super) fn part(&self, shape: &ConvShape, samples: &Range<usize>, group: usize, number: usize) -> Part {
        let from = samples.start + number / self.stretches * self.together;
        let samples = from..(from + self.together).min(samples.end);
        let first = number % self.stretches * self.each;
        let columns = (samples.len() - 1) * self.span + self.each.min(shape.outputs() - first);
        Part { samples, group, first, columns }
    }

    /// The columns of each sample of a part.
    pub(super) fn outputs(
        &self,
        shape: &ConvShape,
        part: &Part,
    ) -> impl Iterator<Item = (usize, Range<usize>)> + Clone + use<> {
        let (span, length) = (self.span, self.each.min(shape.outputs() - part.first));
        part.samples.clone().enumerate().map(move |(place, sample)| (sample, place * span..place * span + length))
    }

    /// The columns of the inputs of each sample of a part, below a width, and the first input: column j holds input `first + j − before`.
    pub(super) fn inputs(
        &self,
        shape: &ConvShape,
        part: &Part,
        width: usize,
    ) -> impl Iterator<Item = (usize, Range<usize>, usize)> + Clone + use<> {
        let (span, first) = (self.span, part.first);
        let start = shape.before.saturating_sub(first);
        let end = (shape.positions + shape.before).saturating_sub(first);
        let input = first.saturating_sub(shape.before);
        part.samples.clone().enumerate().map(move |(place, sample)| {
            let to = (place * span + end).min(width);
            (sample, (place * span + start).min(to)..to, input)
        })
    }
}

impl ConvShape {
    /// Whether tiles are worth it.
    pub(in super::super) fn fits_tiles(&self) -> bool {
        self.group_filters() >= BLOCK && self.group_inputs() * self.taps >= STEP && self.outputs() > 0
    }

    pub(super) fn reach(&self) -> usize {
        (self.taps - 1) * self.dilation
    }

    /// As [`ConvShape::forward`], where tiles are [`available`].
    pub(in super::super) fn forward_tiles(
        &self,
        x: &[f32],
        kernel: &[f32],
        bias: Option<&[f32]>,
        then: Then,
        y: &mut [f32],
    ) {
        let (channels, filters, taps) = (self.group_inputs(), self.group_filters(), self.taps);
        let (pairs, plan) = (channels.div_ceil(2), Plan::new(self, COLUMNS));
        // Taps of a filter one after the other, each with all channels.
        let left = |group: usize| {
            Left::new(filters, taps * pairs * 2, |filter, row| {
                let from = (group * filters + filter) * channels * taps;
                transpose((&kernel[from..], taps), (row, pairs * 2), (channels, taps));
            })
        };
        let lefts: Vec<Left> = (0..self.groups).map(left).collect();
        let (out, parts) = (Shared::new(y), plan.parts(self.batch));
        (0..parts * self.groups).into_par_iter().for_each(|task| {
            let part = plan.part(self, &(0..self.batch), task % self.groups, task / self.groups);
            PLANES.with_borrow_mut(|planes| {
                // SAFETY: outputs of this part belong to this task alone.
                unsafe { self.forward_part(x, &lefts[part.group], (bias, then), (plan, &part), planes, out) };
            });
        });
    }

    /// # Safety
    /// Nobody else uses the outputs of the part.
    unsafe fn forward_part(
        &self,
        x: &[f32],
        left: &Left,
        (bias, then): (Option<&[f32]>, Then),
        (plan, part): (Plan, &Part),
        planes: &mut Vec<Line>,
        out: Shared<'_>,
    ) {
        let (pairs, outputs, filters) = (self.group_inputs().div_ceil(2), self.outputs(), self.group_filters());
        // Whole blocks are read behind the last column; rows do not share places of the first-level cache.
        let width = (part.columns.next_multiple_of(BLOCK) + self.reach()).next_multiple_of(BLOCK) + EDGE;
        let plane = pairs * width;
        let lines = at_least(planes, TERMS * plane / EDGE);
        // SAFETY: the processor has AVX-512, as there is a `Left`.
        unsafe { self.pair_planes(x, (plan, part), width, lines) };
        let words = lines.as_ptr().cast::<u32>();
        let fill = |steps: Range<usize>, block: usize, to: &mut [Line]| {
            // SAFETY: a block's columns lie in the planes at every tap; the processor has AVX-512, as there is a `Left`.
            unsafe { self.neighbourhoods(words.wrapping_add(block * BLOCK), (pairs, width), steps, to) };
        };
        let finish = |row: usize, block: usize, sums: &mut Sums| {
            let first_filter = part.group * filters + row * BLOCK;
            let height = BLOCK.min(filters - row * BLOCK);
            let bias = bias.map_or(&[] as &[f32], |bias| &bias[first_filter..][..height]);
            let before = if then == Then::Silu {
                for (sums, bias) in sums.chunks_exact_mut(BLOCK).zip(bias) {
                    sums.iter_mut().for_each(|sum| *sum += bias);
                }
                then.apply(&mut sums[..height * BLOCK]);
                Before::Rows(&[], false)
            } else {
                Before::Rows(bias, then == Then::Relu)
            };
            let own = block * BLOCK..((block + 1) * BLOCK).min(part.columns);
            for (sample, columns) in plan.outputs(self, part) {
                let (from, to) = (columns.start.max(own.start), columns.end.min(own.end));
                if from >= to {
                    continue;
                }
                let at = (sample * self.filters + first_filter) * outputs + part.first + from - columns.start;
                let to = from - own.start..to - own.start;
                // SAFETY: as the caller promised; there is a `Left`.
                unsafe { write_block(sums, to, height, before, (out.start_of(at), outputs)) };
            }
        };
        left.product(part.columns.div_ceil(BLOCK), fill, finish);
    }

    /// Writes some steps of a block of columns, of planes `[terms, pairs, width]`, in tiles: tap by tap all pairs of channels, and 0 behind them.
    ///
    /// # Safety
    /// The columns lie in the planes at every tap; the processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    unsafe fn neighbourhoods(
        &self,
        words: *const u32,
        (pairs, width): (usize, usize),
        steps: Range<usize>,
        to: &mut [Line],
    ) {
        let (plane, mut row) = (pairs * width, steps.start * PAIRS);
        let (mut tap, mut pair) = (row / pairs, row % pairs);
        for tiles in to.chunks_exact_mut(STEP_LINES) {
            for place in 0..PAIRS {
                let from = words.wrapping_add(pair * width + tap * self.dilation);
                let mask = if row < self.taps * pairs { !0 } else { 0 };
                for (i, line) in tiles[place..].iter_mut().step_by(EDGE).enumerate() {
                    let from = from.wrapping_add(i / 2 * plane + i % 2 * EDGE);
                    // SAFETY: masked lanes are not read; a line of 64 bytes is written.
                    unsafe {
                        _mm512_store_si512((&raw mut *line).cast(), _mm512_maskz_loadu_epi32(mask, from.cast()));
                    }
                }
                (row, pair) = (row + 1, pair + 1);
                if pair == pairs {
                    (tap, pair) = (tap + 1, 0);
                }
            }
        }
    }

    /// Terms of pairs of channels of a part's inputs, `[terms, pairs, width]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn pair_planes(&self, x: &[f32], (plan, part): (Plan, &Part), width: usize, lines: &mut [Line]) {
        let (channels, n) = (self.group_inputs(), self.positions);
        let pairs_of_channels = channels.div_ceil(2);
        let plane = pairs_of_channels * width;
        assert!(lines.len() * EDGE >= TERMS * plane);
        let words = lines.as_mut_ptr().cast::<u32>();
        for pair in 0..pairs_of_channels {
            let rows: [*mut u32; TERMS] = std::array::from_fn(|term| words.wrapping_add(term * plane + pair * width));
            let fill = |columns: Range<usize>| {
                // SAFETY: columns of a row of a plane.
                rows.iter().for_each(|row| unsafe { row.add(columns.start).write_bytes(0, columns.len()) });
            };
            let mut filled = 0;
            for (sample, columns, input) in plan.inputs(self, part, width) {
                if columns.is_empty() {
                    continue;
                }
                fill(filled..columns.start);
                let first = (sample * self.inputs + part.group * channels + 2 * pair) * n + input;
                let second = (2 * pair + 1 < channels).then(|| &x[first + n..][..columns.len()]);
                let first = &x[first..][..columns.len()];
                for i in (0..columns.len()).step_by(EDGE) {
                    let mask = lanes(columns.len() - i);
                    // SAFETY: both rows hold so many values, and masked lanes are not written.
                    unsafe {
                        let second = second.map(|second| second.as_ptr().add(i));
                        let found = pairs(first.as_ptr().add(i), second, mask);
                        for (row, bits) in rows.iter().zip(found) {
                            _mm512_mask_storeu_epi32(row.add(columns.start + i).cast(), mask, bits);
                        }
                    }
                }
                filled = columns.end;
            }
            fill(filled..width);
        }
    }
}
