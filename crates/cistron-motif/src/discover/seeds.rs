//! Words that more positives than negatives have: runs of 6 and 8 letters, and two words of 3 letters with a gap between.

use cistron_stats::fisher;
use rayon::prelude::*;

/// An enriched word.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seed {
    /// Letters; none where any letter may stand.
    letters: Vec<Option<u8>>,
    ln_p: f64,
}

impl Seed {
    /// Frequencies that begin a refinement.
    pub(super) fn columns(&self) -> Vec<[f64; 4]> {
        let column = |letter: &Option<u8>| match letter {
            None => [0.25; 4],
            Some(letter) => std::array::from_fn(|b| if b == usize::from(*letter) { 0.79 } else { 0.07 }),
        };
        self.letters.iter().map(column).collect()
    }
}

/// Lengths of words without a gap.
const LENGTHS: [usize; 2] = [6, 8];
/// Seeds kept of each kind of word.
const PER_KIND: usize = 12;
/// Seeds kept of words with a gap, over all gaps.
const WITH_GAP: usize = 24;

/// The most enriched words of each kind.
pub(super) fn enriched(positives: &[Vec<u8>], negatives: &[Vec<u8>], max_width: usize) -> Vec<Seed> {
    let contiguous = LENGTHS.into_par_iter().flat_map(|length| {
        let all = Shape { first: length, gap: 0, second: 0 }.enriched(positives, negatives);
        all.into_iter().take(PER_KIND).collect::<Vec<_>>()
    });
    let gaps = 1..=max_width.saturating_sub(6).min(14);
    let gapped = gaps.into_par_iter().flat_map(|gap| {
        let all = Shape { first: 3, gap, second: 3 }.enriched(positives, negatives);
        all.into_iter().take(PER_KIND).collect::<Vec<_>>()
    });
    let (mut seeds, mut gapped): (Vec<Seed>, Vec<Seed>) = (contiguous.collect(), gapped.collect());
    gapped.sort_by(|a, b| a.ln_p.total_cmp(&b.ln_p));
    seeds.extend(gapped.into_iter().take(WITH_GAP));
    seeds
}

/// Words of `first` letters, a gap, and `second` letters.
#[derive(Clone, Copy)]
struct Shape {
    first: usize,
    gap: usize,
    second: usize,
}

impl Shape {
    fn letters(self) -> usize {
        self.first + self.second
    }

    /// Enriched words, best first.
    fn enriched(self, positives: &[Vec<u8>], negatives: &[Vec<u8>]) -> Vec<Seed> {
        let (with_1, with_2) = (self.sequences_with(positives), self.sequences_with(negatives));
        let (n1, n2) = (positives.len() as u64, negatives.len() as u64);
        let mut words: Vec<(f64, usize)> = (0..with_1.len())
            .filter(|w| self.is_canonical(*w) && u64::from(with_1[*w]) * n2 > u64::from(with_2[*w]) * n1)
            .map(|w| (fisher::ln_p_greater(with_1[w].into(), n1, with_2[w].into(), n2), w))
            .collect();
        words.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        words.truncate(PER_KIND);
        words.into_iter().map(|(ln_p, w)| Seed { letters: self.spell(w), ln_p }).collect()
    }

    fn spell(self, word: usize) -> Vec<Option<u8>> {
        let letter = |i: usize| Some((word >> (2 * (self.letters() - 1 - i)) & 3) as u8);
        let mut out: Vec<Option<u8>> = (0..self.first).map(letter).collect();
        out.extend(std::iter::repeat_n(None, self.gap));
        out.extend((self.first..self.letters()).map(letter));
        out
    }

    /// The word on the other strand; a shape with two words of one length is its own other side.
    fn other(self, word: usize) -> usize {
        (0..self.letters()).fold(0, |out, i| out << 2 | (3 - (word >> (2 * i) & 3)))
    }

    fn is_canonical(self, word: usize) -> bool {
        word <= self.other(word)
    }

    /// Number of sequences that hold each word, on either strand.
    fn sequences_with(self, sequences: &[Vec<u8>]) -> Vec<u32> {
        let count = 1usize << (2 * self.letters());
        let mut with = vec![0u32; count];
        let mut last = vec![u32::MAX; count];
        let width = self.first + self.gap + self.second;
        for (number, codes) in sequences.iter().enumerate() {
            for window in codes.windows(width) {
                let mut letters = window[..self.first].iter().chain(&window[self.first + self.gap..]);
                let word = letters.try_fold(0usize, |w, c| (*c < 4).then(|| w << 2 | usize::from(*c)));
                let Some(word) = word else { continue };
                let word = word.min(self.other(word));
                if last[word] != number as u32 {
                    last[word] = number as u32;
                    with[word] += 1;
                }
            }
        }
        with
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_once_a_sequence_on_either_strand() {
        let encode = |t: &str| cistron_core::alphabet::encode(t.as_bytes()).unwrap();
        let shape = Shape { first: 3, gap: 2, second: 3 };
        // AAA..CCC twice in the first, as GGG..TTT in the second, broken by N in the third.
        let sequences = ["AAAGTCCCTAAATTCCC", "GGGACTTT", "AAAGTCNC"].map(encode).to_vec();
        let with = shape.sequences_with(&sequences);
        let word = 0b01_0101;
        assert_eq!((with[word], shape.other(word)), (2, 0b1010_1011_1111));
        assert_eq!(shape.spell(word), [0, 0, 0, 9, 9, 1, 1, 1].map(|c| (c < 4).then_some(c)));
        let seeds = enriched(&vec![encode("TTGCATAAGG"); 9], &vec![encode("TTTTTTTTTT"); 9], 20);
        assert!(
            seeds.iter().any(|s| s.letters == encode("ATGCAA").iter().map(|c| Some(*c)).collect::<Vec<_>>()),
            "{seeds:?}"
        );
    }
}
