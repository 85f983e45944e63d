use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream of random numbers is used for, so that two uses never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Order of samples within an epoch.
    Shuffle = 1,
    /// Reverse complement and random crop of one sample.
    Augment = 2,
    /// Initial weights.
    Weights = 3,
    /// Dropout masks.
    Dropout = 4,
    /// Bootstrap resampling.
    Bootstrap = 5,
    /// Assignment of samples to splits.
    Split = 6,
    /// Choice of non-peak (negative) windows.
    Negatives = 7,
    /// Simulated sequence and signal.
    Simulate = 8,
    /// Subsampling for figures.
    Figure = 9,
    /// Sequence beyond the ends of a known piece.
    Padding = 10,
    /// Shifts of windows in tests of robustness.
    Shift = 11,
    /// Random variants that others are compared with.
    NullVariants = 12,
    /// Parameters of the trials of a sweep.
    Sweep = 20,
    /// Permutations that say what chance gives.
    Permutation = 21,
}

/// A ChaCha8 generator keyed by (seed, stream, a, b): the same key always gives the same numbers, on every
/// machine and in any order of use. `a` and `b` are usually the epoch and the sample.
pub fn keyed_rng(seed: u64, stream: Stream, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, word) in key.chunks_exact_mut(8).zip([seed, stream as u64, a, b]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn the_key_decides_the_numbers() {
        let draw = |a, b| keyed_rng(7, Stream::Augment, a, b).random::<u64>();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        let other = keyed_rng(7, Stream::Shuffle, 1, 2).random::<u64>();
        assert_ne!(draw(1, 2), other);
    }
}
