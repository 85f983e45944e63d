//! Dropout with keyed masks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

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

    /// Calls `then` with every stretch of `x`, of `y` and of the numbers that decide.
    fn each(&self, x: &[f32], y: &mut [f32], then: impl Fn(&[u8], &[f32], &mut [f32]) + Sync) {
        y.par_chunks_mut(STRETCH).zip(x.par_chunks(STRETCH)).enumerate().for_each(|(stretch, (y, x))| {
            let mut rng = self.base.clone();
            rng.set_stream(self.number << 32 | stretch as u64);
            let mut bytes = [0; 2048];
            for (y, x) in y.chunks_mut(1024).zip(x.chunks(1024)) {
                let bytes = &mut bytes[..2 * y.len()];
                rng.fill_bytes(bytes);
                then(bytes, x, y);
            }
        });
    }

    /// `x` with dropped values as 0 and kept ones scaled. Applied to an output gradient it gives the input gradient.
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let (scale, threshold) = (self.scale(), self.threshold);
        let mut y = vec![0.0f32; x.len()];
        self.each(x, &mut y, |bytes, x, y| {
            for ((y, x), pair) in y.iter_mut().zip(x).zip(bytes.chunks_exact(2)) {
                *y = if u16::from_le_bytes([pair[0], pair[1]]) < threshold { 0.0 } else { x * scale };
            }
        });
        y
    }
}
