//! Enrichment of motifs in one set of sequences against another, as SEA does (Bailey and Grant 2021): the best site of each sequence,
//! a threshold, Fisher's exact test.

use cistron_core::{Stream, keyed_rng};
use cistron_stats::{fisher, rank_sum};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::Pwm;
use crate::best_sites::PairedSequences;
use cistron_stats::q_values;

/// How to test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnrichOptions {
    /// Share of the sequences that the threshold is chosen on; p-values come from the rest, so that the choice does not flatter them.
    pub threshold_share: f64,
    /// Base frequencies for log-odds scores.
    pub frequencies: [f64; 4],
    /// Seed of the division.
    pub seed: u64,
}

impl Default for EnrichOptions {
    fn default() -> Self {
        Self { threshold_share: 0.5, frequencies: [0.25; 4], seed: 1 }
    }
}

/// How a motif differs between the sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrichment {
    /// Index of the motif.
    pub motif: usize,
    /// Score (bits) that counts as a site: the one with the smallest p-value on the sequences that choose it.
    pub threshold_bits: f64,
    /// Positive sequences with a site, of those that are tested.
    pub positives_with: u64,
    /// Positive sequences that are tested.
    pub positives: u64,
    /// Negative sequences with a site, of those that are tested.
    pub negatives_with: u64,
    /// Negative sequences that are tested.
    pub negatives: u64,
    /// Natural logarithm of the one-sided p-value of Fisher's exact test on the tested sequences.
    pub ln_p_value: f64,
    /// Benjamini–Hochberg q-value over the motifs.
    pub q_value: f64,
    /// Rank-sum test over all sequences, which needs no threshold: one-sided p-value and area under the ROC curve. None when all scores
    /// are equal.
    pub rank_sum: Option<(f64, f64)>,
}

impl Enrichment {
    /// (share of positives with a site) / (share of negatives with one), one sequence added to each count as SEA does.
    pub fn ratio(&self) -> f64 {
        let share = |with: u64, all: u64| (with + 1) as f64 / (all + 1) as f64;
        share(self.positives_with, self.positives) / share(self.negatives_with, self.negatives)
    }
}

/// Tests every motif; results in the order of the motifs.
///
/// # Panics
/// If there are fewer than two sequences in a set, or the share does not lie in (0, 1).
pub fn enrich(motifs: &[Pwm], positives: &[&[u8]], negatives: &[&[u8]], options: &EnrichOptions) -> Vec<Enrichment> {
    assert!(positives.len() > 1 && negatives.len() > 1, "each set has at least two sequences");
    assert!(options.threshold_share > 0.0 && options.threshold_share < 1.0, "the share lies in (0, 1)");
    let choose = |n: usize, set: u64| {
        let count = ((n as f64 * options.threshold_share).round() as usize).clamp(1, n - 1);
        let mut chosen = vec![false; n];
        chosen[..count].fill(true);
        chosen.shuffle(&mut keyed_rng(options.seed, Stream::Split, set, 0));
        chosen
    };
    let (choosing_1, choosing_2) = (choose(positives.len(), 0), choose(negatives.len(), 1));
    let (first, second) = (PairedSequences::new(positives), PairedSequences::new(negatives));
    let one = |(motif, pwm): (usize, &Pwm)| {
        let scores = |set: &PairedSequences| -> Vec<i32> {
            let sites = set.best_sites(pwm, options.frequencies);
            sites.into_iter().map(|s| s.map_or(i32::MIN, |s| s.centibits)).collect()
        };
        let (scores_1, scores_2) = (scores(&first), scores(&second));
        let part = |scores: &[i32], choosing: &[bool], wanted: bool| -> Vec<i32> {
            scores.iter().zip(choosing).filter(|(_, c)| **c == wanted).map(|(s, _)| *s).collect()
        };
        let (threshold, _) = best_threshold(&part(&scores_1, &choosing_1, true), &part(&scores_2, &choosing_2, true));
        let (test_1, test_2) = (part(&scores_1, &choosing_1, false), part(&scores_2, &choosing_2, false));
        let (with_1, with_2) = (reaching(&test_1, threshold), reaching(&test_2, threshold));
        let (n1, n2) = (test_1.len() as u64, test_2.len() as u64);
        let floats = |scores: &[i32]| scores.iter().map(|s| f64::from(*s)).collect::<Vec<_>>();
        Enrichment {
            motif,
            threshold_bits: f64::from(threshold) / 100.0,
            positives_with: with_1,
            positives: n1,
            negatives_with: with_2,
            negatives: n2,
            ln_p_value: fisher::ln_p_greater(with_1, n1, with_2, n2),
            q_value: 1.0,
            rank_sum: rank_sum::greater(&floats(&scores_1), &floats(&scores_2)).ok(),
        }
    };
    let mut found: Vec<Enrichment> = motifs.par_iter().enumerate().map(one).collect();
    let q = q_values(&found.iter().map(|e| e.ln_p_value.exp()).collect::<Vec<_>>(), motifs.len() as u64);
    found.iter_mut().zip(q).for_each(|(e, q)| e.q_value = q);
    found
}

