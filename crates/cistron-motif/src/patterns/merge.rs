//! Patterns that mix are divided, patterns that are alike are merged, and each gets its sub-patterns.

use std::collections::{HashMap, HashSet};

use cistron_core::{Stream, keyed_rng, wide};
use cistron_stats::auroc::auroc;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::affinity::density_adapted;
use super::aggregate::{Builder, Pattern, PatternSeqlet, polished};
use super::alignment::{
    AlignmentSet, Position, best_alignment, best_on_either_strand, normalised, reversed, shared, shifts, track,
};
use super::communities::{communities, grouped};
use super::{PatternOptions, sort_by_strength};
use crate::AttributionMaps;

/// Two patterns are one when their averages correlate so much and their seqlets cannot be told apart better: (chance of confusion,
/// correlation), as TF-MoDISco has them.
const SAME: [(f64, f64); 3] = [(0.8, 0.8), (0.5, 0.85), (0.2, 0.9)];
/// Or when they correlate so much, whatever their seqlets say: groups of variants of one site differ though the averages do not.
const SURELY_SAME: f64 = 0.93;
/// Seqlets of each pattern that the confusion is measured on, at most.
const SAMPLE: usize = 100;
/// Neighbours of each seqlet when a pattern is divided.
const NEIGHBOURS: usize = 500;
/// Most seqlets that a pattern is divided by; the others join the part they are nearest to.
const DIVIDED: usize = 2000;

/// Pearson's correlation of two patterns at the best alignment and strand, with the place and whether `child` is turned.
fn correlation(child: &[Position], parent: &[Position], min_overlap: f64) -> (f64, isize, bool) {
    let turned = reversed(child);
    let mut best = (f64::NEG_INFINITY, 0, false);
    for (strand, turn) in [(child, false), (&turned, true)] {
        let squares = products(strand.as_flattened(), strand.as_flattened()).1;
        for shift in shifts(child.len(), parent.len(), min_overlap) {
            let r = correlation_at(strand, squares, parent, shift);
            if r > best.0 {
                best = (r, shift, turn);
            }
        }
    }
    best
}

/// Correlation around 0 (the tracks' signs matter), over all positions of the child, whose Σ x² is given; 0 beyond the parent.
fn correlation_at(child: &[Position], squares: f32, parent: &[Position], shift: isize) -> f64 {
    let (positions, there) = shared(child.len(), parent, shift);
    let (xy, yy) = products(child[positions].as_flattened(), there.as_flattened());
    if squares * yy > 0.0 { f64::from(xy) / (f64::from(squares) * f64::from(yy)).sqrt() } else { 0.0 }
}

wide! {
/// Σ x y and Σ y².
fn products(x: &[f32], y: &[f32]) -> (f32, f32) {
    let (mut xy, mut yy) = ([0.0f32; 8], [0.0f32; 8]);
    for (x, y) in x.chunks_exact(8).zip(y.chunks_exact(8)) {
        for i in 0..8 {
            xy[i] += x[i] * y[i];
            yy[i] += y[i] * y[i];
        }
    }
    (xy.iter().sum(), yy.iter().sum())
}
}

/// Similarities of a sample of a pattern's seqlets to a pattern.
fn sample_similarities(
    maps: &AttributionMaps,
    sample: &[PatternSeqlet],
    to: &[Position],
    min_overlap: f64,
) -> Vec<f32> {
    let one = |s: &PatternSeqlet| best_on_either_strand(&normalised(track(maps, s)), to, min_overlap).0;
    sample.par_iter().map(one).collect()
}

/// Twice the chance that a pattern's own seqlet is less like it than another's: 1 when they cannot be told apart, 0 when they always can.
fn confusion(own: &[f32], other: &[f32]) -> f64 {
    let labels: Vec<bool> = own.iter().map(|_| true).chain(other.iter().map(|_| false)).collect();
    let scores: Vec<f32> = own.iter().chain(other).copied().collect();
    auroc(&scores, &labels).map_or(1.0, |a| (2.0 * (1.0 - a)).min(1.0))
}

