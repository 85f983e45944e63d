mod packed;
mod prefilter;

use cistron_stats::q_values;
use rayon::prelude::*;

use packed::{Packed, Stretch};
use prefilter::Prefilter;

use crate::motif::other_strand;
use crate::{Background, Pwm, ScoreDistribution};

/// How to scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOptions {
    /// Largest p-value of a hit.
    pub p_value: f64,
    /// Random sequence: scores are against its base frequencies, p-values over its words.
    pub background: Background,
    /// Grid of scores in bits.
    pub bin_bits: f64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { p_value: 1e-4, background: Background::uniform(), bin_bits: 0.01 }
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
    strands: [Strand; 2],
}

/// Scores by position as the motif reads along the forward strand.
#[derive(Debug, Clone)]
struct Strand {
    columns: Vec<[i32; 4]>,
    prefilter: Prefilter,
}

impl Scanner {
    /// Prepares a motif.
    pub fn new(pwm: &Pwm, options: &ScanOptions) -> Self {
        let distribution = ScoreDistribution::new(pwm, &options.background, options.bin_bits);
        let forward = distribution.columns().to_vec();
        let backward = other_strand(&forward);
        let threshold = distribution.threshold(options.p_value);
        let strands = [forward, backward]
            .map(|columns| Strand { prefilter: Prefilter::new(&columns, threshold.unwrap_or(0)), columns });
        Self { distribution, threshold, strands }
    }

    /// Number of positions of the motif.
    pub fn len(&self) -> usize {
        self.distribution.columns().len()
    }

    /// Whether the motif has no positions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Places and strands of `codes` that are tested, places with an N included.
    pub fn tests(&self, codes: &[u8]) -> u64 {
        2 * (codes.len() + 1).saturating_sub(self.len()) as u64
    }

