//! Matrix products over parts of slices.

use gemm::Parallelism;

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