/// Merges patterns until no two are the same.
pub(super) fn merged(
    maps: &AttributionMaps,
    mut patterns: Vec<Pattern>,
    background: &[f64; 4],
    options: &PatternOptions,
) -> Vec<Pattern> {
    patterns.sort_by_key(|p| std::cmp::Reverse(p.seqlets.len()));
    let mut details: Vec<Detail> = patterns.iter().map(|p| Detail::new(maps, p, options)).collect();
    // What every pair was found to be, by the patterns' numbers.
    let mut known: HashMap<(usize, usize), Option<f64>> = HashMap::new();
    let mut numbers: Vec<usize> = (0..details.len()).collect();
    let mut next = details.len();
    loop {
        let pairs: Vec<(usize, usize)> =
            (0..patterns.len()).flat_map(|i| (i + 1..patterns.len()).map(move |j| (i, j))).collect();
        let new: Vec<(usize, usize)> =
            pairs.iter().copied().filter(|(i, j)| !known.contains_key(&(numbers[*i], numbers[*j]))).collect();
        let found: Vec<Option<f64>> =
            new.par_iter().map(|(i, j)| same(maps, &details[*i], &details[*j], options)).collect();
        known.extend(new.iter().map(|(i, j)| (numbers[*i], numbers[*j])).zip(found));
        let alike = pairs.into_iter().filter_map(|(i, j)| Some((known[&(numbers[i], numbers[j])]?, i, j)));
        let most = alike.max_by(|a, b| a.0.total_cmp(&b.0).then((b.1, b.2).cmp(&(a.1, a.2))));
        let Some((_, i, j)) = most else { return patterns };
        let (second, first) = (patterns.remove(j), patterns.remove(i));
        for list in [j, i] {
            details.remove(list);
            numbers.remove(list);
        }
        let whole = joined(maps, first, &second, background, options);
        details.push(Detail::new(maps, &whole, options));
        patterns.push(whole);
        numbers.push(next);
        next += 1;
    }
}

/// What a comparison of patterns needs.
struct Detail {
    track: Vec<Position>,
    sample: Vec<PatternSeqlet>,
    own: Vec<f32>,
}

impl Detail {
    fn new(maps: &AttributionMaps, pattern: &Pattern, options: &PatternOptions) -> Self {
        let track = pattern.track();
        let mut sample = pattern.seqlets.clone();
        if sample.len() > SAMPLE {
            sample.shuffle(&mut keyed_rng(options.seed, Stream::Figure, 3, 0));
            sample.truncate(SAMPLE);
        }
        let own = sample_similarities(maps, &sample, &track, options.min_overlap);
        Self { track, sample, own }
    }
}

/// How alike two patterns are, when they are the same.
fn same(maps: &AttributionMaps, a: &Detail, b: &Detail, options: &PatternOptions) -> Option<f64> {
    let (r, ..) = correlation(&b.track, &a.track, options.min_overlap);
    // Without the least correlation no confusion makes them the same, and with the largest none is needed.
    if r < SAME[0].1 {
        return None;
    }
    if r >= SURELY_SAME {
        return Some(r);
    }
    let b_to_a = sample_similarities(maps, &b.sample, &a.track, options.min_overlap);
    let a_to_b = sample_similarities(maps, &a.sample, &b.track, options.min_overlap);
    let confused = (confusion(&a.own, &b_to_a) + confusion(&b.own, &a_to_b)) / 2.0;
    SAME.iter().any(|(c, s)| confused >= *c && r >= *s).then_some(r)
}

/// Two patterns as one: the second's seqlets are added to the first's.
fn joined(
    maps: &AttributionMaps,
    first: Pattern,
    second: &Pattern,
    background: &[f64; 4],
    options: &PatternOptions,
) -> Pattern {
    let (large, small) = if first.seqlets.len() >= second.seqlets.len() { (&first, second) } else { (second, &first) };
    let (_, shift, turned) = correlation(&small.track(), &large.track(), options.min_overlap);
    let mut builder = Builder::new(maps, large.seqlets[0]);
    large.seqlets[1..].iter().for_each(|s| builder.add_at(*s, 0));
    for seqlet in &small.seqlets {
        builder.add_at(PatternSeqlet { reverse: seqlet.reverse ^ turned, ..*seqlet }, shift);
    }
    polished(maps, builder, background, options).unwrap_or(first)
}

