//! Kernel gradients by tiles: the sums go over positions, so that left tiles are channels of the input as they lie in memory, each tap at its
//! offset, and right tiles are output gradients, turned.

use std::ops::Range;

use super::super::ConvShape;
use super::super::rows::unset;
use super::super::transpose::avx512::block as turn;
use super::convolution::{Part, Plan};
use super::*;

/// Columns whose products are summed before the sums are stored.
const COLUMNS: usize = 512;
/// Filters whose tiles are made at a time.
const FILTERS: usize = 8 * BLOCK;

#[derive(Default)]
struct Planes {
    x: Vec<Line>,
    dy: Vec<Line>,
    right: Vec<Line>,
}

thread_local! {
    static PLANES: RefCell<Planes> = RefCell::default();
}

/// Rows of some kinds as terms, `[terms, rows, width]` of 16 bits, two to a word.
struct Rows<'a> {
    values: &'a [f32],
    /// Rows of a sample, the first of a group's, and how many of those there are.
    all: usize,
    first: usize,
    count: usize,
    /// Values of a row.
    length: usize,
    width: usize,
}

impl Rows<'_> {
    fn lines(&self) -> usize {
        TERMS * self.count.next_multiple_of(BLOCK) * self.width / STEP
    }

    /// Writes all terms; `samples` gives the columns of each sample and its first value there. 0 elsewhere, and in rows up to a multiple of a block.
    ///
    /// # Safety
    /// The processor has AVX-512.
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn write(&self, samples: impl Iterator<Item = (usize, Range<usize>, usize)> + Clone, to: &mut [Line]) {
        let plane = self.count.next_multiple_of(BLOCK) * self.width;
        assert!(self.lines() <= to.len());
        let halves = to.as_mut_ptr().cast::<u16>();
        for i in 0..self.count.next_multiple_of(BLOCK) {
            let rows: [*mut u16; TERMS] =
                std::array::from_fn(|term| halves.wrapping_add(term * plane + i * self.width));
            let fill = |columns: Range<usize>| {
                // SAFETY: columns of a row of a plane.
                rows.iter().for_each(|row| unsafe { row.add(columns.start).write_bytes(0, columns.len()) });
            };
            if i >= self.count {
                fill(0..self.width);
                continue;
            }
            let mut filled = 0;
            for (sample, columns, first) in samples.clone() {
                if columns.is_empty() {
                    continue;
                }
                fill(filled..columns.start);
                let values =
                    &self.values[(sample * self.all + self.first + i) * self.length + first..][..columns.len()];
                for (part, values) in values.chunks(STEP).enumerate() {
                    let mask = ((1u64 << values.len()) - 1) as __mmask32;
                    // SAFETY: masked lanes are not written.
                    unsafe {
                        let found = neighbours(values.as_ptr(), values.len());
                        for (row, bits) in rows.iter().zip(found) {
                            _mm512_mask_storeu_epi16(row.add(columns.start + part * STEP).cast(), mask, bits);
                        }
                    }
                }
                filled = columns.end;
            }
            fill(filled..self.width);
        }
    }
}

impl ConvShape {
    /// Values of a part of the gradient.
    pub(in super::super) fn tile_sums(&self) -> usize {
        let blocks = self.group_inputs().div_ceil(BLOCK) * self.group_filters().div_ceil(BLOCK);
        self.groups * self.taps * blocks * BLOCK_VALUES
    }

    /// Some samples' part of the gradient, where tiles are [`available`]: `[groups, taps, blocks of channels, blocks of filters, block]`.
    pub(in super::super) fn kernel_gradient_tiles(&self, samples: Range<usize>, x: &[f32], dy: &[f32]) -> Vec<f32> {
        assert!(available() && !samples.is_empty());
        let mut total = unset(self.tile_sums());
        let plan = Plan::new(self, COLUMNS);
        PLANES.with_borrow_mut(|planes| {
            for (group, total) in total.chunks_exact_mut(self.tile_sums() / self.groups).enumerate() {
                for number in 0..plan.parts(samples.len()) {
                    let part = plan.part(self, &samples, group, number);
                    self.add_part(x, dy, (plan, &part), planes, (total, number == 0));
                }
            }
        });
        total
    }

