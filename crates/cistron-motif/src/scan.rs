use rayon::prelude::*;

use crate::{Pwm, ScoreDistribution};

/// How to scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanOptions {
    /// Largest p-value of a hit.
    pub p_value: f64,
    /// Base frequencies of A, C, G, T.
    pub background: [f64; 4],
    /// Grid of scores in bits.
    pub bin_bits: f64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { p_value: 1e-4, background: [0.25; 4], bin_bits: 0.01 }
    }
}

/// A place that a motif fits better than chance would have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotifHit {
    /// First base, 0-based, on the forward strand.
    pub start_0: usize,
    /// Whether the motif reads on the reverse strand.
    pub reverse: bool,
    /// Log-odds score in bits, on the grid.
    pub score_bits: f64,
    /// Probability of such a score, or a higher one, at one place and strand of random sequence.
    pub p_value: f64,
}

/// A motif prepared for scanning both strands.
#[derive(Debug, Clone)]
pub struct Scanner {
    distribution: ScoreDistribution,
    threshold: Option<i32>,
    /// Per strand: score by position and code; N cannot pass.
    strands: [Vec<[i32; 5]>; 2],
    /// Per strand: the most that positions from here on can add.
    bounds: [Vec<i32>; 2],
}

/// Far below every score, and far from overflowing when summed.
const NEVER: i32 = -1_000_000_000;

impl Scanner {
    /// Prepares a motif.
    pub fn new(pwm: &Pwm, options: &ScanOptions) -> Self {
        let distribution = ScoreDistribution::new(pwm, options.background, options.bin_bits);
        let forward: Vec<[i32; 5]> =
            distribution.columns().iter().map(|[a, c, g, t]| [*a, *c, *g, *t, NEVER]).collect();
        let backward: Vec<[i32; 5]> = forward.iter().rev().map(|[a, c, g, t, n]| [*t, *g, *c, *a, *n]).collect();
        let bound = |strand: &[[i32; 5]]| {
            let mut bounds = vec![0; strand.len() + 1];
            for (i, column) in strand.iter().enumerate().rev() {
                bounds[i] = bounds[i + 1] + column.iter().copied().max().unwrap_or(0);
            }
            bounds
        };
        let bounds = [bound(&forward), bound(&backward)];
        let threshold = distribution.threshold(options.p_value);
        Self { distribution, threshold, strands: [forward, backward], bounds }
    }

    /// Number of positions of the motif.
    pub fn len(&self) -> usize {
        self.strands[0].len()
    }

    /// Whether the motif has no positions.
    pub fn is_empty(&self) -> bool {
        self.strands[0].is_empty()
    }

    /// Places and strands of `codes` that are tested, places with an N included.
    pub fn tests(&self, codes: &[u8]) -> u64 {
        2 * (codes.len() + 1).saturating_sub(self.len()) as u64
    }

    /// The hits by place, the forward strand first. Places with an N are no hits.
    pub fn scan(&self, codes: &[u8]) -> Vec<MotifHit> {
        let (Some(threshold), false) = (self.threshold, self.is_empty()) else { return Vec::new() };
        let mut hits = Vec::new();
        for (start_0, window) in codes.windows(self.len()).enumerate() {
            for (reverse, (strand, bounds)) in self.strands.iter().zip(&self.bounds).enumerate() {
                let Some(score) = score(strand, bounds, window, threshold) else { continue };
                hits.push(MotifHit {
                    start_0,
                    reverse: reverse == 1,
                    score_bits: f64::from(score) * self.distribution.bin_bits(),
                    p_value: self.distribution.p_value(score),
                });
            }
        }
        hits
    }
}

/// The score when it reaches the threshold; gives up as soon as it no longer can.
#[inline]
fn score(strand: &[[i32; 5]], bounds: &[i32], window: &[u8], threshold: i32) -> Option<i32> {
    let mut sum = 0;
    for ((column, code), rest) in strand.iter().zip(window).zip(&bounds[1..]) {
        sum += column[usize::from((*code).min(4))];
        if sum + rest < threshold {
            return None;
        }
    }
    Some(sum)
}

