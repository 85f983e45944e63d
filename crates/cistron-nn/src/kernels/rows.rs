//! Sums over a row of values, and slices that threads share.

use std::marker::PhantomData;

use cistron_core::wide;

/// Values of one task of an operation on each of many.
pub(super) const STRETCH: usize = 1 << 14;

/// Partial sums kept side by side, so that the loop vectorises and its order is fixed.
const LANES: usize = 16;

/// Values that several threads write, each its own part.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    start: *mut f32,
    length: usize,
    values: PhantomData<&'a mut [f32]>,
}

// SAFETY: `slice` is only called for parts that no other task touches.
unsafe impl Send for Shared<'_> {}
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(super) fn new(values: &'a mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len(), values: PhantomData }
    }

    /// Where the values from an index on lie.
    pub(super) fn start_of(self, index: usize) -> *mut f32 {
        assert!(index <= self.length);
        // SAFETY: inside the slice or at its end.
        unsafe { self.start.add(index) }
    }

    /// Part of the values.
    ///
    /// # Safety
    /// No other part that is in use at the same time may overlap this one.
    pub(super) unsafe fn slice(self, start: usize, length: usize) -> &'a mut [f32] {
        assert!(start + length <= self.length);
        // SAFETY: inside the slice that `new` was given; apart from others as the caller promised.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }
}

/// Values of a run through memory that the processor foresees.
const RUN: usize = 2048;

/// Neighbouring rows of such a `length` that are worth a task of their own when each sample is gone through anew, at most so many.
pub(super) fn rows_together(length: usize, most: usize) -> usize {
    (RUN / length.max(1)).clamp(1, most)
}

/// Length of the fewest parts of about equal length into which `total` can be cut, none longer than `most`.
pub(super) fn equal_lengths(total: usize, most: usize) -> usize {
    total.div_ceil(total.div_ceil(most).max(1))
}

/// Values that are all written before any of them is read. In tests they begin as NaN, which shows where one is not.
pub(super) fn unset(length: usize) -> Vec<f32> {
    if cfg!(test) {
        return vec![f32::NAN; length];
    }
    let mut values = Vec::with_capacity(length);
    ask_for_large_pages(&mut values);
    // SAFETY: the memory is there, every pattern of bits is a number, and callers write before they read.
    #[allow(clippy::uninit_vec)]
    unsafe {
        values.set_len(length);
    }
    values
}

/// Bytes from which large pages are asked for.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Asks for large pages behind a long vector, whose rows otherwise lie in more pages than the processor knows the places of. Where the system has
/// none this does nothing.
fn ask_for_large_pages(values: &mut Vec<f32>) {
    #[cfg(target_os = "linux")]
    if values.capacity() * size_of::<f32>() >= LARGE {
        const PAGE: usize = 4096;
        let (start, end) = (values.as_ptr() as usize, values.as_ptr() as usize + values.capacity() * size_of::<f32>());
        let (start, end) = (start.next_multiple_of(PAGE), end / PAGE * PAGE);
        // SAFETY: whole pages of the vector's memory; their content stays as it is.
        unsafe {
            libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = values;
}

/// The sum of `of` over the places of some rows, which are as long as `x`.
#[inline(always)]
fn reduce(x: &[f32], of: impl Fn(usize, f32) -> f32) -> f64 {
    let (whole, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (i, chunk) in whole.iter().enumerate() {
        for (lane, (sum, v)) in sums.iter_mut().zip(chunk).enumerate() {
            *sum += of(i * LANES + lane, *v);
        }
    }
    let rest: f32 = rest.iter().enumerate().map(|(i, v)| of(whole.len() * LANES + i, *v)).sum();
    sums.iter().map(|s| f64::from(*s)).sum::<f64>() + f64::from(rest)
}

wide! {
/// Σ x.
pub(super) fn sum(x: &[f32]) -> f64 {
    reduce(x, |_, v| v)
}
}

wide! {
/// Σ (x − mean)².
pub(super) fn sum_of_squares(x: &[f32], mean: f32) -> f64 {
    reduce(x, |_, v| (v - mean) * (v - mean))
}
}

wide! {
/// Σ (x − mean) · y.
pub(super) fn sum_of_products(x: &[f32], y: &[f32], mean: f32) -> f64 {
    let y = &y[..x.len()];
    reduce(x, |i, v| (v - mean) * y[i])
}
}

#[cfg(test)]
pub(super) mod testing {
    /// Numbers in [−0.5, 0.5) that follow from a seed.
    pub(crate) fn numbers(seed: u64, n: usize) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
            })
            .collect()
    }
}
