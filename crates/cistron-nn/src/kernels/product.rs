//! Matrix products over parts of slices: our own for AVX-512, which needs no large matrices to be fast, and the gemm crate's elsewhere.

use gemm::Parallelism;

use super::Precision;
use super::amx::Left;
pub(super) use super::amx::Side;

/// A matrix in memory: where it starts, the distances between rows and between columns.
#[derive(Clone, Copy)]
pub(super) struct Matrix {
    start: *const f32,
    row: usize,
    column: usize,
}

impl Matrix {
    /// Rows of neighbouring values, `stride` apart, from the start of `values`.
    pub(super) fn rows(values: &[f32], stride: usize) -> Self {
        Self { start: values.as_ptr(), row: stride, column: 1 }
    }

    /// Rows as columns.
    pub(super) fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// A left matrix that many products share, laid out once for all of them where that pays.
pub(super) struct Kernel<'a> {
    values: &'a [f32],
    stride: usize,
    rows: usize,
    depth: usize,
    /// Part by part of the depth, group by group of rows, column after column; empty when products take the values as they are.
    packed: Vec<f32>,
    /// In tiles, for products by those.
    tiles: Option<Left>,
}

/// Columns of all its products from which laying a kernel out is made up for.
#[cfg(target_arch = "x86_64")]
const WORTH_PACKING: usize = 128;

/// Rows, depth and columns from which tiles are worth it.
const FEWEST_FOR_TILES: usize = 32;

impl<'a> Kernel<'a> {
    /// `rows` rows of `depth` values, `stride` apart, for products with `columns` columns in all.
    pub(super) fn new(
        values: &'a [f32],
        stride: usize,
        (rows, depth): (usize, usize),
        columns: usize,
        precision: Precision,
    ) -> Self {
        assert!(rows == 0 || values.len() >= (rows - 1) * stride + depth);
        let mut kernel = Self { values, stride, rows, depth, packed: Vec::new(), tiles: None };
        if precision.by_tiles() && rows >= FEWEST_FOR_TILES && depth >= FEWEST_FOR_TILES && columns >= FEWEST_FOR_TILES
        {
            let row = |row: usize, to: &mut [f32]| to.copy_from_slice(&values[row * stride..][..depth]);
            kernel.tiles = Some(Left::new(rows, depth, row));
            return kernel;
        }
        #[cfg(target_arch = "x86_64")]
        if columns >= WORTH_PACKING && is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512.
            kernel.packed = unsafe { avx512::packed(&kernel) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = columns;
        kernel
    }

    fn matrix(&self) -> Matrix {
        Matrix::rows(self.values, self.stride)
    }
}

/// The neighbourhoods of positions of a sequence as the columns of a matrix: row (channel, tap), column p holds
/// `x[channel, first + p + tap · dilation − before]`, 0 outside.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a> {
    /// `[channels, positions]`
    pub x: &'a [f32],
    pub positions: usize,
    pub taps: usize,
    pub dilation: usize,
    pub before: usize,
    pub first: usize,
}

impl Taps<'_> {
    /// The matrix with `length` columns.
    pub(super) fn unfold(&self, length: usize, rows: &mut Vec<f32>) {
        rows.clear();
        rows.reserve(self.x.len() / self.positions.max(1) * self.taps * length);
        for channel in self.x.chunks_exact(self.positions) {
            for tap in 0..self.taps {
                // Column p reads input p + shift.
                let shift = (self.first + tap * self.dilation) as isize - self.before as isize;
                let start = (-shift).clamp(0, length as isize) as usize;
                let end = (self.positions as isize - shift).clamp(start as isize, length as isize) as usize;
                let filled = rows.len();
                rows.resize(filled + start, 0.0);
                if end > start {
                    let from = (shift + start as isize) as usize;
                    rows.extend_from_slice(&channel[from..from + end - start]);
                }
                rows.resize(filled + length, 0.0);
            }
        }
    }
}

/// The right matrix of a product with a [`Kernel`].
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    Matrix(Matrix),
    Taps(Taps<'a>),
}

