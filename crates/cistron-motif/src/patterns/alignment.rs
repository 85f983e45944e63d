//! The fine comparison: continuous Jaccard similarity at the best alignment and strand.
//!
//! For tracks a and b it is Σ sign(a) sign(b) min(|a|, |b|) / Σ max(|a|, |b|), over positions and the eight values of each: contributions of
//! the four bases (0 for those that are not there) and hypothetical contributions, both scaled to a sum of magnitudes of 1.

use std::ops::Range;

use cistron_core::wide;
use rayon::prelude::*;

use super::PatternSeqlet;
use super::gapped_kmers::Neighbours;
use crate::AttributionMaps;

/// Values per position.
pub(super) const CHANNELS: usize = 8;

/// Values of one position: contributions, then hypothetical contributions, of A, C, G, T.
pub(super) type Position = [f32; CHANNELS];

/// Both halves scaled to a sum of magnitudes of 1.
pub(super) fn normalised(mut track: Vec<Position>) -> Vec<Position> {
    for half in 0..2 {
        let values = |p: &Position| p[half * 4..half * 4 + 4].iter().map(|v| v.abs()).sum::<f32>();
        let total: f32 = track.iter().map(values).sum();
        if total > 0.0 {
            track.iter_mut().for_each(|p| p[half * 4..half * 4 + 4].iter_mut().for_each(|v| *v /= total));
        }
    }
    track
}

/// The other strand of a track.
pub(super) fn reversed(track: &[Position]) -> Vec<Position> {
    let turn = |[a, c, g, t, ha, hc, hg, ht]: &Position| [*t, *g, *c, *a, *ht, *hg, *hc, *ha];
    track.iter().rev().map(turn).collect()
}

/// A seqlet's track, as it reads.
pub(super) fn track(maps: &AttributionMaps, seqlet: &PatternSeqlet) -> Vec<Position> {
    let codes = maps.codes(seqlet.example)[seqlet.start_0..seqlet.end_0].iter();
    let values = maps.hypothetical(seqlet.example)[seqlet.start_0..seqlet.end_0].iter();
    let forward: Vec<Position> = codes
        .zip(values)
        .map(|(code, h)| {
            let mut p = [0.0, 0.0, 0.0, 0.0, h[0], h[1], h[2], h[3]];
            if *code < 4 {
                p[usize::from(*code)] = h[usize::from(*code)];
            }
            p
        })
        .collect();
    if seqlet.reverse { reversed(&forward) } else { forward }
}

/// Places at which `child` may begin relative to `parent`, so that at least the share `min_overlap` of it overlaps.
pub(super) fn shifts(child: usize, parent: usize, min_overlap: f64) -> std::ops::RangeInclusive<isize> {
    let beyond = child as isize - (child as f64 * min_overlap).ceil() as isize;
    -beyond..=parent as isize + beyond - child as isize
}

/// The best similarity of `child` along `parent`, with its place. What lies beyond the parent is 0 there.
pub(super) fn best_alignment(child: &[Position], parent: &[Position], min_overlap: f64) -> (f32, isize) {
    let mut best = (f32::NEG_INFINITY, 0);
    for shift in shifts(child.len(), parent.len(), min_overlap) {
        let similarity = jaccard_at(child, parent, shift);
        if similarity > best.0 {
            best = (similarity, shift);
        }
    }
    best
}

/// The positions of `child` that lie on `parent` when it begins at `shift`, and the parent's under them.
pub(super) fn shared(child: usize, parent: &[Position], shift: isize) -> (Range<usize>, &[Position]) {
    let from = (-shift).clamp(0, child as isize) as usize;
    let to = (parent.len() as isize - shift).clamp(from as isize, child as isize) as usize;
    (from..to, &parent[(from as isize + shift) as usize..][..to - from])
}

/// The best similarity of `child` along `parent` on either strand, with its place and whether the child is turned.
pub(super) fn best_on_either_strand(child: &[Position], parent: &[Position], min_overlap: f64) -> (f32, isize, bool) {
    let (forward, at) = best_alignment(child, parent, min_overlap);
    let (backward, other_at) = best_alignment(&reversed(child), parent, min_overlap);
    if backward > forward { (backward, other_at, true) } else { (forward, at, false) }
}

fn jaccard_at(child: &[Position], parent: &[Position], shift: isize) -> f32 {
    let (Range { start: from, end: to }, there) = shared(child.len(), parent, shift);
    let (signed, least, all) = overlap(child[from..to].as_flattened(), there.as_flattened());
    let beyond = |p: &[Position]| p.as_flattened().iter().map(|v| v.abs()).sum::<f32>();
    let union = all - least + beyond(&child[..from]) + beyond(&child[to..]);
    if union > 0.0 { signed / union } else { 0.0 }
}

