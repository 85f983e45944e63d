//! The coarse comparison: seqlets as sparse vectors of gapped k-mers (Ghandi et al. 2014), weighted by contribution.

use rayon::prelude::*;

use super::PatternSeqlet;
use crate::AttributionMaps;

/// Strongest bases of a seqlet that make k-mers.
const BASES: usize = 16;
/// k-mers kept per seqlet.
const KEPT: usize = 150;
/// Widest k-mer, in bases.
const WIDEST: usize = 15;

/// Things with their similarities to one.
pub(super) type Row = Vec<(u32, f32)>;

/// The nearest neighbours of each of some things, by falling similarity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Neighbours {
    pub(super) rows: Vec<Row>,
}

impl Neighbours {
    /// Rows and neighbours of some of the things only, numbered anew.
    pub(super) fn subset(&self, kept: &[usize]) -> Self {
        let mut number = vec![u32::MAX; self.rows.len()];
        for (new, old) in kept.iter().enumerate() {
            number[*old] = new as u32;
        }
        let row = |i: &usize| {
            let kept = self.rows[*i].iter().map(|(j, v)| (number[*j as usize], *v));
            kept.filter(|(j, _)| *j != u32::MAX).collect()
        };
        Self { rows: kept.iter().map(row).collect() }
    }
}

/// A vector of length 1.
type Sparse = Vec<(u32, f32)>;

/// Four bases with three gaps below 16, as one number.
fn key(letters: [u8; 4], gaps: [usize; 3]) -> u32 {
    let letters = letters.iter().fold(0, |k, l| k << 2 | u32::from(*l));
    gaps.iter().fold(letters, |k, g| k << 4 | *g as u32)
}

const KEYS: usize = 1 << 20;

/// The same k-mer on the other strand.
fn other_strand(key: u32) -> u32 {
    let letters = (0..4).fold(0, |out, i| out << 2 | (3 - (key >> (12 + 2 * i) & 3)));
    let gaps = (0..3).fold(0, |out, i| out << 4 | (key >> (4 * i) & 15));
    letters << 12 | gaps
}

fn embedding(maps: &AttributionMaps, seqlet: &PatternSeqlet, sign: f64) -> Sparse {
    let codes = seqlet.codes(maps);
    let values: Vec<f32> = seqlet.contributions(maps).map(|v| v * sign as f32).collect();
    let mut bases: Vec<usize> = (0..codes.len()).filter(|i| codes[*i] < 4 && values[*i] > 0.0).collect();
    bases.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    bases.truncate(BASES);
    bases.sort_unstable();
    let mut found: Vec<(f32, u32)> = Vec::new();
    for (a, &p) in bases.iter().enumerate() {
        for (b, &q) in bases.iter().enumerate().skip(a + 1).take_while(|(_, q)| **q - p < WIDEST) {
            for (c, &r) in bases.iter().enumerate().skip(b + 1).take_while(|(_, r)| **r - p < WIDEST) {
                for &s in bases[c + 1..].iter().take_while(|s| **s - p < WIDEST) {
                    let score = values[p] + values[q] + values[r] + values[s];
                    found.push((score, key([p, q, r, s].map(|i| codes[i]), [q - p, r - q, s - r])));
                }
            }
        }
    }
    if found.len() > KEPT {
        found.select_nth_unstable_by(KEPT, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(KEPT);
    }
    found.sort_unstable_by_key(|(_, k)| *k);
    let mut out: Sparse = Vec::with_capacity(found.len());
    for (score, key) in found {
        match out.last_mut() {
            Some((last, sum)) if *last == key => *sum += score,
            _ => out.push((key, score)),
        }
    }
    let norm = out.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
    if norm > 0.0 {
        out.iter_mut().for_each(|(_, v)| *v /= norm);
    }
    out
}

/// The nearest neighbours of each seqlet by the cosine of their vectors, on the better strand; itself is not one.
pub(super) fn nearest(maps: &AttributionMaps, seqlets: &[PatternSeqlet], sign: f64, count: usize) -> Neighbours {
    let vectors: Vec<Sparse> = seqlets.par_iter().map(|s| embedding(maps, s, sign)).collect();
    // Postings: which seqlets have a k-mer.
    let mut starts = vec![0u32; KEYS + 1];
    for (key, _) in vectors.iter().flatten() {
        starts[*key as usize + 1] += 1;
    }
    for i in 0..KEYS {
        starts[i + 1] += starts[i];
    }
    let mut postings = vec![(0u32, 0.0f32); starts[KEYS] as usize];
    let mut at = starts.clone();
    for (seqlet, vector) in vectors.iter().enumerate() {
        for (key, value) in vector {
            postings[at[*key as usize] as usize] = (seqlet as u32, *value);
            at[*key as usize] += 1;
        }
    }
    drop(at);
    let n = seqlets.len();
    let row = |sums: &mut [Vec<f32>; 2], i: usize| {
        for (strand, sums) in sums.iter_mut().enumerate() {
            sums.fill(0.0);
            for (key, value) in &vectors[i] {
                let key = if strand == 0 { *key } else { other_strand(*key) } as usize;
                for (other, weight) in &postings[starts[key] as usize..starts[key + 1] as usize] {
                    sums[*other as usize] += value * weight;
                }
            }
        }
        let [forward, backward] = sums;
        let best = |j: usize| forward[j].max(backward[j]);
        let mut found: Vec<(u32, f32)> =
            (0..n).filter(|j| *j != i).map(|j| (j as u32, best(j))).filter(|(_, v)| *v > 0.0).collect();
        let by_similarity = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > count {
            found.select_nth_unstable_by(count, by_similarity);
            found.truncate(count);
        }
        found.sort_unstable_by(by_similarity);
        found.shrink_to_fit();
        found
    };
    let sums = || [vec![0.0f32; n], vec![0.0f32; n]];
    Neighbours { rows: (0..n).into_par_iter().map_init(sums, row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_strand_of_a_kmer() {
        // A.CG..T backwards is A..CG.T
        let k = key([0, 1, 2, 3], [2, 1, 3]);
        assert_eq!(other_strand(k), key([0, 1, 2, 3], [3, 1, 2]));
        assert_eq!(other_strand(key([0, 0, 1, 1], [1, 15, 3])), key([2, 2, 3, 3], [3, 15, 1]));
        assert!((key([3; 4], [15; 3]) as usize) < KEYS);
    }
}
