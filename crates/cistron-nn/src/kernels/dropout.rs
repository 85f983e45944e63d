//! Dropout with keyed masks.

use cistron_core::wide;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::rows::unset;

/// Values that one ChaCha stream decides on, so that a mask does not depend on the number of threads.
const STRETCH: usize = 1 << 14;

/// The key of one mask: a generator at its start and the number of the mask.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    /// Generator of the training step.
    pub base: ChaCha8Rng,
    /// Which mask of the step this is.
    pub number: u64,
    /// A value is dropped when a 16-bit number falls below this.
    pub threshold: u16,
}

impl Mask {
    /// What kept values are multiplied by: the reciprocal of the kept share.
    pub(crate) fn scale(&self) -> f32 {
        (65536.0 / f64::from(65536 - u32::from(self.threshold))) as f32
    }

    /// `x` with dropped values as 0 and kept ones scaled, and for each value whether it was kept (1) or not (0).
    pub(crate) fn apply(&self, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
        let (mut y, mut kept) = (unset(x.len()), vec![0u8; x.len()]);
        let parts = y.par_chunks_mut(STRETCH).zip(kept.par_chunks_mut(STRETCH)).zip(x.par_chunks(STRETCH));
        parts.enumerate().for_each(|(stretch, ((y, kept), x))| {
            let mut rng = self.base.clone();
            rng.set_stream(self.number << 32 | stretch as u64);
            let mut bytes = [0; 2048];
            for ((y, kept), x) in y.chunks_mut(1024).zip(kept.chunks_mut(1024)).zip(x.chunks(1024)) {
                let bytes = &mut bytes[..2 * y.len()];
                rng.fill_bytes(bytes);
                decide(bytes, self.threshold, kept);
                keep(x, kept, self.scale(), y);
            }
        });
        (y, kept)
    }

    /// The input gradient of an output gradient, with what [`Mask::apply`] kept.
    pub(crate) fn gradient(&self, dy: &[f32], kept: &[u8]) -> Vec<f32> {
        let mut dx = unset(dy.len());
        dx.par_chunks_mut(STRETCH)
            .zip(dy.par_chunks(STRETCH).zip(kept.par_chunks(STRETCH)))
            .for_each(|(dx, (dy, kept))| keep(dy, kept, self.scale(), dx));
        dx
    }
}

wide! {
/// 1 where a 16-bit number, little-endian, reaches the threshold.
fn decide(numbers: &[u8], threshold: u16, kept: &mut [u8]) {
    for (kept, pair) in kept.iter_mut().zip(numbers.chunks_exact(2)) {
        *kept = u8::from(u16::from_le_bytes([pair[0], pair[1]]) >= threshold);
    }
}
}

wide! {
fn keep(x: &[f32], kept: &[u8], scale: f32, y: &mut [f32]) {
    for ((y, x), kept) in y.iter_mut().zip(x).zip(kept) {
        *y = if *kept == 0 { 0.0 } else { x * scale };
    }
}
}
