//! Patterns distilled from attribution maps: what TF-MoDISco does (Shrikumar et al. 2018, "Technical note on TF-MoDISco"), built anew.
//!
//! Seqlets of one sign are compared twice: coarsely, by the gapped k-mers of their strongest bases, to nominate neighbours; then
//! finely, by the continuous Jaccard similarity of contributions and hypothetical contributions at the best alignment and strand. Similarities
//! become probabilities adapted to local density (as in t-SNE), Leiden communities become patterns, their seqlets are
//! realigned and clustered once more, patterns that mix are divided, and patterns that are alike are merged.

mod affinity;
mod aggregate;
mod alignment;
mod communities;
mod gapped_kmers;
mod merge;

use rayon::prelude::*;

use crate::{AttributionMaps, Seqlet};
use affinity::density_adapted;
use aggregate::{Builder, polished};
use alignment::{AlignmentSet, similarities};
use communities::{communities, grouped};
use gapped_kmers::nearest;

pub use aggregate::{Pattern, PatternSeqlet};

/// How patterns are found. The defaults are those of tfmodisco-lite's command where both have the parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternOptions {
    /// Seqlets used, at most.
    pub max_seqlets: usize,
    /// Fewer seqlets than this make no pattern at all.
    pub min_seqlets: usize,
    /// Fewest seqlets of a pattern.
    pub min_pattern_seqlets: usize,
    /// Neighbours compared with each seqlet.
    pub neighbours: usize,
    /// Seqlets whose coarse and fine similarities correlate less (Spearman, in the first round) are left out.
    pub min_correlation: f64,
    /// Effective number of neighbours that a seqlet's probabilities are spread over.
    pub perplexity: f64,
    /// The same, when a pattern is divided in sub-patterns.
    pub sub_perplexity: f64,
    /// Share of a seqlet that an alignment must cover.
    pub min_overlap: f64,
    /// Random starts of the Leiden algorithm; the best is kept.
    pub leiden_runs: u64,
    /// Bases of the most informative window that a pattern is cut to.
    pub trim_to: usize,
    /// Bases added at either side of that window.
    pub flank: usize,
    /// Least information (bits) in some window of six bases.
    pub min_information: f64,
    /// Seed of the Leiden starts and of subsamples.
    pub seed: u64,
}

impl Default for PatternOptions {
    fn default() -> Self {
        Self {
            max_seqlets: 20_000,
            min_seqlets: 100,
            min_pattern_seqlets: 20,
            neighbours: 500,
            min_correlation: 0.15,
            perplexity: 10.0,
            sub_perplexity: 50.0,
            min_overlap: 0.7,
            leiden_runs: 10,
            trim_to: 30,
            flank: 10,
            min_information: 0.6,
            seed: 1,
        }
    }
}

/// What came of the seqlets of one sign.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternSet {
    /// Patterns, those of most seqlets first.
    pub patterns: Vec<Pattern>,
    /// Seqlets that were used.
    pub seqlets: usize,
    /// Why there are no patterns.
    pub reason: Option<String>,
}

