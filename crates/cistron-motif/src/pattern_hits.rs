//! Patterns called back on the maps they came from.

use rayon::prelude::*;

use crate::patterns::{PatternTrack, seqlet_similarity};
use crate::{AttributionMaps, Pattern};

/// How to call hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternHitOptions {
    /// Share of a pattern's own seqlets that its two thresholds, of similarity and of contribution, may lose together; each is what the same number
    /// of seqlets fall short of.
    pub share_lost: f64,
    /// Positions whose mean contribution is below this share of the pattern's largest are cut off at its ends.
    pub trim: f64,
}

impl Default for PatternHitOptions {
    fn default() -> Self {
        Self { share_lost: 0.05, trim: 0.3 }
    }
}

/// A place where a pattern fits the contributions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternHit {
    /// Index of the sequence.
    pub example: usize,
    /// First base, 0-based, on the forward strand.
    pub start_0: usize,
    /// One past the last base.
    pub end_0: usize,
    /// Whether the pattern reads on the reverse strand.
    pub reverse: bool,
    /// Index of the pattern.
    pub pattern: usize,
    /// Continuous Jaccard similarity to the pattern, from −1 to 1.
    pub similarity: f64,
    /// Sum of the contributions under it.
    pub contribution: f64,
}

/// Calls the hits of patterns (positive and negative ones may be mixed), by sequence and place. Where hits overlap by more than half of the
/// shorter one, the more similar one stays.
pub fn pattern_hits(maps: &AttributionMaps, patterns: &[&Pattern], options: &PatternHitOptions) -> Vec<PatternHit> {
    let tracks: Vec<Caller> = patterns.iter().map(|p| Caller::new(maps, p, options)).collect();
    let of = |example: usize| -> Vec<PatternHit> {
        let cumulative = maps.cumulative(example);
        let mut hits: Vec<PatternHit> = Vec::new();
        for (pattern, caller) in tracks.iter().enumerate() {
            let width = caller.track.len();
            for start_0 in 0..(maps.length() + 1).saturating_sub(width) {
                let contribution = cumulative[start_0 + width] - cumulative[start_0];
                if contribution * caller.sign < caller.least_contribution {
                    continue;
                }
                let (similarity, reverse) = seqlet_similarity(maps, example, start_0, &caller.track);
                if similarity >= caller.least_similarity {
                    let end_0 = start_0 + width;
                    hits.push(PatternHit { example, start_0, end_0, reverse, pattern, similarity, contribution });
                }
            }
        }
        without_overlaps(hits)
    };
    (0..maps.len()).into_par_iter().flat_map_iter(of).collect()
}

/// A pattern's core with what its own seqlets reach.
struct Caller {
    track: PatternTrack,
    sign: f64,
    least_similarity: f64,
    least_contribution: f64,
}

impl Caller {
    fn new(maps: &AttributionMaps, pattern: &Pattern, options: &PatternHitOptions) -> Self {
        let core = pattern.core(options.trim);
        let track = PatternTrack::new(pattern, core.clone());
        let sign = pattern.total_contribution().signum();
        let (similarities, contributions): (Vec<f64>, Vec<f64>) = pattern
            .seqlets
            .iter()
            .map(|s| {
                // The core as it lies on the forward strand.
                let start = if s.reverse { s.end_0 - core.end } else { s.start_0 + core.start };
                let sum: f64 = maps.contributions(s.example).skip(start).take(core.len()).map(f64::from).sum();
                (seqlet_similarity(maps, s.example, start, &track).0, sum * sign)
            })
            .unzip();
        let level = joint_level(&similarities, &contributions, options.share_lost);
        let least = |mut values: Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            values[level]
        };
        let (least_similarity, least_contribution) = (least(similarities), least(contributions));
        Self { track, sign, least_similarity, least_contribution }
    }
}

/// The largest rank such that all but a share of the pairs have both values at or above the values of that rank.
fn joint_level(a: &[f64], b: &[f64], share_lost: f64) -> usize {
    let ranks = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|i, j| values[*i].total_cmp(&values[*j]));
        let mut ranks = vec![0; values.len()];
        order.into_iter().enumerate().for_each(|(rank, i)| ranks[i] = rank);
        ranks
    };
    let mut lower: Vec<usize> = ranks(a).into_iter().zip(ranks(b)).map(|(a, b)| a.min(b)).collect();
    lower.sort_unstable();
    lower[((lower.len() as f64 * share_lost) as usize).min(lower.len() - 1)]
}

fn without_overlaps(mut hits: Vec<PatternHit>) -> Vec<PatternHit> {
    hits.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.start_0.cmp(&b.start_0)));
    let mut kept: Vec<PatternHit> = Vec::new();
    for hit in hits {
        let shared = |k: &PatternHit| k.end_0.min(hit.end_0).saturating_sub(k.start_0.max(hit.start_0));
        let shorter = |k: &PatternHit| (k.end_0 - k.start_0).min(hit.end_0 - hit.start_0);
        if kept.iter().all(|k| 2 * shared(k) <= shorter(k)) {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|h| (h.start_0, h.pattern));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_thresholds_together_lose_the_share() {
        // Of ten pairs, ranks 0 and 1 of either side are four different ones: rank 1 loses two, rank 2 four.
        let a: Vec<f64> = (0..10).map(f64::from).collect();
        let b: Vec<f64> = (0..10).rev().map(f64::from).collect();
        assert_eq!(joint_level(&a, &b, 0.2), 1);
        assert_eq!(joint_level(&a, &b, 0.4), 2);
        assert_eq!(joint_level(&a, &a, 0.2), 2);
        assert_eq!(joint_level(&a, &b, 0.0), 0);
    }
}
