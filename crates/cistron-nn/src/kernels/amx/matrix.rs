//! Products of a left matrix with several right ones of the same size.

use super::*;

/// A right matrix of neighbouring values: where it starts and the distance of its rows; and where the product goes, likewise.
#[derive(Clone, Copy)]
pub(in super::super) struct Side {
    pub right: (*const f32, usize),
    pub out: (*mut f32, usize),
}

/// What products are added to.
#[derive(Clone, Copy)]
pub(in super::super) enum Start<'a> {
    /// A value for each row, or nothing when there are none.
    Rows(&'a [f32]),
    /// What is there.
    Sum,
}

impl Left {
    /// `out = start + left · right` for each of some right matrices of `depth` rows and `n` columns.
    ///
    /// # Safety
    /// The matrices may be read; nobody else uses `out`, which is initialised for [`Start::Sum`].
    pub(in super::super) unsafe fn multiply(&self, start: Start<'_>, sides: &[Side], (depth, n): (usize, usize)) {
        assert_eq!(depth.div_ceil(STEP), self.steps);
        let each = n.div_ceil(BLOCK);
        let fill = |steps: Range<usize>, block: usize, to: &mut [Line]| {
            let (right, stride) = sides[block / each].right;
            let first = block % each * BLOCK;
            for (step, tiles) in steps.zip(to.chunks_exact_mut(STEP_LINES)) {
                for pair in 0..PAIRS {
                    let row = step * STEP + 2 * pair;
                    for half in 0..2 {
                        let mask = lanes(n.saturating_sub(first + half * EDGE)) & if row < depth { !0 } else { 0 };
                        let from = right.wrapping_add(row * stride + first + half * EDGE);
                        // SAFETY: masked lanes are not read; there is a `Left`.
                        let found = unsafe { pairs(from, (row + 1 < depth).then(|| from.wrapping_add(stride)), mask) };
                        for (term, bits) in found.into_iter().enumerate() {
                            // SAFETY: a line of 64 bytes is written.
                            unsafe {
                                _mm512_store_si512((&raw mut tiles[term * BLOCK + half * EDGE + pair]).cast(), bits)
                            };
                        }
                    }
                }
            }
        };
        let finish = |row: usize, block: usize, sums: &mut Sums| {
            let (out, stride) = sides[block / each].out;
            let (first, height) = (block % each * BLOCK, BLOCK.min(self.rows - row * BLOCK));
            let before = match start {
                Start::Rows(values) => Before::Rows(values.get(row * BLOCK..).unwrap_or_default(), false),
                Start::Sum => Before::Sum,
            };
            let to = out.wrapping_add(row * BLOCK * stride + first);
            // SAFETY: as the caller promised.
            unsafe { write_block(sums, 0..BLOCK.min(n - first), height, before, (to, stride)) };
        };
        self.product(sides.len() * each, fill, finish);
    }
}