/// Finds the patterns of seqlets of one sign.
///
/// Too few seqlets, or none that cluster, give an empty set with the reason.
pub fn find_patterns(
    maps: &AttributionMaps,
    seqlets: &[Seqlet],
    positive: bool,
    options: &PatternOptions,
) -> PatternSet {
    let sign = if positive { 1.0 } else { -1.0 };
    let mut current: Vec<PatternSeqlet> = seqlets
        .iter()
        .take(options.max_seqlets)
        .map(|s| PatternSeqlet { example: s.example, start_0: s.start_0, end_0: s.end_0, reverse: false })
        .collect();
    let used = current.len();
    let empty = |reason: String| PatternSet { patterns: Vec::new(), seqlets: used, reason: Some(reason) };
    if used < options.min_seqlets.max(2) {
        return empty(format!("{used} seqlets are fewer than the {} that patterns need", options.min_seqlets));
    }
    let background = aggregate::base_frequencies(maps, &current);
    sort_by_strength(maps, &mut current);
    let mut patterns = Vec::new();
    for round in 0..2 {
        let set = AlignmentSet::new(maps, &current);
        let coarse = nearest(maps, &current, sign, options.neighbours);
        let mut fine = similarities(&set, &coarse, options.min_overlap);
        if round == 0 {
            let kept = affinity::correlated(&coarse, &fine, options.min_correlation);
            current = kept.iter().map(|i| current[*i]).collect();
            fine = fine.subset(&kept);
        }
        drop((set, coarse));
        let members = communities(&density_adapted(fine, options.perplexity), options.leiden_runs, options.seed);
        patterns = build(maps, &current, &members, &background, sign, options);
        current = patterns.iter().flat_map(|p: &Pattern| p.seqlets.iter().copied()).collect();
        current.sort_unstable_by_key(|s| (s.example, s.start_0, s.end_0, s.reverse));
        current.dedup_by_key(|s| (s.example, s.start_0, s.end_0));
        sort_by_strength(maps, &mut current);
        if current.len() < options.min_pattern_seqlets {
            return empty("no group of seqlets is alike enough to make a pattern".into());
        }
    }
    let divided: Vec<Pattern> =
        patterns.into_par_iter().flat_map_iter(|p| merge::divided(maps, p, &background, options)).collect();
    let mut merged = merge::merged(maps, divided, &background, options);
    merged.retain(|p| {
        p.seqlets.len() >= options.min_pattern_seqlets && p.is_informative(&background, options.min_information)
    });
    merged.sort_by_key(|p| std::cmp::Reverse(p.seqlets.len()));
    merged.par_iter_mut().for_each(|p| p.subpatterns = merge::subpatterns(maps, p, options));
    let reason = merged.is_empty().then(|| "no pattern has enough seqlets and information".to_owned());
    PatternSet { patterns: merged, seqlets: used, reason }
}

/// A pattern's positions ready to be compared with places of the maps.
pub(crate) struct PatternTrack {
    forward: Vec<alignment::Position>,
    backward: Vec<alignment::Position>,
}

impl PatternTrack {
    pub(crate) fn new(pattern: &Pattern, core: std::ops::Range<usize>) -> Self {
        let forward = alignment::normalised(pattern.track()[core].to_vec());
        Self { backward: alignment::reversed(&forward), forward }
    }

    pub(crate) fn len(&self) -> usize {
        self.forward.len()
    }
}

/// The similarity of a place to a pattern on the better strand, and whether that is the reverse one.
pub(crate) fn seqlet_similarity(
    maps: &AttributionMaps,
    example: usize,
    start_0: usize,
    pattern: &PatternTrack,
) -> (f64, bool) {
    let place = PatternSeqlet { example, start_0, end_0: start_0 + pattern.len(), reverse: false };
    let track = alignment::normalised(alignment::track(maps, &place));
    let at = |p: &[alignment::Position]| f64::from(alignment::best_alignment(&track, p, 1.0).0);
    let (forward, backward) = (at(&pattern.forward), at(&pattern.backward));
    (forward.max(backward), backward > forward)
}

/// The strongest first.
fn sort_by_strength(maps: &AttributionMaps, seqlets: &mut [PatternSeqlet]) {
    seqlets.sort_by_cached_key(|s| {
        let strength: f64 = s.contributions(maps).map(|v| f64::from(v.abs())).sum();
        (std::cmp::Reverse(ordered(strength)), s.example, s.start_0)
    });
}

/// Numbers at or above 0 in their order.
fn ordered(value: f64) -> u64 {
    value.max(0.0).to_bits()
}

fn build(
    maps: &AttributionMaps,
    seqlets: &[PatternSeqlet],
    members: &[usize],
    background: &[f64; 4],
    sign: f64,
    options: &PatternOptions,
) -> Vec<Pattern> {
    let mut groups = grouped(seqlets, members);
    // Smaller groups are noise, and would only be thrown away at the end.
    groups.retain(|g| g.len() * 4 >= options.min_pattern_seqlets);
    groups
        .into_par_iter()
        .filter_map(|group| {
            let mut builder = Builder::new(maps, group[0]);
            group[1..].iter().for_each(|s| builder.add(*s, options.min_overlap));
            polished(maps, builder, background, options)
        })
        .filter(|p| p.total_contribution() * sign > 0.0)
        .collect()
}

#[cfg(test)]
mod tests;