wide! {
/// Σ sign · min, Σ min, and Σ |a| + |b|, of two tracks of one length.
fn overlap(a: &[f32], b: &[f32]) -> (f32, f32, f32) {
    let (mut signed, mut least, mut all) = ([0.0f32; 8], [0.0f32; 8], [0.0f32; 8]);
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for i in 0..8 {
            let (x, y) = (a[i].abs(), b[i].abs());
            let m = if x < y { x } else { y };
            signed[i] += if (a[i] < 0.0) == (b[i] < 0.0) { m } else { -m };
            least[i] += m;
            all[i] += x + y;
        }
    }
    (signed.iter().sum(), least.iter().sum(), all.iter().sum())
}
}

/// Values compared at once, in whole numbers.
const LANES: usize = 32;
/// The largest whole number: sums of eight chunks' fit 16 bits.
const LARGEST: f32 = 2047.0;
/// Chunks that are summed before the sums are widened.
const CHUNKS: usize = 15;

/// Seqlets of one length as whole numbers, both strands, ready to be compared by the million.
pub(super) struct AlignmentSet {
    positions: usize,
    /// Values of a track, padded to whole lanes.
    stride: usize,
    forward: Vec<i16>,
    backward: Vec<i16>,
    /// Σ |value| of each seqlet's first positions.
    cumulative: Vec<i32>,
}

impl AlignmentSet {
    /// Of seqlets of one length. Each seqlet is scaled to a sum of magnitudes of 1, then to whole numbers; the one value in a thousand that
    /// is largest is cut off.
    pub(super) fn new(maps: &AttributionMaps, seqlets: &[PatternSeqlet]) -> Self {
        let positions = seqlets.first().map_or(0, |s| s.end_0 - s.start_0);
        let tracks = |s: &PatternSeqlet| normalised(track(maps, s));
        // The scale comes from a sample.
        let mut sizes: Vec<f32> = seqlets
            .iter()
            .step_by(seqlets.len().div_ceil(500).max(1))
            .flat_map(|s| tracks(s).into_flattened().into_iter().map(f32::abs).collect::<Vec<_>>())
            .collect();
        sizes.sort_unstable_by(f32::total_cmp);
        let size = sizes.get(sizes.len().saturating_sub(sizes.len() / 1000 + 1)).copied().unwrap_or(1.0).max(1e-9);
        let whole = |v: &f32| (v * LARGEST / size).round().clamp(-LARGEST, LARGEST) as i16;
        let stride = (positions * CHANNELS).next_multiple_of(LANES);
        let mut set = Self {
            positions,
            stride,
            forward: vec![0; seqlets.len() * stride],
            backward: vec![0; seqlets.len() * stride],
            cumulative: vec![0; seqlets.len() * (positions + 1)],
        };
        let rows =
            set.forward.par_chunks_exact_mut(stride.max(1)).zip(set.backward.par_chunks_exact_mut(stride.max(1)));
        rows.zip(set.cumulative.par_chunks_exact_mut(positions + 1)).zip(seqlets).for_each(
            |(((forward, backward), cumulative), seqlet)| {
                let track = tracks(seqlet);
                forward.iter_mut().zip(track.as_flattened()).for_each(|(o, v)| *o = whole(v));
                backward.iter_mut().zip(reversed(&track).as_flattened()).for_each(|(o, v)| *o = whole(v));
                for (i, values) in forward.chunks_exact(CHANNELS).take(positions).enumerate() {
                    cumulative[i + 1] = cumulative[i] + values.iter().map(|v| i32::from(v.abs())).sum::<i32>();
                }
            },
        );
        set
    }