    fn add_part(
        &self,
        x: &[f32],
        dy: &[f32],
        (plan, part): (Plan, &Part),
        planes: &mut Planes,
        (total, fresh): (&mut [f32], bool),
    ) {
        let (channels, filters) = (self.group_inputs(), self.group_filters());
        let steps = part.columns.div_ceil(STEP);
        // Rows of both begin in lines of their own and do not share places of the first-level cache.
        let apart = |width: usize| width.next_multiple_of(STEP) + STEP * (1 - width.div_ceil(STEP) % 2);
        let (x_width, dy_width) = (apart(steps * STEP + self.reach()), apart(steps * STEP));
        let inputs = plan.inputs(self, part, x_width);
        let outputs = plan.outputs(self, part).map(|(sample, columns)| (sample, columns, part.first));
        let x = Rows {
            values: x,
            all: self.inputs,
            first: part.group * channels,
            count: channels,
            length: self.positions,
            width: x_width,
        };
        let dy = Rows {
            values: dy,
            all: self.filters,
            first: part.group * filters,
            count: filters,
            length: self.outputs(),
            width: dy_width,
        };
        let x_lines = at_least(&mut planes.x, x.lines());
        let dy_lines = at_least(&mut planes.dy, dy.lines());
        // SAFETY: tiles are available, so the processor has AVX-512.
        unsafe {
            x.write(inputs, x_lines);
            dy.write(outputs, dy_lines);
        }
        let (down, across) = (channels.div_ceil(BLOCK), filters.div_ceil(BLOCK));
        let layout =
            Layout { row: 2 * x_width, half: 2 * x_width * EDGE, term: 2 * x_width * down * BLOCK, step: 2 * STEP };
        for first in (0..across).step_by(FILTERS / BLOCK) {
            let count = (FILTERS / BLOCK).min(across - first);
            let right = at_least(&mut planes.right, count * steps * STEP_LINES);
            for (i, tiles) in right.chunks_exact_mut(STEP_LINES).enumerate() {
                let (block, step) = (first + i / steps, i % steps);
                for place in 0..2 * TERMS {
                    let (term, half) = (place / 2, place % 2);
                    let row = (term * across + block) * BLOCK + half * EDGE;
                    let from = dy_lines.as_ptr().cast::<f32>().wrapping_add((row * dy_width + step * STEP) / 2);
                    // SAFETY: sixteen rows of sixteen pairs of positions, moved as they are; a tile is written.
                    unsafe {
                        turn((from, dy_width / 2), (tiles[place * EDGE..].as_mut_ptr().cast(), EDGE), (EDGE, EDGE))
                    };
                }
            }
            // SAFETY: tiles are available.
            let _tiles = unsafe { Tiles::new() };
            for tap in 0..self.taps {
                for row in 0..down {
                    let left = x_lines.as_ptr().cast::<u16>().wrapping_add(row * BLOCK * x_width + tap * self.dilation);
                    for block in 0..count {
                        let sums = total[((tap * down + row) * across + first + block) * BLOCK_VALUES..].as_mut_ptr();
                        let next = [sums.wrapping_add(BLOCK_VALUES).cast::<Line>().cast_const(); 2];
                        let right = right[block * steps * STEP_LINES..].as_ptr();
                        // SAFETY: rows of the plane hold all steps at every tap; a block of sums is ours.
                        unsafe {
                            add_steps(
                                LeftTiles { start: left.cast(), layout, count: channels - row * BLOCK },
                                right,
                                steps,
                                (sums, fresh),
                                next,
                            )
                        };
                    }
                }
            }
        }
    }

    /// The kernel gradient of the sum of [`ConvShape::kernel_gradient_tiles`].
    pub(in super::super) fn of_tile_sums(&self, total: &[f32]) -> Vec<f32> {
        let (channels, filters, taps) = (self.group_inputs(), self.group_filters(), self.taps);
        let (down, across) = (channels.div_ceil(BLOCK), filters.div_ceil(BLOCK));
        let mut out = unset(self.filters * channels * taps);
        for (total, out) in
            total.chunks_exact(total.len() / self.groups).zip(out.chunks_exact_mut(filters * channels * taps))
        {
            out.par_chunks_mut(BLOCK * channels * taps).enumerate().for_each(|(block, out)| {
                for row in 0..down {
                    for tap in 0..taps {
                        let sums = &total[((tap * down + row) * across + block) * BLOCK_VALUES..][..BLOCK_VALUES];
                        for (f, out) in out.chunks_exact_mut(channels * taps).enumerate() {
                            let of = sums[f..].iter().step_by(BLOCK);
                            let to = out[row * BLOCK * taps + tap..].iter_mut().step_by(taps);
                            to.zip(of).for_each(|(to, sum)| *to = *sum);
                        }
                    }
                }
            });
        }
        out
    }
}
