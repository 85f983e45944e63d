//! The distribution of the best score over all offsets of a query in a random target of a given length.

use std::collections::HashMap;

use super::columns::QueryColumns;
use crate::wide::wide;

/// P(best score ≥ s) for each length of target.
pub(super) struct MaxDistributions {
    /// Per length: P(best ≥ s) for s = 0, 1, …
    survival: HashMap<usize, Vec<f64>>,
}

impl MaxDistributions {
    /// Offsets count as independent, as in Tomtom. Query columns that are not aligned count as the median column.
    pub(super) fn new(query: &QueryColumns, lengths: Vec<usize>) -> Self {
        let nq = query.len();
        let spans = Spans::new(query, &lengths);
        let mut survival = HashMap::new();
        // Every offset of a target at least as long as the query has one of these, and the full span at the rest.
        let mut long: Option<(usize, Vec<f64>)> = None;
        for nt in lengths {
            if nt < nq {
                let mut best = vec![0.0; spans.size];
                for span in (1..nt).flat_map(|n| [(0, n), (nq - n, n)]).chain((0..=nq - nt).map(|from| (from, nt))) {
                    union(&mut best, spans.survival(span.0, span.1));
                }
                survival.insert(nt, best);
                continue;
            }
            let (mut reached, mut best) = long.take().unwrap_or_else(|| {
                let mut best = vec![0.0; spans.size];
                for n in 1..nq {
                    union(&mut best, spans.survival(0, n));
                    union(&mut best, spans.survival(nq - n, n));
                }
                (nq - 1, best)
            });
            while reached < nt {
                union(&mut best, spans.survival(0, nq));
                reached += 1;
            }
            survival.insert(nt, best.clone());
            long = Some((reached, best));
        }
        Self { survival }
    }

    pub(super) fn p_value(&self, length: usize, score: i32) -> f64 {
        let survival = &self.survival[&length];
        usize::try_from(score).map_or(1.0, |s| survival.get(s).copied().unwrap_or(0.0).clamp(0.0, 1.0))
    }
}

wide! {
/// P(a or b) of independent events: 1 − (1 − a)(1 − b), exact for small ones.
fn union(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b - *a * b;
    }
}
}

/// P(score ≥ s) of stretches of the query aligned to random columns.
struct Spans {
    /// Scores 0..size.
    size: usize,
    survival: HashMap<(usize, usize), Vec<f64>>,
}

impl Spans {
    fn new(query: &QueryColumns, lengths: &[usize]) -> Self {
        let nq = query.len();
        let bins = query.densities[0].len() - 1;
        let size = nq * (bins + query.offset) + 1;
        // Where each column's density is not 0.
        let support: Vec<(usize, &[f64])> = query
            .densities
            .iter()
            .map(|d| {
                let first = d.iter().position(|p| *p > 0.0).unwrap_or(0);
                let last = d.iter().rposition(|p| *p > 0.0).unwrap_or(0);
                (first, &d[first..=last])
            })
            .collect();
        let inner = lengths.iter().copied().filter(|n| *n < nq).max().unwrap_or(0);
        let mut survival = HashMap::new();
        for from in 0..nq {
            let (mut low, density) = support[from];
            let mut sum = density.to_vec();
            for (to, (first, density)) in support.iter().enumerate().skip(from) {
                if to > from {
                    sum = convolve(&sum, density);
                    low += first;
                }
                let n = to + 1 - from;
                let wanted = from == 0 || to + 1 == nq || (n <= inner && lengths.binary_search(&n).is_ok());
                if wanted {
                    survival.insert((from, n), placed(&sum, low + query.offset * (nq - n), size));
                }
            }
        }
        Self { size, survival }
    }

    fn survival(&self, from: usize, length: usize) -> &[f64] {
        &self.survival[&(from, length)]
    }
}

/// The survival function, over scores 0..size, of a density that begins at `at`.
fn placed(density: &[f64], at: usize, size: usize) -> Vec<f64> {
    let mut out = vec![0.0; size];
    let mut sum = 0.0;
    for (o, p) in out[at..at + density.len()].iter_mut().zip(density).rev() {
        sum += p;
        *o = sum;
    }
    out[..at].fill(1.0);
    out
}

fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; a.len() + b.len() - 1];
    add_shifted(&mut out, a, b);
    out
}

wide! {
fn add_shifted(out: &mut [f64], a: &[f64], weights: &[f64]) {
    for (i, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        for (o, p) in out[i..i + a.len()].iter_mut().zip(a) {
            *o += p * weight;
        }
    }
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(convolve(&[0.5, 0.5], &[0.25, 0.0, 0.75]), [0.125, 0.125, 0.375, 0.375]);
        assert_eq!(placed(&[0.25, 0.75], 1, 4), [1.0, 1.0, 0.75, 0.0]);
        let mut a = [0.5, 1e-18, 1.0];
        union(&mut a, &[0.5, 1e-18, 0.3]);
        assert_eq!(a[0], 0.75);
        assert!((a[1] - 2e-18).abs() < 1e-30 && (a[2] - 1.0).abs() < 1e-15);
    }
}
