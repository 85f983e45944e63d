//! Patterns called back on the maps they came from.

use rayon::prelude::*;

use crate::patterns::{PatternTrack, seqlet_similarity};
use crate::{AttributionMaps, Pattern};

/// How to call hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternHitOptions {
    /// A hit is at least as similar to the pattern, and contributes at least as much, as all but this share of the pattern's own seqlets.
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
        let (mut similarities, mut contributions): (Vec<f64>, Vec<f64>) = pattern
            .seqlets
            .iter()
            .map(|s| {
                // The core as it lies on the forward strand.
                let start = if s.reverse { s.end_0 - core.end } else { s.start_0 + core.start };
                let sum: f64 = maps.contributions(s.example).skip(start).take(core.len()).map(f64::from).sum();
                (seqlet_similarity(maps, s.example, start, &track).0, sum * sign)
            })
            .unzip();
        let least = |values: &mut Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            values[((values.len() as f64 * options.share_lost) as usize).min(values.len() - 1)]
        };
        let (least_similarity, least_contribution) = (least(&mut similarities), least(&mut contributions));
        Self { track, sign, least_similarity, least_contribution }
    }
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
