//! Patterns as aligned seqlets: building, cutting to the informative window, and averages.

use super::alignment::{Position, best_on_either_strand, normalised, reversed, track};
use crate::motif::other_strand;
use crate::{AttributionMaps, Motif};

/// A stretch of one sequence, and how it reads in its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternSeqlet {
    /// Index of the sequence.
    pub example: usize,
    /// First base, 0-based, on the forward strand.
    pub start_0: usize,
    /// One past the last base.
    pub end_0: usize,
    /// Whether it reads on the reverse strand.
    pub reverse: bool,
}

impl PatternSeqlet {
    /// Bases.
    pub fn len(&self) -> usize {
        self.end_0 - self.start_0
    }

    /// Never: a seqlet has bases.
    pub fn is_empty(&self) -> bool {
        self.end_0 == self.start_0
    }

    /// Codes as they stand on the forward strand.
    pub(super) fn codes<'a>(&self, maps: &'a AttributionMaps) -> &'a [u8] {
        &maps.codes(self.example)[self.start_0..self.end_0]
    }

    /// Contributions as they stand on the forward strand.
    pub(super) fn contributions<'a>(&self, maps: &'a AttributionMaps) -> impl Iterator<Item = f32> + use<'a> {
        let (from, to) = (self.start_0, self.end_0);
        maps.contributions(self.example).skip(from).take(to - from)
    }

    /// One-hot bases, contributions and hypothetical contributions of A, C, G, T at each position, as the pattern reads.
    pub fn arrays(&self, maps: &AttributionMaps) -> [Vec<[f64; 4]>; 3] {
        let codes = self.codes(maps).iter();
        let mut bases: Vec<[f64; 4]> =
            codes.map(|c| std::array::from_fn(|b| if usize::from(*c) == b { 1.0 } else { 0.0 })).collect();
        if self.reverse {
            bases = other_strand(&bases);
        }
        let track = track(maps, self);
        let half = |from: usize| track.iter().map(|p| [0, 1, 2, 3].map(|b| f64::from(p[from + b]))).collect();
        [bases, half(0), half(4)]
    }

    /// Longer by so many bases, as it reads; none when that runs over the sequence's ends.
    fn grown(&self, before: isize, after: isize, length: usize) -> Option<Self> {
        let (left, right) = if self.reverse { (after, before) } else { (before, after) };
        let start_0 = usize::try_from(self.start_0 as isize - left).ok()?;
        let end_0 = usize::try_from(self.end_0 as isize + right).ok().filter(|e| *e <= length && *e > start_0)?;
        Some(Self { start_0, end_0, ..*self })
    }
}

/// Aligned seqlets of one length with their averages.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// The seqlets.
    pub seqlets: Vec<PatternSeqlet>,
    /// Share of A, C, G, T at each position.
    pub sequence: Vec<[f64; 4]>,
    /// Mean contributions: the contribution-weight matrix.
    pub contributions: Vec<[f64; 4]>,
    /// Mean hypothetical contributions.
    pub hypothetical: Vec<[f64; 4]>,
    /// Parts of the pattern that are more alike.
    pub subpatterns: Vec<Pattern>,
}

impl Pattern {
    /// Averages of seqlets of one length.
    ///
    /// # Panics
    /// If there are no seqlets, or their lengths differ.
    pub fn new(maps: &AttributionMaps, seqlets: Vec<PatternSeqlet>) -> Self {
        let length = seqlets[0].len();
        let mut sums = [(); 3].map(|()| vec![[0.0f64; 4]; length]);
        for seqlet in &seqlets {
            assert_eq!(seqlet.len(), length, "the seqlets of a pattern have one length");
            for (sum, array) in sums.iter_mut().zip(seqlet.arrays(maps)) {
                sum.iter_mut().flatten().zip(array.as_flattened()).for_each(|(s, v)| *s += v);
            }
        }
        let count = seqlets.len() as f64;
        let [sequence, contributions, hypothetical] =
            sums.map(|s| s.into_iter().map(|p| p.map(|v| v / count)).collect::<Vec<_>>());
        Self { seqlets, sequence, contributions, hypothetical, subpatterns: Vec::new() }
    }

    /// Positions.
    pub fn len(&self) -> usize {
        self.sequence.len()
    }

    /// Never: a pattern has positions.
    pub fn is_empty(&self) -> bool {
        self.sequence.is_empty()
    }

    /// Sum of the mean contributions.
    pub fn total_contribution(&self) -> f64 {
        self.contributions.as_flattened().iter().sum()
    }

