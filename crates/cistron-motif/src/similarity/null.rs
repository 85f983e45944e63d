//! The distribution of the best score over all offsets of a query in a random target of a given length.

use cistron_core::wide;

use super::columns::QueryColumns;

/// P(best score ≥ s) for each length of target.
pub(super) struct MaxDistributions {
    /// Per length: P(best ≥ s) for s = 0, 1, …; empty for lengths that do not occur.
    survival: Vec<Vec<f64>>,
}

impl MaxDistributions {
    /// Offsets count as independent, as in Tomtom. Query columns that are not aligned count as the median column.
    pub(super) fn new(query: &QueryColumns, lengths: &[usize]) -> Self {
        let nq = query.len();
        let spans = Spans::new(query, lengths);
        let mut survival = vec![Vec::new(); lengths.last().map_or(0, |n| n + 1)];
        // Every offset of a target at least as long as the query has one of these, and the full span at the rest.
        let mut long: Option<(usize, Vec<f64>)> = None;
        for &nt in lengths {
            if nt < nq {
                let mut best = vec![0.0; spans.size];
                for span in (1..nt).flat_map(|n| [(0, n), (nq - n, n)]).chain((0..=nq - nt).map(|from| (from, nt))) {
                    union(&mut best, spans.survival(span.0, span.1));
                }
                survival[nt] = best;
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
            survival[nt].clone_from(&best);
            long = Some((reached, best));
        }
        Self { survival }
    }

    pub(super) fn p_value(&self, length: usize, score: i32) -> f64 {
        let survival = &self.survival[length];
        usize::try_from(score).map_or(1.0, |s| survival.get(s).copied().unwrap_or(0.0).clamp(0.0, 1.0))
    }
}

/// The better of two: sure before the survival function begins, and as it was where that has ended.
fn union(best: &mut [f64], span: &Survival) {
    best[..span.at].fill(1.0);
    either(&mut best[span.at..span.at + span.values.len()], &span.values);
}

wide! {
/// P(a or b) of independent events: 1 − (1 − a)(1 − b), exact for small ones.
fn either(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b - *a * b;
    }
}
}

/// P(score ≥ s): 1 for s up to `at`, `values` from there, then 0.
#[derive(Debug, Clone, Default)]
struct Survival {
    at: usize,
    values: Vec<f64>,
}

/// P(score ≥ s) of stretches of the query aligned to random columns.
struct Spans {
    /// Scores 0..size.
    size: usize,
    /// Of `length` columns from `from`, at `from · (nq + 1) + length`; empty for those that no alignment has.
    survival: Vec<Survival>,
    columns: usize,
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
        let mut survival = vec![Survival::default(); nq * (nq + 1)];
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
                    survival[from * (nq + 1) + n] = Survival::of(&sum, low + query.offset * (nq - n));
                }
            }
        }
        Self { size, survival, columns: nq }
    }

    fn survival(&self, from: usize, length: usize) -> &Survival {
        &self.survival[from * (self.columns + 1) + length]
    }
}

impl Survival {
    /// Of a density that begins at `at`.
    fn of(density: &[f64], at: usize) -> Self {
        let mut values = density.to_vec();
        let mut sum = 0.0;
        for value in values.iter_mut().rev() {
            sum += *value;
            *value = sum;
        }
        Self { at, values }
    }
}

/// Weights that are taken at once.
const QUAD: usize = 4;

fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let quads = b.len().div_ceil(QUAD);
    let mut padded = vec![0.0; a.len() + 2 * (QUAD - 1)];
    padded[QUAD - 1..QUAD - 1 + a.len()].copy_from_slice(a);
    let mut weights = vec![[0.0; QUAD]; quads];
    weights.as_flattened_mut()[..b.len()].copy_from_slice(b);
    let mut out = vec![0.0; quads * QUAD + a.len() - 1];
    add_shifted(&mut out, &padded, &weights);
    out.truncate(a.len() + b.len() - 1);
    out
}

wide! {
/// Adds `a`, which has three zeros before and after it, at every place times the weight of that place.
fn add_shifted(out: &mut [f64], a: &[f64], weights: &[[f64; QUAD]]) {
    let n = a.len() - (QUAD - 1);
    for (i, w) in weights.iter().enumerate().filter(|(_, w)| **w != [0.0; QUAD]) {
        let (a0, a1, a2, a3) = (&a[3..][..n], &a[2..][..n], &a[1..][..n], &a[..n]);
        for ((((o, a0), a1), a2), a3) in out[QUAD * i..][..n].iter_mut().zip(a0).zip(a1).zip(a2).zip(a3) {
            *o = (((*o + a0 * w[0]) + a1 * w[1]) + a2 * w[2]) + a3 * w[3];
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
        let mut best = [0.0, 0.0, 0.5, 0.5];
        union(&mut best, &Survival::of(&[0.25, 0.75], 1));
        assert_eq!(best, [1.0, 1.0, 0.875, 0.5]);
        let mut a = [0.5, 1e-18, 1.0];
        either(&mut a, &[0.5, 1e-18, 0.3]);
        assert_eq!(a[0], 0.75);
        assert!((a[1] - 2e-18).abs() < 1e-30 && (a[2] - 1.0).abs() < 1e-15);
    }
}
