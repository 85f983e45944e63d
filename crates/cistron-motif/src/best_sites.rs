use rayon::prelude::*;

use crate::Pwm;
use crate::motif::other_strand;

/// The best place of a motif in a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestSite {
    /// Log-odds score in hundredths of a bit.
    pub centibits: i32,
    /// First base, 0-based, on the forward strand.
    pub start_0: usize,
    /// Whether the motif reads on the reverse strand.
    pub reverse: bool,
}

/// Scores of pairs of neighbours, 25 for two positions of a motif; N fits nowhere.
struct PairScores {
    tables: Vec<[i32; 25]>,
}

/// Far below every score, and far from overflowing when summed.
const NEVER: i32 = -10_000_000;

impl PairScores {
    fn new(columns: &[[i32; 4]]) -> Self {
        let at = |column: Option<&[i32; 4]>, code: usize| match column {
            None => 0,
            Some(c) => c.get(code).copied().unwrap_or(NEVER),
        };
        let table = |pair: &[[i32; 4]]| std::array::from_fn(|i| at(pair.first(), i / 5) + at(pair.get(1), i % 5));
        Self { tables: columns.chunks(2).map(table).collect() }
    }

    #[inline]
    fn score(&self, pairs: &[u8]) -> i32 {
        self.tables.iter().zip(pairs.iter().step_by(2)).map(|(table, pair)| table[usize::from(*pair) % 25]).sum()
    }
}

/// Sequences as 5 · code + next code, so that two positions take one look.
#[derive(Debug, Clone)]
pub(crate) struct PairedSequences {
    sequences: Vec<Vec<u8>>,
}

impl PairedSequences {
    pub(crate) fn new<S: AsRef<[u8]>>(sequences: &[S]) -> Self {
        let pairs = |codes: &S| {
            let codes = codes.as_ref();
            let next = codes.iter().skip(1).chain([&4]);
            codes.iter().zip(next).map(|(a, b)| (*a).min(4) * 5 + (*b).min(4)).collect()
        };
        Self { sequences: sequences.iter().map(pairs).collect() }
    }

    /// The best site of each sequence, the first of equals, forward before reverse; none where the sequence is shorter than the motif
    /// or every place has an N.
    pub(crate) fn best_sites(&self, pwm: &Pwm, frequencies: [f64; 4]) -> Vec<Option<BestSite>> {
        let centibits = |c: &[f64; 4]| [0, 1, 2, 3].map(|b| (100.0 * (c[b] / frequencies[b]).log2()).round() as i32);
        let forward: Vec<[i32; 4]> = pwm.columns().iter().map(centibits).collect();
        let backward = other_strand(&forward);
        let strands = [PairScores::new(&forward), PairScores::new(&backward)];
        let width = pwm.len();
        let of = |pairs: &Vec<u8>| {
            let mut best: Option<BestSite> = None;
            for (start_0, window) in pairs.windows(width).enumerate() {
                for (strand, reverse) in strands.iter().zip([false, true]) {
                    let centibits = strand.score(window);
                    if centibits > NEVER / 2 && best.is_none_or(|b| centibits > b.centibits) {
                        best = Some(BestSite { centibits, start_0, reverse });
                    }
                }
            }
            best
        };
        self.sequences.par_iter().with_min_len(64).map(of).collect()
    }
}

/// The best site of a motif in each sequence (codes), on either strand, as log-odds against base `frequencies`.
pub fn best_sites(pwm: &Pwm, sequences: &[&[u8]], frequencies: [f64; 4]) -> Vec<Option<BestSite>> {
    PairedSequences::new(sequences).best_sites(pwm, frequencies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_motifs;
    use crate::random_letters::random_letters;

    #[test]
    fn the_best_of_all_places() {
        let mut letter = random_letters(3, 53);
        let sequences: Vec<Vec<u8>> = (0..60).map(|i| (0..i * 2).map(|_| letter()).collect()).collect();
        let borrowed: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        for pwm in embedded_motifs() {
            for (codes, best) in sequences.iter().zip(best_sites(&pwm, &borrowed, [0.25; 4])) {
                let places = (codes.len() + 1).saturating_sub(pwm.len());
                let scores = (0..places).flat_map(|i| [false, true].map(|r| pwm.score(&codes[i..i + pwm.len()], r)));
                let most = scores.fold(f64::NEG_INFINITY, f64::max) / std::f64::consts::LN_2;
                match best {
                    None => assert_eq!(most, f64::NEG_INFINITY),
                    Some(site) => {
                        assert!((f64::from(site.centibits) / 100.0 - most).abs() < 0.011 * pwm.len() as f64);
                    }
                }
            }
        }
    }
}
