//! The distribution of the best score over all offsets of a query in a random target of a given length.

use std::ops::Range;

use cistron_core::wide;

use super::columns::QueryColumns;

/// P(best score ≥ s) for each length of target.
#[derive(Default)]
pub(super) struct MaxDistributions {
    /// P(best ≥ s) for s = 0, 1, …, of one length after the other.
    survival: Vec<f64>,
    /// Scores 0..size.
    size: usize,
    /// Which of those of [`MaxDistributions::survival`] a length has.
    places: Vec<usize>,
    spans: Spans,
}

impl MaxDistributions {
    /// Takes the place of an earlier query, whose memory is used again. Offsets count as independent, as in Tomtom. Query columns that are not
    /// aligned count as the median column.
    pub(super) fn set(&mut self, query: &QueryColumns, lengths: &[usize]) {
        let Self { survival, size, places, spans } = self;
        let nq = query.len();
        spans.set(query, lengths);
        *size = nq * (query.densities[0].len() - 1 + query.offset) + 1;
        places.clear();
        places.resize(lengths.last().map_or(0, |n| n + 1), 0);
        survival.clear();
        survival.resize(lengths.len() * *size, 0.0);
        let mut reached = None;
        for (place, &nt) in lengths.iter().enumerate() {
            places[nt] = place;
            let (earlier, best) = survival.split_at_mut(place * *size);
            let best = &mut best[..*size];
            if nt < nq {
                for (from, n) in (1..nt).flat_map(|n| [(0, n), (nq - n, n)]).chain((0..=nq - nt).map(|at| (at, nt))) {
                    union(best, spans.survival(from, n));
                }
                continue;
            }
            // Every offset of a target at least as long as the query has one of these, and the full span at the rest.
            let full = match reached {
                Some(reached) => {
                    best.copy_from_slice(&earlier[(place - 1) * *size..]);
                    nt - reached
                }
                None => {
                    for n in 1..nq {
                        union(best, spans.survival(0, n));
                        union(best, spans.survival(nq - n, n));
                    }
                    nt + 1 - nq
                }
            };
            (0..full).for_each(|_| union(best, spans.survival(0, nq)));
            reached = Some(nt);
        }
    }

    pub(super) fn p_value(&self, length: usize, score: i32) -> f64 {
        let survival = &self.survival[self.places[length] * self.size..][..self.size];
        usize::try_from(score).map_or(1.0, |s| survival.get(s).copied().unwrap_or(0.0).clamp(0.0, 1.0))
    }
}

/// P(score ≥ s): 1 for s up to `at`, `values` from there, then 0.
#[derive(Clone, Copy)]
struct Survival<'a> {
    at: usize,
    values: &'a [f64],
}

/// The better of two: sure before the survival function begins, and as it was where that has ended.
fn union(best: &mut [f64], span: Survival<'_>) {
    best[..span.at].fill(1.0);
    either(&mut best[span.at..span.at + span.values.len()], span.values);
}

wide! {
/// P(a or b) of independent events: 1 − (1 − a)(1 − b), exact for small ones.
fn either(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b - *a * b;
    }
}
}

/// P(score ≥ s) of stretches of the query aligned to random columns.
#[derive(Default)]
struct Spans {
    /// Of one stretch after the other.
    survival: Vec<f64>,
    /// Where that of `length` columns from `from` begins to fall and where its values lie, at `from · (nq + 1) + length`; nothing for those that no
    /// alignment has.
    places: Vec<(usize, Range<usize>)>,
    columns: usize,
    sum: Vec<f64>,
    convolution: Convolution,
}