    /// The positions whose mean contribution is at least a share of the largest one's, from the first such to the last, with two
    /// more at either side: what tfmodisco-lite's report shows and compares.
    pub fn core(&self, share: f64) -> std::ops::Range<usize> {
        let sizes: Vec<f64> = self.contributions.iter().map(|p| p.iter().map(|v| v.abs()).sum()).collect();
        let most = sizes.iter().copied().fold(0.0, f64::max);
        let large = |i: &usize| sizes[*i] >= most * share;
        let first = (0..sizes.len()).find(large).unwrap_or(0);
        let last = (0..sizes.len()).rfind(large).unwrap_or(sizes.len() - 1);
        first.saturating_sub(2)..(last + 3).min(sizes.len())
    }

    /// Counts of the bases in [`Pattern::core`] as a motif.
    pub fn motif(&self, id: impl Into<String>, share: f64) -> Option<Motif> {
        let sites = self.seqlets.len() as f64;
        let counts = self.sequence[self.core(share)].iter().map(|p| p.map(|v| v * sites)).collect();
        Motif::from_counts(id, "", counts).ok()
    }

    /// Information of each position against the background, in bits, with a pseudocount of 0.001.
    fn information(&self, background: &[f64; 4]) -> Vec<f64> {
        let bits = |p: &[f64; 4]| {
            let share = |v: f64| (v + 0.001) / 1.004;
            (0..4).map(|b| share(p[b]) * (share(p[b]) / background[b]).log2()).sum::<f64>()
        };
        self.sequence.iter().map(bits).collect()
    }

    pub(super) fn is_informative(&self, background: &[f64; 4], least: f64) -> bool {
        let bits = self.information(background);
        bits.windows(6.min(bits.len())).any(|w| w.iter().sum::<f64>() >= least)
    }

    /// Contributions and hypothetical contributions scaled to sums of 1.
    pub(super) fn track(&self) -> Vec<Position> {
        let position =
            |(c, h): (&[f64; 4], &[f64; 4])| std::array::from_fn(|i| if i < 4 { c[i] as f32 } else { h[i - 4] as f32 });
        normalised(self.contributions.iter().zip(&self.hypothetical).map(position).collect())
    }
}

/// Base frequencies of the seqlets.
pub(super) fn base_frequencies(maps: &AttributionMaps, seqlets: &[PatternSeqlet]) -> [f64; 4] {
    let mut counts = [1.0f64; 4];
    for code in seqlets.iter().flat_map(|s| s.codes(maps)).filter(|c| **c < 4) {
        counts[usize::from(*code)] += 1.0;
    }
    let total: f64 = counts.iter().sum();
    counts.map(|c| c / total)
}

/// Seqlets that are added one by one, each where it fits what is there.
pub(super) struct Builder<'a> {
    maps: &'a AttributionMaps,
    /// Each seqlet with the place of its first position.
    placed: Vec<(PatternSeqlet, isize)>,
    /// Sums of tracks, from place `first` on, and how many seqlets each place has.
    sums: Vec<Position>,
    counts: Vec<u32>,
    first: isize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(maps: &'a AttributionMaps, seqlet: PatternSeqlet) -> Self {
        let sums = track(maps, &seqlet);
        Self { maps, placed: vec![(seqlet, 0)], counts: vec![1; sums.len()], sums, first: 0 }
    }

    pub(super) fn add(&mut self, seqlet: PatternSeqlet, min_overlap: f64) {
        let own = track(self.maps, &seqlet);
        let mean = self.sums.iter().zip(&self.counts).map(|(s, n)| s.map(|v| v / *n as f32)).collect();
        let parent = normalised(mean);
        let child = normalised(own.clone());
        let (_, at, turned) = best_on_either_strand(&child, &parent, min_overlap);
        let own = if turned { reversed(&own) } else { own };
        let seqlet = PatternSeqlet { reverse: seqlet.reverse ^ turned, ..seqlet };
        self.place(seqlet, &own, self.first + at);
    }

    /// Adds a seqlet as it reads, at a place relative to the first seqlet's.
    pub(super) fn add_at(&mut self, seqlet: PatternSeqlet, at: isize) {
        let own = track(self.maps, &seqlet);
        self.place(seqlet, &own, at);
    }

    fn place(&mut self, seqlet: PatternSeqlet, own: &[Position], at: isize) {
        let before = (self.first - at).max(0) as usize;
        self.sums.splice(0..0, std::iter::repeat_n([0.0; 8], before));
        self.counts.splice(0..0, std::iter::repeat_n(0, before));
        self.first -= before as isize;
        let from = (at - self.first) as usize;
        let needed = (from + own.len()).max(self.sums.len());
        self.sums.resize(needed, [0.0; 8]);
        self.counts.resize(needed, 0);
        for (sum, values) in self.sums[from..].iter_mut().zip(own) {
            sum.iter_mut().zip(values).for_each(|(s, v)| *s += v);
        }
        self.counts[from..from + own.len()].iter_mut().for_each(|n| *n += 1);
        self.placed.push((seqlet, at));
    }

    /// The seqlets that can be made to reach from place `from` to place `to`.
    fn seqlets(&self, from: isize, to: isize) -> Vec<PatternSeqlet> {
        let length = self.maps.length();
        let mut out: Vec<PatternSeqlet> =
            self.placed.iter().filter_map(|(s, at)| s.grown(at - from, to - at - s.len() as isize, length)).collect();
        // A stretch that was added twice (as two seqlets that overlap) counts once.
        let mut seen = std::collections::HashSet::new();
        out.retain(|s| seen.insert((s.example, s.start_0)));
        out
    }
}