/// A pattern's seqlets by how alike they are as they stand, without shifts.
fn parts(maps: &AttributionMaps, pattern: &Pattern, options: &PatternOptions) -> Vec<Vec<PatternSeqlet>> {
    let mut seqlets = pattern.seqlets.clone();
    sort_by_strength(maps, &mut seqlets);
    let chosen: Vec<PatternSeqlet> = if seqlets.len() > DIVIDED {
        let mut order: Vec<usize> = (0..seqlets.len()).collect();
        order.shuffle(&mut keyed_rng(options.seed, Stream::Figure, 4, 0));
        order.truncate(DIVIDED);
        order.sort_unstable();
        order.into_iter().map(|i| seqlets[i]).collect()
    } else {
        seqlets.clone()
    };
    // As they read: the tracks are already turned, so only one strand and no shift is compared.
    let set = AlignmentSet::new(maps, &chosen);
    let neighbours = set.as_they_stand(NEIGHBOURS);
    let members = communities(&density_adapted(neighbours, options.sub_perplexity), options.leiden_runs, options.seed);
    let mut out = grouped(&chosen, &members);
    if seqlets.len() > chosen.len() {
        let centres: Vec<Vec<Position>> = out.iter().map(|p| Pattern::new(maps, p.clone()).track()).collect();
        let taken: HashSet<_> = chosen.iter().map(|s| (s.example, s.start_0)).collect();
        for seqlet in seqlets.iter().filter(|s| !taken.contains(&(s.example, s.start_0))) {
            let own = normalised(track(maps, seqlet));
            let likeness = |c: &Vec<Position>| best_alignment(&own, c, 1.0).0;
            let nearest = (0..centres.len()).max_by(|a, b| likeness(&centres[*a]).total_cmp(&likeness(&centres[*b])));
            out[nearest.unwrap_or(0)].push(*seqlet);
        }
    }
    out
}

/// A pattern, or the patterns that it mixes.
pub(super) fn divided(
    maps: &AttributionMaps,
    pattern: Pattern,
    background: &[f64; 4],
    options: &PatternOptions,
) -> Vec<Pattern> {
    if pattern.seqlets.len() < 2 * options.min_pattern_seqlets.max(options.sub_perplexity as usize) {
        return vec![pattern];
    }
    let parts: Vec<Pattern> =
        parts(maps, &pattern, options).into_iter().map(|seqlets| Pattern::new(maps, seqlets)).collect();
    if parts.len() < 2 {
        return vec![pattern];
    }
    let mut apart = merged(maps, parts, background, options);
    if apart.len() < 2 {
        return vec![pattern];
    }
    apart.retain(|p| p.seqlets.len() >= options.min_pattern_seqlets);
    apart
}

/// Sub-patterns, the largest first; none when the pattern is too small or of one piece.
pub(super) fn subpatterns(maps: &AttributionMaps, pattern: &Pattern, options: &PatternOptions) -> Vec<Pattern> {
    if pattern.seqlets.len() <= options.sub_perplexity as usize {
        return Vec::new();
    }
    let parts = parts(maps, pattern, options);
    if parts.len() < 2 {
        return Vec::new();
    }
    parts.into_iter().map(|seqlets| Pattern::new(maps, seqlets)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusion_and_correlation_by_hand() {
        assert_eq!(confusion(&[3.0, 4.0], &[1.0, 2.0]), 0.0);
        assert_eq!(confusion(&[1.0, 2.0], &[1.0, 2.0]), 1.0);
        assert_eq!(confusion(&[1.0], &[2.0]), 1.0);
        let p = |v: f32| [v, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let (child, parent) = ([p(1.0), p(2.0)], [p(0.0), p(2.0), p(4.0)]);
        let (r, shift, turned) = correlation(&child, &parent, 0.5);
        assert!((r - 1.0).abs() < 1e-9 && shift == 1 && !turned);
        let (r, shift, turned) = correlation(&reversed(&child), &parent, 0.5);
        assert!((r - 1.0).abs() < 1e-9 && shift == 1 && turned);
    }
}