    /// The hits by place, the forward strand first. Places with an N are no hits.
    pub fn scan(&self, codes: &[u8]) -> Vec<MotifHit> {
        let packed = Packed::new(&[codes]);
        let mut hits = Vec::new();
        for stretch in packed.groups(usize::MAX).iter().flatten() {
            self.scan_stretch(&packed, stretch, &mut hits);
        }
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// Adds the hits of a stretch, with the index of their sequence.
    fn scan_stretch(&self, packed: &Packed, stretch: &Stretch, hits: &mut Vec<(usize, MotifHit)>) {
        let (Some(threshold), false) = (self.threshold, self.is_empty()) else { return };
        let run = packed.runs[stretch.run];
        let to = stretch.to.min((run.length + 1).saturating_sub(self.len()));
        if stretch.from >= to {
            return;
        }
        let before = hits.len();
        for (reverse, strand) in [false, true].into_iter().zip(&self.strands) {
            strand.prefilter.candidates(packed, run.offset + stretch.from, run.offset + to, |at| {
                let window = &packed.pairs[at..at + strand.columns.len()];
                let score = strand.columns.iter().zip(window).map(|(column, pair)| column[Packed::base(*pair)]).sum();
                if score >= threshold {
                    let hit = MotifHit {
                        start_0: run.start_0 + at - run.offset,
                        reverse,
                        score_bits: f64::from(score) * self.distribution.bin_bits(),
                        p_value: self.distribution.p_value(score),
                    };
                    hits.push((run.sequence, hit));
                }
            });
        }
        hits[before..].sort_by_key(|(_, hit)| (hit.start_0, hit.reverse));
    }
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

/// Motifs that are scanned while a stretch of sequence is in the cache.
const MOTIFS_TOGETHER: usize = 16;
/// Bases that stay in the cache.
const BASES_TOGETHER: usize = 1 << 17;

/// The hits of every motif, by sequence and place, on all cores: one pass over the sequences for sixteen motifs at a time.
pub fn scan_sequences(motifs: &[Pwm], sequences: &[&[u8]], options: &ScanOptions) -> Vec<Vec<SequenceHit>> {
    let packed = Packed::new(sequences);
    let groups = packed.groups(BASES_TOGETHER);
    let scanners: Vec<Scanner> = motifs.par_iter().map(|pwm| Scanner::new(pwm, options)).collect();
    // Work units: sixteen motifs over sixty-four groups of stretches.
    let unit = |(scanners, groups): (&[Scanner], &[Vec<Stretch>])| {
        let mut hits = vec![Vec::new(); scanners.len()];
        for group in groups {
            for (scanner, hits) in scanners.iter().zip(&mut hits) {
                group.iter().for_each(|stretch| scanner.scan_stretch(&packed, stretch, hits));
            }
        }
        hits
    };
    let units: Vec<(&[Scanner], &[Vec<Stretch>])> =
        scanners.chunks(MOTIFS_TOGETHER).flat_map(|s| groups.chunks(64).map(move |g| (s, g))).collect();
    let found: Vec<Vec<Vec<(usize, MotifHit)>>> = units.into_par_iter().map(unit).collect();
    let per_motifs = groups.len().div_ceil(64);
    let mut hits: Vec<Vec<(usize, MotifHit)>> = vec![Vec::new(); motifs.len()];
    for (i, parts) in found.into_iter().enumerate() {
        let first = i / per_motifs * MOTIFS_TOGETHER;
        for (hits, part) in hits[first..].iter_mut().zip(parts) {
            if hits.is_empty() {
                *hits = part;
            } else {
                hits.extend(part);
            }
        }
    }
    let with_q = |(hits, scanner): (Vec<(usize, MotifHit)>, &Scanner)| {
        let tests = sequences.iter().map(|codes| scanner.tests(codes)).sum();
        let q = q_values(&hits.iter().map(|(_, hit)| hit.p_value).collect::<Vec<_>>(), tests);
        hits.into_iter().zip(q).map(|((sequence, hit), q_value)| SequenceHit { sequence, hit, q_value }).collect()
    };
    hits.into_par_iter().zip(&scanners).map(with_q).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_motifs;
    use crate::random_letters::random_letters;
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
        let mut letter = random_letters(5, 0);
        let codes: Vec<u8> = (0..20_000).map(|_| letter()).collect();
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

    /// Sequences of every length with N between, against a scan of each by definition.
    #[test]
    fn many_sequences_are_scanned_as_one() {
        let mut letter = random_letters(11, 97);
        let sequences: Vec<Vec<u8>> = (0..200).map(|i| (0..i * 3).map(|_| letter()).collect()).collect();
        let borrowed: Vec<&[u8]> = sequences.iter().map(Vec::as_slice).collect();
        let options = ScanOptions { p_value: 1e-3, ..ScanOptions::default() };
        let motifs = embedded_motifs();
        let found = scan_sequences(&motifs, &borrowed, &options);
        for (pwm, hits) in motifs.iter().zip(&found) {
            let distribution = ScoreDistribution::new(pwm, &options.background, options.bin_bits);
            let threshold = distribution.threshold(options.p_value).unwrap();
            let mut expected = Vec::new();
            for (sequence, codes) in sequences.iter().enumerate() {
                for (start_0, window) in codes.windows(pwm.len()).enumerate().filter(|(_, w)| w.iter().all(|c| *c < 4))
                {
                    let forward: i32 = distribution.columns().iter().zip(window).map(|(c, b)| c[usize::from(*b)]).sum();
                    let backward: i32 = distribution
                        .columns()
                        .iter()
                        .zip(window.iter().rev())
                        .map(|(c, b)| c[usize::from(3 - *b)])
                        .sum();
                    for (reverse, score) in [(false, forward), (true, backward)] {
                        if score >= threshold {
                            expected.push((sequence, start_0, reverse, distribution.p_value(score)));
                        }
                    }
                }
            }
            let found: Vec<_> =
                hits.iter().map(|h| (h.sequence, h.hit.start_0, h.hit.reverse, h.hit.p_value)).collect();
            assert_eq!(found, expected, "{}", pwm.name);
            assert!(!found.is_empty());
        }
    }
}