/// Where the window of this width begins that holds most weight, a weight at its ends counting half as much as one in its middle: of windows
/// that hold a site whole, the one in whose middle it lies. So patterns of one site begin at about the same place of it.
fn central_window(weights: &[f64], width: usize) -> usize {
    let half = width as f64 / 2.0;
    let share: Vec<f64> = (0..width).map(|i| 1.0 - 0.5 * (i as f64 + 0.5 - half).abs() / half).collect();
    let sums: Vec<f64> =
        weights.windows(width).map(|w| w.iter().zip(&share).map(|(w, share)| w * share).sum()).collect();
    (0..sums.len()).rev().max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0)
}

/// The pattern of the places that enough seqlets cover, cut to the most informative window, with flanks. None when no seqlet reaches over
/// it.
pub(super) fn polished(
    maps: &AttributionMaps,
    builder: Builder,
    background: &[f64; 4],
    options: &super::PatternOptions,
) -> Option<Pattern> {
    let n = builder.placed.len() as f64;
    let least = (0.2 * n).max((0.5 * n).min(30.0));
    let enough = |i: &usize| f64::from(builder.counts[*i]) >= least;
    let first = (0..builder.counts.len()).find(enough)? as isize + builder.first;
    let last = (0..builder.counts.len()).rfind(enough)? as isize + builder.first + 1;
    let wide = builder.seqlets(first, last);
    let pattern = Pattern::new(maps, (!wide.is_empty()).then_some(wide)?);
    // What a position tells, weighted by what it contributes: bases beside a site are only informative by chance.
    let contribution = |c: &[f64; 4]| c.iter().map(|v| v.abs()).sum::<f64>();
    let bits = pattern.information(background).into_iter().zip(&pattern.contributions);
    let weights: Vec<f64> = bits.map(|(bits, c)| bits.max(0.0) * contribution(c)).collect();
    let width = options.trim_to.min(weights.len());
    let best = central_window(&weights, width) as isize;
    let (from, flank) = (first + best, options.flank as isize);
    let seqlets = builder.seqlets(from - flank, from + width as isize + flank);
    (!seqlets.is_empty()).then(|| Pattern::new(maps, seqlets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps() -> AttributionMaps {
        // ACGT ACGT: every base contributes its position.
        let values = (0..8).map(|i| [i as f32, 0.5, -0.5, i as f32 + 1.0]).collect();
        AttributionMaps::new(8, vec![0, 1, 2, 3, 0, 1, 2, 3], values).unwrap()
    }

    #[test]
    fn a_site_lies_in_the_middle_of_its_window() {
        let mut weights = vec![0.0; 60];
        weights[20..30].fill(1.0);
        assert_eq!(central_window(&weights, 30), 10);
        assert_eq!(central_window(&weights, 6), 20);
        assert_eq!(central_window(&weights[18..], 30), 0);
        assert_eq!(central_window(&[1.0, 2.0], 2), 0);
    }

    #[test]
    fn strands_and_averages() {
        let forward = PatternSeqlet { example: 0, start_0: 0, end_0: 2, reverse: false };
        let backward = PatternSeqlet { example: 0, start_0: 2, end_0: 4, reverse: true };
        let [bases, contributions, hypothetical] = backward.arrays(&maps());
        // GT on the other strand is AC.
        assert_eq!(bases, [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]);
        assert_eq!(contributions, [[4.0, 0.0, 0.0, 0.0], [0.0, -0.5, 0.0, 0.0]]);
        assert_eq!(hypothetical, [[4.0, -0.5, 0.5, 3.0], [3.0, -0.5, 0.5, 2.0]]);
        let pattern = Pattern::new(&maps(), vec![forward, backward]);
        assert_eq!(pattern.sequence, bases);
        assert_eq!(pattern.contributions[0], [2.0, 0.0, 0.0, 0.0]);
        assert_eq!(pattern.total_contribution(), 2.0);
        assert_eq!(forward.grown(-1, 2, 8), Some(PatternSeqlet { start_0: 1, end_0: 4, ..forward }));
        assert_eq!(backward.grown(1, 2, 8), Some(PatternSeqlet { start_0: 0, end_0: 5, ..backward }));
        assert_eq!(forward.grown(1, 0, 8), None);
    }
}