    /// Each seqlet with its most similar ones on one strand and without shifts.
    pub(super) fn as_they_stand(&self, neighbours: usize) -> Neighbours {
        let n = self.forward.len() / self.stride.max(1);
        let whole = |i: usize| &self.forward[i * self.stride..(i + 1) * self.stride];
        let total = |i: usize| self.cumulative[i * (self.positions + 1) + self.positions];
        let row = |i: usize| {
            let mut row: Vec<(u32, f32)> = (0..n)
                .filter(|j| *j != i)
                .map(|j| {
                    let (signed, least) = overlap_whole(whole(j), whole(i));
                    (j as u32, signed as f32 / (total(i) + total(j) - least).max(1) as f32)
                })
                .collect();
            if row.len() > neighbours {
                row.select_nth_unstable_by(neighbours, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                row.truncate(neighbours);
            }
            row
        };
        Neighbours { rows: (0..n).into_par_iter().map(row).collect() }
    }
}

/// Each seqlet with its neighbours.
pub(super) fn similarities(set: &AlignmentSet, neighbours: &Neighbours, min_overlap: f64) -> Neighbours {
    let beyond = *shifts(set.positions, set.positions, min_overlap).end() as usize;
    // A parent with zeros at either side, so that every shift reads whole lanes.
    let padding = beyond * CHANNELS;
    let row = |padded: &mut Vec<i16>, i: usize| {
        padded.clear();
        padded.resize(padding, 0);
        padded.extend_from_slice(&set.forward[i * set.stride..(i + 1) * set.stride]);
        padded.resize(padded.len() + padding + LANES, 0);
        let parent = &set.cumulative[i * (set.positions + 1)..][..set.positions + 1];
        let compare = |(j, _): &(u32, f32)| {
            let j = *j as usize;
            let total = set.cumulative[j * (set.positions + 1) + set.positions];
            let mut best = 0.0f32;
            for child in [&set.forward, &set.backward] {
                let child = &child[j * set.stride..(j + 1) * set.stride];
                for shift in 0..=2 * beyond {
                    let (signed, least) = overlap_whole(child, &padded[shift * CHANNELS..][..set.stride]);
                    // Of the parent, what lies under the child.
                    let from = shift.saturating_sub(beyond).min(set.positions);
                    let to = (shift + set.positions).saturating_sub(beyond).min(set.positions);
                    let union = total + parent[to] - parent[from] - least;
                    if union > 0 {
                        best = best.max(signed as f32 / union as f32);
                    }
                }
            }
            (j as u32, best)
        };
        neighbours.rows[i].iter().map(compare).collect()
    };
    Neighbours { rows: (0..neighbours.rows.len()).into_par_iter().map_init(Vec::new, row).collect() }
}

wide! {
/// Σ sign · min and Σ min of two tracks of whole lanes.
fn overlap_whole(a: &[i16], b: &[i16]) -> (i32, i32) {
    let (mut all_signed, mut all_least) = (0, 0);
    for (a, b) in a.chunks(CHUNKS * LANES).zip(b.chunks(CHUNKS * LANES)) {
        let (mut signed, mut least) = ([0i16; LANES], [0i16; LANES]);
        for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
            for i in 0..LANES {
                // Nothing wraps; saying so keeps the loop wide in builds that check.
                let m = a[i].wrapping_abs().min(b[i].wrapping_abs());
                // m, or −m where the signs differ.
                let turn = (a[i] ^ b[i]) >> 15;
                signed[i] = signed[i].wrapping_add((m ^ turn).wrapping_sub(turn));
                least[i] = least[i].wrapping_add(m);
            }
        }
        all_signed += signed.iter().map(|v| i32::from(*v)).sum::<i32>();
        all_least += least.iter().map(|v| i32::from(*v)).sum::<i32>();
    }
    (all_signed, all_least)
}
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, keyed_rng};
    use rand::RngExt;

    #[test]
    fn jaccard_by_hand() {
        let p = |v: f32| [v, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let (a, b) = ([p(1.0), p(-2.0)], [p(3.0), p(1.0)]);
        // (min(1,3) − min(2,1)) / (max(1,3) + max(2,1))
        assert_eq!(jaccard_at(&a, &b, 0), 0.0);
        // a[1] over b[0], a[0] beyond: −2 / (1 + 3)
        assert_eq!(jaccard_at(&a, &b, -1), -0.5);
        // a[0] over b[1], a[1] beyond: 1 / (1 + 2)
        assert!((jaccard_at(&a, &b, 1) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(best_alignment(&a, &b, 0.5), (1.0 / 3.0, 1));
        assert_eq!(shifts(10, 10, 0.7), -3..=3);
        assert_eq!(shifts(5, 12, 1.0), 0..=7);
    }

    #[test]
    fn whole_numbers_agree_with_the_definition() {
        let (n, length) = (6, 40);
        let mut rng = keyed_rng(3, Stream::Simulate, 0, 0);
        let codes: Vec<u8> = (0..n * length).map(|_| rng.random_range(0..5)).collect();
        let values = (0..n * length).map(|_| std::array::from_fn(|_| rng.random::<f32>() - 0.5)).collect();
        let maps = AttributionMaps::new(length, codes, values).unwrap();
        let seqlets: Vec<PatternSeqlet> =
            (0..n).map(|example| PatternSeqlet { example, start_0: 3, end_0: 34, reverse: false }).collect();
        let all = Neighbours {
            rows: (0..n).map(|i| (0..n).filter(|j| *j != i).map(|j| (j as u32, 0.0)).collect()).collect(),
        };
        let found = similarities(&AlignmentSet::new(&maps, &seqlets), &all, 0.7);
        for (i, row) in found.rows.iter().enumerate() {
            let parent = normalised(track(&maps, &seqlets[i]));
            for (j, similarity) in row {
                let child = normalised(track(&maps, &seqlets[*j as usize]));
                let truth = best_on_either_strand(&child, &parent, 0.7).0;
                assert!((similarity - truth).abs() < 3e-3, "{i} {j}: {similarity} {truth}");
            }
        }
    }
}