fn reaching(scores: &[i32], threshold: i32) -> u64 {
    scores.iter().filter(|s| **s >= threshold).count() as u64
}

/// Thresholds that are tried: every score of a positive, or this many quantiles of them.
const MOST_THRESHOLDS: usize = 256;

/// The score with the smallest p-value of Fisher's test, and the p-value's logarithm. Scores of sequences without a place are
/// `i32::MIN`.
pub(crate) fn best_threshold(positives: &[i32], negatives: &[i32]) -> (i32, f64) {
    let sorted = |scores: &[i32]| {
        let mut scores = scores.to_vec();
        scores.sort_unstable_by(|a, b| b.cmp(a));
        scores
    };
    let (first, second) = (sorted(positives), sorted(negatives));
    let mut candidates: Vec<i32> = first.iter().copied().filter(|s| *s > i32::MIN).collect();
    candidates.dedup();
    let step = candidates.len().div_ceil(MOST_THRESHOLDS).max(1);
    let mut best = (candidates.first().copied().unwrap_or(i32::MAX), 0.0f64);
    for threshold in candidates.into_iter().step_by(step) {
        let with = |scores: &[i32]| scores.partition_point(|s| *s >= threshold) as u64;
        let (n1, n2) = (first.len() as u64, second.len() as u64);
        let p = fisher::ln_p_greater(with(&first), n1, with(&second), n2);
        if p < best.1 {
            best = (threshold, p);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded_motifs;
    use rand::RngExt;

    #[test]
    fn the_planted_motif_stands_out_and_no_other() {
        let motifs = embedded_motifs();
        let mut rng = keyed_rng(5, Stream::Simulate, 0, 0);
        let mut random = |planted: bool| -> Vec<u8> {
            let mut codes: Vec<u8> = (0..150).map(|_| rng.random_range(0..4)).collect();
            if planted && rng.random_bool(0.5) {
                let site = motifs[1].sample(&mut rng);
                codes[60..60 + site.len()].copy_from_slice(&site);
            }
            codes
        };
        let positives: Vec<Vec<u8>> = (0..400).map(|_| random(true)).collect();
        let negatives: Vec<Vec<u8>> = (0..400).map(|_| random(false)).collect();
        let borrow = |s: &'_ [Vec<u8>]| -> Vec<Vec<u8>> { s.to_vec() };
        let (p, n) = (borrow(&positives), borrow(&negatives));
        let p: Vec<&[u8]> = p.iter().map(Vec::as_slice).collect();
        let n: Vec<&[u8]> = n.iter().map(Vec::as_slice).collect();
        let found = enrich(&motifs, &p, &n, &EnrichOptions::default());
        assert!(found[1].q_value < 1e-6 && found[1].ratio() > 2.0, "{:?}", found[1]);
        assert_eq!((found[1].positives, found[1].negatives), (200, 200));
        assert!(found[1].rank_sum.unwrap().0 < 1e-6 && found[1].rank_sum.unwrap().1 > 0.6);
        for other in found.iter().filter(|e| e.motif != 1) {
            assert!(other.q_value > 0.01, "{other:?}");
        }
        // The other way round nothing is enriched.
        assert!(enrich(&motifs, &n, &p, &EnrichOptions::default()).iter().all(|e| e.q_value > 0.01));
    }

    #[test]
    fn the_threshold_is_the_best_of_all() {
        let (threshold, ln_p) = best_threshold(&[900, 800, 700, 100], &[650, 200, 100, i32::MIN]);
        assert_eq!(threshold, 700);
        assert!((ln_p - fisher::ln_p_greater(3, 4, 0, 4)).abs() < 1e-12);
        assert_eq!(best_threshold(&[i32::MIN], &[5]), (i32::MAX, 0.0));
    }
}
