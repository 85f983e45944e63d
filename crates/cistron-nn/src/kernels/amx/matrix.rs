//! Products of a left matrix with several right ones of the same size.

use super::super::product::Start;
use super::*;

/// A right matrix of neighbouring values: where it starts and the distance of its rows; and where the product goes, likewise.
#[derive(Clone, Copy)]
pub(in super::super) struct Side {
    pub right: (*const f32, usize),
    pub out: (*mut f32, usize),
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
            // SAFETY: as the caller promised; there is a `Left`.
            unsafe { pair_rows((right.wrapping_add(first), stride), (depth, n - first), steps, to) };
        };
        let finish = |row: usize, block: usize, sums: &mut Sums| {
            let (out, stride) = sides[block / each].out;
            let (first, height) = (block % each * BLOCK, BLOCK.min(self.rows - row * BLOCK));
            let before = match start {
                Start::Zero => Before::Rows(&[], false),
                Start::Rows(values) => Before::Rows(&values[row * BLOCK..][..height], false),
                Start::Sum => Before::Sum,
            };
            let to = out.wrapping_add(row * BLOCK * stride + first);
            // SAFETY: as the caller promised.
            unsafe { write_block(sums, 0..BLOCK.min(n - first), height, before, (to, stride)) };
        };
        self.product(sides.len() * each, fill, finish);
    }
}

/// Writes some steps of a block of columns, of a matrix of `depth` rows of which `width` columns are left, in tiles; 0 beyond both.
///
/// # Safety
/// The matrix may be read; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn pair_rows(
    (right, stride): (*const f32, usize),
    (depth, width): (usize, usize),
    steps: Range<usize>,
    to: &mut [Line],
) {
    let masks = [lanes(width), lanes(width.saturating_sub(EDGE))];
    for (step, tiles) in steps.zip(to.chunks_exact_mut(STEP_LINES)) {
        for pair in 0..PAIRS {
            let row = step * STEP + 2 * pair;
            for (half, mask) in masks.into_iter().enumerate() {
                let mask = if row < depth { mask } else { 0 };
                let first = right.wrapping_add(row * stride + half * EDGE);
                let second = (row + 1 < depth).then(|| first.wrapping_add(stride));
                // SAFETY: masked lanes are not read; a line of 64 bytes is written.
                unsafe {
                    for (term, bits) in pairs(first, second, mask).into_iter().enumerate() {
                        _mm512_store_si512((&raw mut tiles[term * BLOCK + half * EDGE + pair]).cast(), bits);
                    }
                }
            }
        }
    }
}