impl Spans {
    fn set(&mut self, query: &QueryColumns, lengths: &[usize]) {
        let Self { survival, places, columns, sum, convolution } = self;
        let nq = query.len();
        // Where each column's density is not 0.
        let support = |d: &'_ Vec<f64>| {
            let first = d.iter().position(|p| *p > 0.0).unwrap_or(0);
            let last = d.iter().rposition(|p| *p > 0.0).unwrap_or(0);
            first..last + 1
        };
        let support: Vec<Range<usize>> = query.densities.iter().map(support).collect();
        let inner = lengths.iter().copied().filter(|n| *n < nq).max().unwrap_or(0);
        survival.clear();
        places.clear();
        places.resize(nq * (nq + 1), (0, 0..0));
        *columns = nq;
        for from in 0..nq {
            let mut low = 0;
            sum.clear();
            sum.push(1.0);
            for (to, (range, density)) in support.iter().zip(&query.densities).enumerate().skip(from) {
                convolution.with(sum, &density[range.clone()]);
                low += range.start;
                let n = to + 1 - from;
                if from == 0 || to + 1 == nq || (n <= inner && lengths.binary_search(&n).is_ok()) {
                    let start = survival.len();
                    survival.extend_from_slice(sum);
                    let mut total = 0.0;
                    for value in survival[start..].iter_mut().rev() {
                        total += *value;
                        *value = total;
                    }
                    places[from * (nq + 1) + n] = (low + query.offset * (nq - n), start..survival.len());
                }
            }
        }
    }

    fn survival(&self, from: usize, length: usize) -> Survival<'_> {
        let (at, values) = &self.places[from * (self.columns + 1) + length];
        Survival { at: *at, values: &self.survival[values.clone()] }
    }
}

/// Weights that are taken at once.
const QUAD: usize = 4;

/// Working memory of convolutions.
#[derive(Default)]
struct Convolution {
    padded: Vec<f64>,
    weights: Vec<[f64; QUAD]>,
}

impl Convolution {
    /// Replaces a density by that of the sum with another.
    fn with(&mut self, a: &mut Vec<f64>, b: &[f64]) {
        let Self { padded, weights } = self;
        let (quads, n) = (b.len().div_ceil(QUAD), a.len());
        padded.clear();
        padded.resize(QUAD - 1, 0.0);
        padded.extend_from_slice(a);
        padded.resize(n + 2 * (QUAD - 1), 0.0);
        weights.clear();
        weights.resize(quads, [0.0; QUAD]);
        weights.as_flattened_mut()[..b.len()].copy_from_slice(b);
        a.clear();
        a.resize(quads * QUAD + n - 1, 0.0);
        add_shifted(a, padded, weights);
        a.truncate(n + b.len() - 1);
    }
}

wide! {
/// Adds `a`, which has three zeros before and after it, at every place times the weight of that place.
fn add_shifted(out: &mut [f64], a: &[f64], weights: &[[f64; QUAD]]) {
    let n = a.len() - (QUAD - 1);
    for (i, w) in weights.iter().enumerate().filter(|(_, w)| **w != [0.0; QUAD]) {
        let (a0, a1, a2, a3) = (&a[3..][..n], &a[2..][..n], &a[1..][..n], &a[..n]);
        for ((((o, a0), a1), a2), a3) in out[QUAD * i..][..n].iter_mut().zip(a0).zip(a1).zip(a2).zip(a3) {
            *o = a3.mul_add(w[3], a2.mul_add(w[2], a1.mul_add(w[1], a0.mul_add(w[0], *o))));
        }
    }
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        let mut sum = vec![0.5, 0.5];
        Convolution::default().with(&mut sum, &[0.25, 0.0, 0.75]);
        assert_eq!(sum, [0.125, 0.125, 0.375, 0.375]);
        let mut best = [0.0, 0.0, 0.5, 0.5];
        union(&mut best, Survival { at: 1, values: &[1.0, 0.75] });
        assert_eq!(best, [1.0, 1.0, 0.875, 0.5]);
        let mut a = [0.5, 1e-18, 1.0];
        either(&mut a, &[0.5, 1e-18, 0.3]);
        assert_eq!(a[0], 0.75);
        assert!((a[1] - 2e-18).abs() < 1e-30 && (a[2] - 1.0).abs() < 1e-15);
    }
}
