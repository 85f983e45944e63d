use cistron_core::{Stream, keyed_rng};
use rand::Rng;

/// A number below `bound` from 64 random bits by multiplication (Lemire 2019); the bias is below bound ÷ 2⁶⁴. Written
/// out so that no release of a library changes the order of an epoch.
pub(super) fn below(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// Fisher–Yates shuffle keyed by (seed, epoch).
pub(super) fn shuffle<T>(items: &mut [T], seed: u64, epoch: u64) {
    let mut rng = keyed_rng(seed, Stream::Shuffle, epoch, 0);
    for i in (1..items.len()).rev() {
        items.swap(i, below(rng.next_u64(), i as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_another_permutation() {
        let order = |epoch| {
            let mut items: Vec<u32> = (0..50).collect();
            shuffle(&mut items, 3, epoch);
            items
        };
        assert_eq!(order(0), order(0));
        assert_ne!(order(0), order(1));
        let mut sorted = order(2);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn first_places_are_uniform() {
        let mut counts = [0u32; 4];
        for epoch in 0..4000 {
            let mut items = [0usize, 1, 2, 3];
            shuffle(&mut items, 1, epoch);
            counts[items[0]] += 1;
        }
        // 1000 ± 5 standard deviations of a binomial (27.4)
        assert!(counts.iter().all(|c| c.abs_diff(1000) < 137), "{counts:?}");
    }

    #[test]
    fn below_covers_the_range() {
        assert_eq!((below(0, 5), below(u64::MAX, 5), below(1 << 63, 2)), (0, 4, 1));
    }
}
