//! Rows to columns, sixteen by sixteen in registers where the processor has them.

use rayon::prelude::*;

use super::rows::unset;

/// Rows and columns that are turned together.
pub(super) const EDGE: usize = 16;

/// `to[c · to_stride + r] = from[r · from_stride + c]` for rows r and columns c of a matrix.
pub(super) fn transpose(
    (from, from_stride): (&[f32], usize),
    (to, to_stride): (&mut [f32], usize),
    (rows, columns): (usize, usize),
) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(from.len() >= (rows - 1) * from_stride + columns && to.len() >= (columns - 1) * to_stride + rows);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        for row in (0..rows).step_by(EDGE) {
            for column in (0..columns).step_by(EDGE) {
                let size = (EDGE.min(rows - row), EDGE.min(columns - column));
                // SAFETY: the block lies in both slices, as was asserted, and the processor has AVX-512.
                unsafe {
                    let from = from.add(row * from_stride + column);
                    avx512::block((from, from_stride), (to.add(column * to_stride + row), to_stride), size);
                }
            }
        }
        return;
    }
    for (row, from) in from.chunks(from_stride).take(rows).enumerate() {
        to[row..].iter_mut().step_by(to_stride).zip(&from[..columns]).for_each(|(to, value)| *to = *value);
    }
}

/// Rows of a turned matrix of one task.
const STRETCH: usize = 64;

/// A matrix of so many columns with its rows as columns.
pub(crate) fn turned(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns.max(1);
    let mut out = unset(matrix.len());
    out.par_chunks_mut((STRETCH * rows).max(1)).enumerate().for_each(|(part, out)| {
        let size = (rows, out.len() / rows);
        transpose((&matrix[part * STRETCH..], columns), (out, rows), size);
    });
    out
}

#[cfg(target_arch = "x86_64")]
pub(super) mod avx512 {
    use std::arch::x86_64::*;

    use super::EDGE;

    /// A block of at most sixteen rows and columns, from and to rows that lie some values apart.
    ///
    /// # Safety
    /// The block may be read at one place and written, turned, at the other; the processor has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub(in super::super) unsafe fn block(
        (from, from_stride): (*const f32, usize),
        (to, to_stride): (*mut f32, usize),
        (rows, columns): (usize, usize),
    ) {
        let lanes = |count: usize| ((1u32 << count) - 1) as __mmask16;
        let (read, written) = (lanes(columns), lanes(rows));
        let mut values = [_mm512_setzero_ps(); EDGE];
        for (row, value) in values.iter_mut().enumerate() {
            // SAFETY: rows that there are not are not read.
            let mask = if row < rows { read } else { 0 };
            *value = unsafe { _mm512_maskz_loadu_ps(mask, from.wrapping_add(row * from_stride)) };
        }
        for (column, value) in turned(values).into_iter().enumerate().take(columns) {
            // SAFETY: as the caller promised.
            unsafe { _mm512_mask_storeu_ps(to.add(column * to_stride), written, value) };
        }
    }

    /// Lane c of row r to lane r of row c.
    #[target_feature(enable = "avx512f")]
    #[inline]
    pub(in super::super) fn turned(rows: [__m512; EDGE]) -> [__m512; EDGE] {
        let double = |a: __m512| _mm512_castps_pd(a);
        let single = |a: __m512d| _mm512_castpd_ps(a);
        // Pairs of rows, then fours: within each 128 bits four rows of one column.
        let mut fours = [_mm512_setzero_ps(); EDGE];
        for i in (0..EDGE).step_by(4) {
            let (low_a, high_a) = (_mm512_unpacklo_ps(rows[i], rows[i + 1]), _mm512_unpackhi_ps(rows[i], rows[i + 1]));
            let (low_b, high_b) =
                (_mm512_unpacklo_ps(rows[i + 2], rows[i + 3]), _mm512_unpackhi_ps(rows[i + 2], rows[i + 3]));
            fours[i] = single(_mm512_unpacklo_pd(double(low_a), double(low_b)));
            fours[i + 1] = single(_mm512_unpackhi_pd(double(low_a), double(low_b)));
            fours[i + 2] = single(_mm512_unpacklo_pd(double(high_a), double(high_b)));
            fours[i + 3] = single(_mm512_unpackhi_pd(double(high_a), double(high_b)));
        }
        // `fours[4 g + j]` holds, in its quarter q, column 4 q + j of rows 4 g to 4 g + 3.
        let mut out = [_mm512_setzero_ps(); EDGE];
        for j in 0..4 {
            let even_a = _mm512_shuffle_f32x4::<0b10_00_10_00>(fours[j], fours[4 + j]);
            let odd_a = _mm512_shuffle_f32x4::<0b11_01_11_01>(fours[j], fours[4 + j]);
            let even_b = _mm512_shuffle_f32x4::<0b10_00_10_00>(fours[8 + j], fours[12 + j]);
            let odd_b = _mm512_shuffle_f32x4::<0b11_01_11_01>(fours[8 + j], fours[12 + j]);
            out[j] = _mm512_shuffle_f32x4::<0b10_00_10_00>(even_a, even_b);
            out[8 + j] = _mm512_shuffle_f32x4::<0b11_01_11_01>(even_a, even_b);
            out[4 + j] = _mm512_shuffle_f32x4::<0b10_00_10_00>(odd_a, odd_b);
            out[12 + j] = _mm512_shuffle_f32x4::<0b11_01_11_01>(odd_a, odd_b);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_become_columns(rows in 1usize..50, columns in 1usize..50, gaps in (0usize..3, 0usize..3)) {
            let (from_stride, to_stride) = (columns + gaps.0, rows + gaps.1);
            let from = numbers(1, rows * from_stride);
            let mut to = vec![f32::NAN; columns * to_stride];
            transpose((&from, from_stride), (&mut to, to_stride), (rows, columns));
            for (at, value) in to.iter().enumerate() {
                let (c, r) = (at / to_stride, at % to_stride);
                if r < rows {
                    prop_assert_eq!(*value, from[r * from_stride + c]);
                } else {
                    prop_assert!(value.is_nan(), "written beside the matrix");
                }
            }
        }
    }
}