/// A hit in one of several sequences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequenceHit {
    /// Index of the sequence.
    pub sequence: usize,
    /// The hit.
    pub hit: MotifHit,
    /// Its q-value among all places and strands of the motif.
    pub q_value: f64,
}

/// The hits of every motif, by sequence and place, on all cores.
pub fn scan_sequences(motifs: &[Pwm], sequences: &[&[u8]], options: &ScanOptions) -> Vec<Vec<SequenceHit>> {
    let of = |pwm: &Pwm| {
        let scanner = Scanner::new(pwm, options);
        let hits: Vec<(usize, MotifHit)> = sequences
            .par_iter()
            .enumerate()
            .flat_map_iter(|(sequence, codes)| scanner.scan(codes).into_iter().map(move |hit| (sequence, hit)))
            .collect();
        let tests = sequences.iter().map(|codes| scanner.tests(codes)).sum();
        let q = q_values(&hits.iter().map(|(_, hit)| hit.p_value).collect::<Vec<_>>(), tests);
        hits.into_iter().zip(q).map(|((sequence, hit), q_value)| SequenceHit { sequence, hit, q_value }).collect()
    };
    motifs.par_iter().map(of).collect()
}

/// Benjamini–Hochberg q-values of hits out of `tests` tests, in the order of `p_values` (Benjamini and Hochberg 1995). The tests that are no hits
/// had larger p-values.
pub fn q_values(p_values: &[f64], tests: u64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut q = vec![1.0; p_values.len()];
    let mut least = 1.0f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        least = least.min(p_values[i] * tests as f64 / (rank + 1) as f64);
        q[i] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_motifs;
    use cistron_core::alphabet;

    #[test]
    fn both_strands_and_n() {
        let sure = |base: usize| std::array::from_fn(|b| if b == base { 0.97 } else { 0.01 });
        let pwm = Pwm::new("M", "m", [0, 0, 1, 2, 2, 2].map(sure).to_vec());
        let scanner = Scanner::new(&pwm, &ScanOptions { p_value: 3e-4, ..ScanOptions::default() });
        let codes = alphabet::encode(b"TTAACGGGTTCCCGTTNAACGNGG").unwrap();
        let hits = scanner.scan(&codes);
        let places: Vec<_> = hits.iter().map(|h| (h.start_0, h.reverse)).collect();
        assert_eq!(places, [(2, false), (10, true)]);
        // One of 4^6 sequences.
        assert!((hits[0].p_value - 1.0 / 4096.0).abs() < 1e-12);
        assert_eq!(scanner.tests(&codes), 2 * 19);
        assert!(scanner.scan(&codes[..5]).is_empty() && scanner.tests(&codes[..5]) == 0);
    }

    #[test]
    fn hits_are_those_of_the_plain_score() {
        let mut state = 5u64;
        let codes: Vec<u8> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 62) as u8
            })
            .collect();
        for pwm in embedded_motifs() {
            let scanner = Scanner::new(&pwm, &ScanOptions::default());
            let hits = scanner.scan(&codes);
            let expected = 1e-4 * scanner.tests(&codes) as f64;
            assert!((hits.len() as f64) < expected + 6.0 * expected.sqrt() + 3.0, "{}: {}", pwm.name, hits.len());
            for hit in &hits {
                let bits =
                    pwm.score(&codes[hit.start_0..hit.start_0 + pwm.len()], hit.reverse) / std::f64::consts::LN_2;
                assert!((bits - hit.score_bits).abs() <= 0.005 * pwm.len() as f64 && hit.p_value <= 1e-4);
            }
        }
    }

    #[test]
    fn q_values_by_hand() {
        // ranks 1, 3, 2 of 10 tests: 0.01, min(…) = 0.2 · 10 / 3, 0.03 · 10 / 2
        let q = q_values(&[0.001, 0.2, 0.03], 10);
        for (a, b) in q.iter().zip([0.01, 2.0 / 3.0, 0.15]) {
            assert!((a - b).abs() < 1e-12, "{q:?}");
        }
        assert_eq!(q_values(&[0.5, 0.5], 100), [1.0, 1.0]);
        assert!(q_values(&[], 5).is_empty());
    }
}