#[cfg(target_arch = "x86_64")]
impl Right<'_> {
    /// How far a row begins from the place that [`Right::whole`] gives.
    fn place(&self, row: usize) -> isize {
        match self {
            Self::Matrix(matrix) => (row * matrix.row) as isize,
            Self::Taps(taps) => (row / taps.taps * taps.positions + row % taps.taps * taps.dilation) as isize,
        }
    }

    /// Where the first row's values of some columns begin, when those of every row are neighbours and lie in memory.
    fn whole(&self, column: usize, width: usize) -> Option<*const f32> {
        match self {
            Self::Matrix(matrix) => (matrix.column == 1).then(|| matrix.start.wrapping_add(column)),
            Self::Taps(taps) => {
                let first = (taps.first + column).checked_sub(taps.before)?;
                let inside = first + (taps.taps - 1) * taps.dilation + width <= taps.positions;
                inside.then(|| taps.x.as_ptr().wrapping_add(first))
            }
        }
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// Nothing: `out` is overwritten, and may hold anything before.
    Zero,
    /// A value for each row; `out` is overwritten.
    Rows(&'a [f32]),
    /// What `out` holds.
    Sum,
}

/// `out[m, n] = start + kernel[m, k] · right[k, n]`; `out` is where it starts and the distance of its rows.
///
/// # Safety
/// `right` has the kernel's depth and `n` columns; `out` is memory that no other thread uses meanwhile, initialised for [`Start::Sum`].
pub(super) unsafe fn multiply(
    out: (*mut f32, usize),
    start: Start<'_>,
    kernel: &Kernel<'_>,
    right: Right<'_>,
    n: usize,
) {
    if let Start::Rows(values) = start {
        assert!(values.len() >= kernel.rows);
    }
    if let Right::Taps(taps) = right {
        assert!(taps.x.len() == kernel.depth / taps.taps * taps.positions, "the kernel's channels");
    }
    if let (Some(tiles), Right::Matrix(Matrix { start: from, row, column: 1 })) = (&kernel.tiles, right) {
        // SAFETY: as the caller promised.
        return unsafe { tiles.multiply(start, &[Side { right: (from, row), out }], (kernel.depth, n)) };
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        return SCRATCH.with_borrow_mut(|[panel, _]| {
            // SAFETY: as the caller promised; the processor has AVX-512.
            unsafe { avx512::multiply(out, start, kernel, right, n, panel) }
        });
    }
    // SAFETY: as the caller promised.
    unsafe { multiply_portably(out, start, kernel, right, n) };
}

/// [`multiply`] with several right matrices of neighbouring values, each to its own place: the kernel is read once where it does not stay in the cache.
///
/// # Safety
/// As [`multiply`] for each of them.
pub(super) unsafe fn multiply_each(start: Start<'_>, kernel: &Kernel<'_>, sides: &[Side], n: usize) {
    match &kernel.tiles {
        // SAFETY: as the caller promised.
        Some(tiles) => unsafe { tiles.multiply(start, sides, (kernel.depth, n)) },
        None => {
            for side in sides {
                let right = Matrix { start: side.right.0, row: side.right.1, column: 1 };
                // SAFETY: as the caller promised.
                unsafe { multiply(side.out, start, kernel, Right::Matrix(right), n) };
            }
        }
    }
}

thread_local! {
    static UNFOLDED: std::cell::RefCell<Vec<f32>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// # Safety
/// As [`multiply`].
unsafe fn multiply_portably(out: (*mut f32, usize), start: Start<'_>, kernel: &Kernel<'_>, right: Right<'_>, n: usize) {
    for row in 0..kernel.rows {
        let value = match start {
            Start::Zero => 0.0,
            Start::Rows(values) => values[row],
            Start::Sum => break,
        };
        // SAFETY: row `row` of `out` has `n` places.
        (0..n).for_each(|i| unsafe { out.0.add(row * out.1 + i).write(value) });
    }
    let size = (kernel.rows, n, kernel.depth);
    UNFOLDED.with_borrow_mut(|rows| {
        let right = match right {
            Right::Matrix(matrix) => matrix,
            Right::Taps(taps) => {
                taps.unfold(n, rows);
                Matrix::rows(rows, n)
            }
        };
        // SAFETY: as the caller promised.
        unsafe { portable(out, kernel.matrix(), right, size) };
    });
}

/// `out[m, n] += left[m, k] · right[k, n]`; `out` is where it starts and the distance of its rows.
///
/// # Safety
/// The three matrices lie in memory that may be read, and `out` in memory that no other thread uses meanwhile.
pub(super) unsafe fn add_product(
    out: (*mut f32, usize),
    left: Matrix,
    right: Matrix,
    (m, n, k): (usize, usize, usize),
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: as the caller promised; the processor has AVX-512.
        return SCRATCH.with_borrow_mut(|scratch| unsafe { avx512::add_product(out, left, right, (m, n, k), scratch) });
    }
    // SAFETY: as the caller promised.
    unsafe { portable(out, left, right, (m, n, k)) };
}

#[cfg(target_arch = "x86_64")]
thread_local! {
    /// Columns of the right matrix and rows of the left one that are worked on.
    static SCRATCH: std::cell::RefCell<[Vec<f32>; 2]> = const { std::cell::RefCell::new([Vec::new(), Vec::new()]) };
}

/// Adds the product of two square matrices to a third, by the gemm crate (`plain`) or as convolutions do it. For measurements.
pub(crate) fn square_product(left: &[f32], right: &[f32], edge: usize, out: &mut [f32], plain: bool) {
    assert!(left.len() == edge * edge && right.len() == edge * edge && out.len() == edge * edge);
    let (left, right) = (Matrix::rows(left, edge), Matrix::rows(right, edge));
    let (out, size) = ((out.as_mut_ptr(), edge), (edge, edge, edge));
    // SAFETY: whole matrices of these sizes; `out` is ours.
    unsafe { if plain { portable(out, left, right, size) } else { add_product(out, left, right, size) } }
}

/// # Safety
/// As [`add_product`].
unsafe fn portable(out: (*mut f32, usize), left: Matrix, right: Matrix, (m, n, k): (usize, usize, usize)) {
    // SAFETY: as the caller promised.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.0,
            1,
            out.1 as isize,
            true,
            left.start,
            left.column as isize,
            left.row as isize,
            right.start,
            right.column as isize,
            right.row as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::super::rows::{equal_lengths, unset};
    use super::super::transpose::{EDGE, avx512::block};
    use super::{Kernel, Matrix, Right, Start, Taps};

    /// Rows of a tile of the output, as many as leave two registers for the right matrix and one for the left.
    const ROWS: usize = 12;
    /// Values of a register.
    const LANES: usize = 16;
    /// Columns of a tile: two registers.
    const COLUMNS: usize = 2 * LANES;
    /// Length of the sums of a panel, which then fits the first-level cache.
    const DEPTH: usize = 192;
    /// Rows of the left matrix that are worked on together: with [`DEPTH`] they stay in the second-level cache.
    const BLOCK: usize = 40 * ROWS;
    /// Rows of the right matrix that are asked for before they are needed.
    const AHEAD: usize = 24;
    /// Taps whose places are worked out once for all channels.
    const KNOWN_TAPS: usize = 32;
    /// Columns of the output from which laying the left matrix out anew is made up for.
    const WIDE: usize = 512;
    /// Rows so far apart (or a multiple) share the places of the first-level cache.
    const ALIAS: usize = 1024;

    /// Lanes below a width.
    fn lanes(width: usize) -> __mmask16 {
        ((1u32 << width.min(LANES)) - 1) as __mmask16
    }

    /// Where a tile of the output lies, the lanes that belong to it, and what is added.
    #[derive(Clone, Copy)]
    struct Target<'a> {
        out: (*mut f32, usize),
        masks: [__mmask16; 2],
        start: Start<'a>,
    }

    /// Where the rows of a panel come from while it is being filled: the first row's place and how far from it each row begins.
    #[derive(Clone, Copy)]
    struct Source<'a> {
        first: *const f32,
        rows: &'a [isize],
    }

    /// The product of `R` rows of the left matrix with the first `H` registers of each row of a panel, to a tile. `P`: the rows are those of a
    /// group of a [`Kernel`]. `F`: the panel is filled on the way, which costs nothing beside the sums.
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const R: usize, const H: usize, const P: bool, const F: bool>(
        depth: usize,
        left: Matrix,
        mut panel: *mut f32,
        source: Source<'_>,
        target: Target<'_>,
    ) {
        let Target { out, masks, start } = target;
        let mut sums = [[_mm512_setzero_ps(); H]; R];
        let mut at = left.start;
        // What is overwritten comes closer meanwhile; what is added to was written not long before.
        if !matches!(start, Start::Sum) {
            for i in 0..R {
                for place in (0..=H).map(|part| (part * LANES).min(H * LANES - 1)) {
                    _mm_prefetch::<_MM_HINT_ET0>(out.0.wrapping_add(i * out.1 + place).cast());
                }
            }
        }
        // SAFETY: the callers' matrices have `R` rows and `depth` columns, and the panel as many rows; masked lanes are not touched.
        unsafe {
            for step in 0..depth {
                let mut right = [_mm512_setzero_ps(); H];
                if F {
                    let from = source.first.wrapping_offset(*source.rows.get_unchecked(step));
                    let later = source.first.wrapping_offset(*source.rows.get_unchecked((step + AHEAD).min(depth - 1)));
                    _mm_prefetch::<_MM_HINT_T0>(later.cast());
                    _mm_prefetch::<_MM_HINT_T0>(later.wrapping_add(LANES).cast());
                    _mm_prefetch::<_MM_HINT_T0>(later.wrapping_add(COLUMNS - 1).cast());
                    for (half, right) in right.iter_mut().enumerate() {
                        *right = _mm512_maskz_loadu_ps(masks[half], from.wrapping_add(half * LANES));
                        _mm512_storeu_ps(panel.add(half * LANES), *right);
                    }
                } else {
                    for (half, right) in right.iter_mut().enumerate() {
                        *right = _mm512_loadu_ps(panel.add(half * LANES));
                    }
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*at.add(if P { i } else { i * left.row }));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = _mm512_fmadd_ps(value, right, *sum);
                    }
                }
                panel = panel.add(COLUMNS);
                at = at.add(if P { ROWS } else { left.column });
            }
            for (i, sums) in sums.into_iter().enumerate() {
                for (half, sum) in sums.into_iter().enumerate() {
                    let to = out.0.add(i * out.1).wrapping_add(half * LANES);
                    let before = match start {
                        Start::Zero => _mm512_setzero_ps(),
                        Start::Rows(values) => _mm512_set1_ps(*values.get_unchecked(i)),
                        Start::Sum => _mm512_maskz_loadu_ps(masks[half], to),
                    };
                    _mm512_mask_storeu_ps(to, masks[half], _mm512_add_ps(before, sum));
                }
            }
        }
    }

    /// A tile of as many rows and registers as there are; fills the panel when a source is given.
    #[target_feature(enable = "avx512f")]
    unsafe fn tiles<const P: bool>(
        rows: usize,
        depth: usize,
        left: Matrix,
        panel: *mut f32,
        source: Option<Source<'_>>,
        target: Target<'_>,
    ) {
        let wide = target.masks[1] != 0;
        macro_rules! tile_of {
            ($from:expr, $fill:literal, $($rows:literal)*) => {
                match rows {
                    // SAFETY: as the caller promised.
                    $($rows if wide => unsafe { tile::<$rows, 2, P, $fill>(depth, left, panel, $from, target) },)*
                    // SAFETY: as the caller promised.
                    $($rows => unsafe { tile::<$rows, 1, P, $fill>(depth, left, panel, $from, target) },)*
                    _ => {}
                }
            };
        }
        match source {
            Some(source) => tile_of!(source, true, 1 2 3 4 5 6 7 8 9 10 11 12),
            None => {
                let none = Source { first: panel, rows: &[] };
                tile_of!(none, false, 1 2 3 4 5 6 7 8 9 10 11 12);
            }
        }
    }

    /// Lays `depth` rows of up to [`COLUMNS`] columns out one after the other, zeros behind the last column.
    #[target_feature(enable = "avx512f")]
    unsafe fn lay_out(right: Matrix, depth: usize, panel: *mut f32, masks: [__mmask16; 2]) {
        if right.row == 1 {
            let width: usize = masks.iter().map(|mask| mask.count_ones() as usize).sum();
            for row in (0..depth).step_by(EDGE) {
                for column in (0..width).step_by(EDGE) {
                    let size = (EDGE.min(width - column), EDGE.min(depth - row));
                    // SAFETY: the block lies in the matrix, and the panel has room for `depth` rows.
                    unsafe {
                        let from = right.start.add(row + column * right.column);
                        block((from, right.column), (panel.add(row * COLUMNS + column), COLUMNS), size);
                    }
                }
            }
            return;
        }
        let first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let steps = _mm512_mullo_epi32(first, _mm512_set1_epi32(right.column as i32));
        for row in 0..depth {
            for (half, mask) in masks.into_iter().enumerate() {
                // SAFETY: masked lanes are not read; the panel has room for `depth` rows.
                unsafe {
                    let from = right.start.add(row * right.row).wrapping_add(half * LANES * right.column);
                    let values = if right.column == 1 {
                        _mm512_maskz_loadu_ps(mask, from)
                    } else {
                        _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), mask, steps, from)
                    };
                    _mm512_storeu_ps(panel.add(row * COLUMNS + half * LANES), values);
                }
            }
        }
    }

    /// Lays `rows` × `depth` values of the left matrix out in groups of [`ROWS`] rows, column after column; what stands in the place of rows
    /// that the last group lacks is left.
    #[target_feature(enable = "avx512f")]
    unsafe fn lay_out_left(left: Matrix, rows: usize, depth: usize, to: &mut [f32]) {
        for (group, to) in to.chunks_exact_mut(ROWS * depth).take(rows.div_ceil(ROWS)).enumerate() {
            let height = ROWS.min(rows - group * ROWS);
            // SAFETY: the group's rows are the matrix's, which has `depth` columns; `to` has room for all of them.
            unsafe {
                let first = left.start.add(group * ROWS * left.row);
                if left.column == 1 {
                    for column in (0..depth).step_by(EDGE) {
                        let size = (height, EDGE.min(depth - column));
                        let to = to.as_mut_ptr().add(column * ROWS);
                        block((first.add(column), left.row), (to, ROWS), size);
                    }
                    continue;
                }
                for i in 0..height {
                    let row = first.add(i * left.row);
                    for (k, to) in to[i..].iter_mut().step_by(ROWS).enumerate() {
                        *to = *row.add(k * left.column);
                    }
                }
            }
        }
    }

    /// Lengths of the sums of a product, about equal.
    fn part(depth: usize) -> usize {
        equal_lengths(depth, DEPTH).max(1)
    }

    /// The values of a kernel, laid out.
    #[target_feature(enable = "avx512f")]
    pub(super) fn packed(kernel: &Kernel<'_>) -> Vec<f32> {
        let Kernel { rows, depth, .. } = *kernel;
        let (each, height) = (part(depth), rows.next_multiple_of(ROWS));
        let mut packed = unset(height * depth);
        for from in (0..depth).step_by(each) {
            let length = each.min(depth - from);
            // SAFETY: columns `from..from + length` of `rows` rows, as the kernel's values were checked to hold.
            unsafe {
                let matrix = kernel.matrix();
                let part = Matrix { start: matrix.start.add(from), ..matrix };
                lay_out_left(part, rows, length, &mut packed[height * from..height * (from + length)]);
            }
        }
        packed
    }

    /// Rows `from..from + depth` of the neighbourhoods from a column on.
    #[target_feature(enable = "avx512f")]
    unsafe fn lay_out_taps(taps: &Taps<'_>, (from, depth): (usize, usize), column: usize, panel: *mut f32) {
        // Where a tap's values begin and which lanes lie in the sequence: the same for all channels.
        let place = |tap: usize| {
            let at = (taps.first + column + tap * taps.dilation) as isize - taps.before as isize;
            let inside = |start: isize| {
                let within = |limit: isize| limit.clamp(0, LANES as isize) as usize;
                lanes(within(taps.positions as isize - start)) & !lanes(within(-start))
            };
            (at, inside(at), inside(at + LANES as isize))
        };
        let mut known = [(0, 0, 0); KNOWN_TAPS];
        known.iter_mut().take(taps.taps).enumerate().for_each(|(tap, known)| *known = place(tap));
        let (mut channel, mut tap) = (from / taps.taps, from % taps.taps);
        for row in 0..depth {
            let (at, first, second) = if tap < KNOWN_TAPS { known[tap] } else { place(tap) };
            let values = taps.x.as_ptr().wrapping_add(channel * taps.positions).wrapping_offset(at);
            // SAFETY: lanes outside the channel's positions are not read; the panel has room for `depth` rows.
            unsafe {
                let panel = panel.add(row * COLUMNS);
                _mm512_storeu_ps(panel, _mm512_maskz_loadu_ps(first, values));
                _mm512_storeu_ps(panel.add(LANES), _mm512_maskz_loadu_ps(second, values.wrapping_add(LANES)));
            }
            tap += 1;
            if tap == taps.taps {
                (channel, tap) = (channel + 1, 0);
            }
        }
    }

    /// # Safety
    /// As [`super::multiply`], and the processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn multiply(
        out: (*mut f32, usize),
        start: Start<'_>,
        kernel: &Kernel<'_>,
        right: Right<'_>,
        n: usize,
        panel: &mut Vec<f32>,
    ) {
        let (m, k) = (kernel.rows, kernel.depth);
        if let Right::Matrix(right) = &right {
            // Distances between columns go through gathers of 32-bit steps.
            assert!(right.column < i32::MAX as usize / LANES);
        }
        panel.resize(DEPTH * COLUMNS, 0.0);
        let panel = panel.as_mut_ptr();
        let (each, height) = (part(k), m.next_multiple_of(ROWS));
        let mut places = [0isize; DEPTH];
        // A depth of 0 still writes what the product starts from.
        for from in (0..k.max(1)).step_by(each) {
            let depth = each.min(k - from);
            places.iter_mut().zip(from..from + depth).for_each(|(place, row)| *place = right.place(row));
            for column in (0..n).step_by(COLUMNS) {
                let width = COLUMNS.min(n - column);
                let masks = [lanes(width), lanes(width.saturating_sub(LANES))];
                // SAFETY: every part lies in the matrices that the caller promised; the kernel's values are laid out as `packed` does.
                unsafe {
                    let first = right.whole(column, width);
                    let mut source = first.map(|first| Source { first, rows: &places[..depth] });
                    match &right {
                        _ if source.is_some() => {}
                        Right::Matrix(right) => {
                            let start = right.start.add(from * right.row + column * right.column);
                            lay_out(Matrix { start, ..*right }, depth, panel, masks);
                        }
                        Right::Taps(taps) => lay_out_taps(taps, (from, depth), column, panel),
                    }
                    for row in (0..m).step_by(ROWS) {
                        let out = (out.0.add(row * out.1 + column), out.1);
                        let start = match start {
                            _ if from > 0 => Start::Sum,
                            Start::Rows(values) => Start::Rows(&values[row..]),
                            start => start,
                        };
                        let (rows, target) = (ROWS.min(m - row), Target { out, masks, start });
                        if kernel.packed.is_empty() {
                            let matrix = kernel.matrix();
                            let left = Matrix { start: matrix.start.add(row * matrix.row + from), ..matrix };
                            tiles::<false>(rows, depth, left, panel, source.take(), target);
                        } else {
                            let start = kernel.packed.as_ptr().add(from * height + row * depth);
                            let left = Matrix { start, row: 1, column: ROWS };
                            tiles::<true>(rows, depth, left, panel, source.take(), target);
                        }
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`super::add_product`], and the processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn add_product(
        out: (*mut f32, usize),
        left: Matrix,
        right: Matrix,
        (m, n, k): (usize, usize, usize),
        [panel, rows]: &mut [Vec<f32>; 2],
    ) {
        // Distances between columns go through gathers of 32-bit steps.
        assert!(right.column < i32::MAX as usize / LANES);
        panel.resize(DEPTH * COLUMNS, 0.0);
        let panel = panel.as_mut_ptr();
        let anew = n >= WIDE || (n >= 2 * COLUMNS && left.row.is_multiple_of(ALIAS));
        if anew {
            rows.resize(BLOCK * DEPTH, 0.0);
        }
        // Parts of about equal length.
        let each = part(k);
        let places: [isize; DEPTH] = std::array::from_fn(|i| (i * right.row) as isize);
        for from in (0..k).step_by(each) {
            let depth = each.min(k - from);
            for block in (0..m).step_by(BLOCK) {
                let height = BLOCK.min(m - block);
                // SAFETY: every part lies in the matrices that the caller promised.
                let own = unsafe { Matrix { start: left.start.add(block * left.row + from * left.column), ..left } };
                if anew {
                    // SAFETY: `own` has `height` rows and `depth` columns.
                    unsafe { lay_out_left(own, height, depth, rows) };
                }
                for column in (0..n).step_by(COLUMNS) {
                    let width = COLUMNS.min(n - column);
                    let masks = [lanes(width), lanes(width.saturating_sub(LANES))];
                    // SAFETY: as above; `rows` holds `height` rows of `depth` values when they were laid out.
                    unsafe {
                        let start = right.start.add(from * right.row + column * right.column);
                        let mut source = (right.column == 1).then(|| Source { first: start, rows: &places[..depth] });
                        if source.is_none() {
                            lay_out(Matrix { start, ..right }, depth, panel, masks);
                        }
                        for row in (0..height).step_by(ROWS) {
                            let left = if anew {
                                Matrix { start: rows.as_ptr().add(row * depth), row: 1, column: ROWS }
                            } else {
                                Matrix { start: own.start.add(row * own.row), ..own }
                            };
                            let out = (out.0.add((block + row) * out.1 + column), out.1);
                            let target = Target { out, masks, start: Start::Sum };
                            if anew {
                                tiles::<true>(ROWS.min(height - row), depth, left, panel, source.take(), target);
                            } else {
                                tiles::<false>(ROWS.min(height - row), depth, left, panel, source.take(), target);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        /// Both ways, with every orientation, against the definition; nothing outside the product changes.
        #[test]
        fn follows_the_definition(m in 1usize..30, n in prop_oneof![1usize..70, 512usize..560], k in 1usize..400, gap in 0usize..3, turned in any::<[bool; 2]>()) {
            let (left, right) = (numbers(1, m * k), numbers(2, k * n));
            let stride = n + gap;
            let before = numbers(3, m * stride);
            let a = if turned[0] { Matrix::rows(&left, m).transposed() } else { Matrix::rows(&left, k) };
            let b = if turned[1] { Matrix::rows(&right, k).transposed() } else { Matrix::rows(&right, n) };
            let value = |i: usize, j: usize| -> f64 {
                let term = |p: usize| {
                    let a = left[if turned[0] { p * m + i } else { i * k + p }];
                    let b = right[if turned[1] { j * k + p } else { p * n + j }];
                    f64::from(a) * f64::from(b)
                };
                (0..k).map(term).sum::<f64>()
            };
            let (mut dispatched, mut plain) = (before.clone(), before.clone());
            // SAFETY: whole matrices of these sizes.
            unsafe {
                add_product((dispatched.as_mut_ptr(), stride), a, b, (m, n, k));
                portable((plain.as_mut_ptr(), stride), a, b, (m, n, k));
            }
            for y in [dispatched, plain] {
                for (at, (y, before)) in y.iter().zip(&before).enumerate() {
                    let (i, j) = (at / stride, at % stride);
                    let truth = if j < n { f64::from(*before) + value(i, j) } else { f64::from(*before) };
                    prop_assert!((f64::from(*y) - truth).abs() < 1e-5, "{m} {n} {k} at {i}, {j}: {y} {truth}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        /// Kernels laid out and as they are, from nothing, from rows and added, with matrices and with neighbourhoods on the right.
        #[test]
        fn kernels_multiply(
            m in prop_oneof![1usize..30, 30usize..70], n in 1usize..70, channels in 1usize..80, taps in 1usize..6, dilation in 1usize..20,
            start in 0usize..3, shape in (0usize..30, 0usize..5, any::<[bool; 2]>()), tiles in any::<bool>(),
        ) {
            let ((before, first, [plain, packed]), k) = (shape, channels * taps);
            let precision = if tiles { Precision::Bits16 } else { Precision::Float32 };
            let positions = n + 7;
            let (values, x, rows) = (numbers(1, m * k), numbers(2, channels * positions), numbers(4, m));
            let neighbours = Taps { x: &x, positions, taps, dilation, before, first };
            let mut unfolded = Vec::new();
            neighbours.unfold(n, &mut unfolded);
            let right = if plain { Right::Matrix(Matrix::rows(&unfolded, n)) } else { Right::Taps(neighbours) };
            let kernel = Kernel::new(&values, k, (m, k), if packed { 1000 } else { 0 }, precision);
            let old = if start == 2 { numbers(3, m * n) } else { vec![f32::NAN; m * n] };
            let from = [Start::Zero, Start::Rows(&rows), Start::Sum][start];
            let (mut dispatched, mut portable) = (old.clone(), old.clone());
            // SAFETY: whole matrices of these sizes.
            unsafe {
                multiply((dispatched.as_mut_ptr(), n), from, &kernel, right, n);
                multiply_portably((portable.as_mut_ptr(), n), from, &kernel, right, n);
            }
            let truth = |i: usize, j: usize| {
                let term = |p: usize| {
                    let (c, t) = (p / taps, p % taps);
                    let at = (first + j + t * dilation).checked_sub(before).filter(|at| *at < positions);
                    f64::from(values[i * k + p]) * at.map_or(0.0, |at| f64::from(x[c * positions + at]))
                };
                let base = [0.0, f64::from(rows[i]), f64::from(old[i * n + j])][start];
                base + (0..k).map(term).sum::<f64>()
            };
            let truth: Vec<f64> = (0..m * n).map(|at| truth(at / n, at % n)).collect();
            // Tiles take 16 bits twice of each factor: an error that grows with the terms, as the largest sum does.
            let by_tiles = kernel.tiles.is_some() && plain;
            let largest = truth.iter().fold(1.0f64, |most, v| most.max(v.abs()));
            for (y, scale) in [(&dispatched, if by_tiles { largest } else { 1.0 }), (&portable, 1.0)] {
                for (at, (y, truth)) in y.iter().zip(&truth).enumerate() {
                    let off = (f64::from(*y) - truth).abs();
                    prop_assert!(off < 2e-5 * scale, "{m} {n} {k} at {}, {}: {y} {truth}", at / n, at % n);
                }
            }
        }
    }

    /// More rows than a block holds, and rows a multiple of 1,024 values apart.
    #[test]
    fn large_matrices() {
        let (m, n, k) = (500, 70, 1024);
        let (left, right) = (numbers(1, m * k), numbers(2, k * n));
        let (mut y, mut plain) = (vec![0.0f32; m * n], vec![0.0f32; m * n]);
        // SAFETY: whole matrices of these sizes.
        unsafe {
            add_product((y.as_mut_ptr(), n), Matrix::rows(&left, k), Matrix::rows(&right, n), (m, n, k));
            portable((plain.as_mut_ptr(), n), Matrix::rows(&left, k), Matrix::rows(&right, n), (m, n, k));
        }
        assert!(y.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
