//! Columns of the query against the distinct columns of the targets: scores, in bins, and sums along alignments.

use std::collections::HashMap;
use std::str::FromStr;

use crate::Motif;
use crate::wide::wide;

/// How two columns of base frequencies are compared; higher is more alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnScore {
    /// Minus the Euclidean distance (Tomtom's default, Gupta et al. 2007).
    Euclidean,
    /// Pearson's correlation of the four frequencies (Pietrokovski 1996); 0 where a column is even.
    Pearson,
    /// 2 minus the squared Euclidean distance (Sandelin and Wasserman 2004).
    SandelinWasserman,
    /// Minus the mean of the two Kullback–Leibler divergences, with 0.01 added to every frequency (Wu et al. 2001).
    KullbackLeibler,
}

impl ColumnScore {
    /// Every score.
    pub const ALL: [Self; 4] = [Self::Euclidean, Self::Pearson, Self::SandelinWasserman, Self::KullbackLeibler];

    /// Writes the score of `query` against each of the targets' columns, given as four rows.
    fn row(self, query: [f32; 4], targets: &[Vec<f32>; 4], out: &mut [f32]) {
        match self {
            Self::Euclidean => {
                squared_distances(query, targets, out);
                negative_roots(out);
            }
            Self::SandelinWasserman => {
                squared_distances(query, targets, out);
                out.iter_mut().for_each(|o| *o = 2.0 - *o);
            }
            Self::Pearson => each(targets, out, |y| pearson(query.map(f64::from), y)),
            Self::KullbackLeibler => each(targets, out, |y| -divergence(query.map(f64::from), y)),
        }
    }
}

fn each(targets: &[Vec<f32>; 4], out: &mut [f32], score: impl Fn([f64; 4]) -> f64) {
    let [a, c, g, t] = targets;
    for ((((o, a), c), g), t) in out.iter_mut().zip(a).zip(c).zip(g).zip(t) {
        *o = score([*a, *c, *g, *t].map(f64::from)) as f32;
    }
}

wide! {
fn squared_distances(query: [f32; 4], targets: &[Vec<f32>; 4], out: &mut [f32]) {
    let [a, c, g, t] = targets;
    for ((((o, a), c), g), t) in out.iter_mut().zip(a).zip(c).zip(g).zip(t) {
        let d = [query[0] - a, query[1] - c, query[2] - g, query[3] - t];
        *o = (d[0] * d[0] + d[1] * d[1]) + (d[2] * d[2] + d[3] * d[3]);
    }
}
}

wide! {
fn negative_roots(values: &mut [f32]) {
    values.iter_mut().for_each(|v| *v = -v.sqrt());
}
}

wide! {
/// Steps above `low`, as whole numbers.
fn steps(values: &[f32], low: f32, scale: f32, add: f32, out: &mut [u16]) {
    for (o, v) in out.iter_mut().zip(values) {
        // SAFETY: the callers' ranges make every step a small number that is not negative.
        *o = unsafe { ((v - low) * scale + add).to_int_unchecked::<i32>() } as u16;
    }
}
}

impl FromStr for ColumnScore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "euclidean" => Ok(Self::Euclidean),
            "pearson" => Ok(Self::Pearson),
            "sandelin-wasserman" => Ok(Self::SandelinWasserman),
            "kullback-leibler" => Ok(Self::KullbackLeibler),
            _ => Err(format!("{text:?} is none of euclidean, pearson, sandelin-wasserman, kullback-leibler")),
        }
    }
}

fn pearson(x: [f64; 4], y: [f64; 4]) -> f64 {
    let centre = |v: [f64; 4]| v.map(|e| e - v.iter().sum::<f64>() / 4.0);
    let (x, y) = (centre(x), centre(y));
    let dot = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
    let scale = dot(x, x) * dot(y, y);
    if scale < 1e-18 { 0.0 } else { dot(x, y) / scale.sqrt() }
}

fn divergence(x: [f64; 4], y: [f64; 4]) -> f64 {
    let add = |v: [f64; 4]| v.map(|e| (e + 0.01) / 1.04);
    let (x, y) = (add(x), add(y));
    x.iter().zip(y).map(|(p, q)| (p - q) * (p / q).ln()).sum::<f64>() / 2.0
}

/// Every column of the targets, forward and (after them) on the other strand, each distinct column once.
#[derive(Debug, Clone)]
pub(super) struct TargetColumns {
    /// Frequencies of A, C, G, T of the distinct columns.
    rows: [Vec<f32>; 4],
    /// How many of all columns each is.
    weights: Vec<u32>,
    columns: usize,
    /// Distinct columns of each target and strand.
    index: Vec<u32>,
    /// Where each target and strand begins in `index`; one more than there are.
    starts: Vec<usize>,
    targets: usize,
}

/// The best offset of a query in a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alignment {
    pub(super) score: i32,
    pub(super) offset: i32,
    pub(super) overlap: usize,
}

impl TargetColumns {
    pub(super) fn new(targets: &[Motif], both_strands: bool) -> Self {
        let mut seen: HashMap<[u32; 4], u32> = HashMap::new();
        let (mut rows, mut weights): ([Vec<f32>; 4], Vec<u32>) = Default::default();
        let (mut index, mut starts) = (Vec::new(), vec![0]);
        let strands: Vec<Vec<[f64; 4]>> = targets
            .iter()
            .map(Motif::frequencies)
            .chain(targets.iter().filter(|_| both_strands).map(|m| m.reverse_complement().frequencies()))
            .collect();
        for column in strands.iter().flat_map(|s| s.iter().map(Some).chain([None])) {
            let Some(column) = column else {
                starts.push(index.len());
                continue;
            };
            let at = *seen.entry(column.map(|f| (f as f32).to_bits())).or_insert_with(|| {
                rows.iter_mut().zip(column).for_each(|(row, f)| row.push(*f as f32));
                weights.push(0);
                weights.len() as u32 - 1
            });
            weights[at as usize] += 1;
            index.push(at);
        }
        Self { rows, weights, columns: index.len(), index, starts, targets: targets.len() }
    }

    pub(super) fn targets(&self) -> usize {
        self.targets
    }

    pub(super) fn length(&self, strand: usize) -> usize {
        self.starts[strand + 1] - self.starts[strand]
    }

    /// Lengths that occur, in ascending order.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<usize> = (0..self.targets).map(|t| self.length(t)).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// The best offset; of equals the one that is tried first (the query furthest to the left).
    pub(super) fn align(&self, strand: usize, query: &QueryColumns, sums: &mut Vec<i32>) -> Alignment {
        let columns = &self.index[self.starts[strand]..self.starts[strand + 1]];
        let (nt, nq) = (columns.len(), query.len());
        sums.clear();
        sums.resize(nt + query.stride - 1, 0);
        add_diagonals(columns, &query.scores, query.stride, sums);
        let sums = &sums[..nt + nq - 1];
        let best = sums.iter().copied().max().unwrap_or(0);
        let k = sums.iter().position(|s| *s == best).unwrap_or(0);
        Alignment {
            score: best + (nq * query.offset) as i32,
            offset: k as i32 - nq as i32 + 1,
            overlap: (k + 1).min(nq) - (k + 1).saturating_sub(nt),
        }
    }
}

wide! {
/// Adds each column's scores to the sums that begin at its place.
fn add_diagonals(columns: &[u32], scores: &[i16], stride: usize, sums: &mut [i32]) {
    for (k, column) in columns.iter().enumerate() {
        let scores = scores[*column as usize * stride..][..stride].chunks_exact(16);
        for (sums, scores) in sums[k..k + stride].chunks_exact_mut(16).zip(scores) {
            for i in 0..16 {
                sums[i] += i32::from(scores[i]);
            }
        }
    }
}
}

/// A query's columns against the distinct columns of the targets.
#[derive(Default)]
pub(super) struct QueryColumns {
    columns: usize,
    /// Bins of a score, less the bin of the median, per distinct column; the query's columns from last to first, padded by 0.
    scores: Vec<i16>,
    stride: usize,
    /// Share of the targets' columns in each bin, per query column.
    pub(super) densities: Vec<Vec<f64>>,
    /// The bin that an unaligned column counts as.
    pub(super) offset: usize,
    rows: Vec<f32>,
    steps: Vec<u16>,
}

impl QueryColumns {
    /// Takes the place of an earlier query, whose memory is used again.
    pub(super) fn set(&mut self, query: &Motif, targets: &TargetColumns, score: ColumnScore, bins: usize) {
        let Self { columns, scores, stride, densities, offset, rows, steps: bin_of } = self;
        let frequencies = query.frequencies();
        let (nq, ny) = (frequencies.len(), targets.weights.len());
        rows.resize(nq * ny, 0.0);
        bin_of.resize(ny, 0);
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        let mut medians = Vec::with_capacity(nq);
        for (column, row) in frequencies.iter().zip(rows.chunks_exact_mut(ny)) {
            score.row(column.map(|f| f as f32), &targets.rows, row);
            let (least, most) = range(row);
            let median = weighted_median(row, &targets.weights, least, most, bin_of);
            low = low.min(least - median);
            high = high.max(most - median);
            medians.push(median);
        }
        // Whole numbers, as in Tomtom: the lowest score rounded down, and bins per unit of score.
        let floor = low.floor();
        let scale = (bins as f32 / (high - floor).max(1.0)).floor().max(1.0);
        *offset = (-floor * scale) as usize;
        *stride = nq.next_multiple_of(16);
        // Only the padding has to be 0, and it is where the last query was as long.
        if *columns != nq || scores.len() != ny * *stride {
            scores.clear();
            scores.resize(ny * *stride, 0);
        }
        *columns = nq;
        densities.clear();
        let zero = *offset as i16;
        for (i, (row, median)) in rows.chunks_exact(ny).zip(medians).enumerate() {
            steps(row, median + floor, scale, 0.5, bin_of);
            let counts = count(bin_of, &targets.weights);
            densities.push(counts[..=bins].iter().map(|n| f64::from(*n) / targets.columns as f64).collect());
            let slots = scores[nq - 1 - i..].iter_mut().step_by(*stride);
            for (bin, slot) in bin_of.iter().zip(slots) {
                *slot = *bin as i16 - zero;
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.columns
    }
}

wide! {
fn range(values: &[f32]) -> (f32, f32) {
    // Several running extremes at once, so that the loop is wide.
    let (mut low, mut high) = ([f32::INFINITY; 16], [f32::NEG_INFINITY; 16]);
    let mut chunks = values.chunks_exact(16);
    for chunk in &mut chunks {
        for i in 0..16 {
            low[i] = if chunk[i] < low[i] { chunk[i] } else { low[i] };
            high[i] = if chunk[i] > high[i] { chunk[i] } else { high[i] };
        }
    }
    let rest = chunks.remainder();
    let low = low.iter().chain(rest).copied().fold(f32::INFINITY, f32::min);
    (low, high.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max))
}
}

/// The most bins of a histogram.
const BINS: usize = 1024;

/// Weight in each bin.
fn count(bin_of: &[u16], weights: &[u32]) -> [u32; BINS] {
    // Four counts in turn: neighbours often fall in one bin, and would wait for each other.
    let mut counts = [[0u32; BINS]; 4];
    let (quads, rest) = bin_of.as_chunks::<4>();
    let (quad_weights, rest_weights) = weights.as_chunks::<4>();
    for (bins, weights) in quads.iter().zip(quad_weights) {
        for i in 0..4 {
            counts[i][usize::from(bins[i]) % BINS] += weights[i];
        }
    }
    for (bin, weight) in rest.iter().zip(rest_weights) {
        counts[0][usize::from(*bin) % BINS] += weight;
    }
    std::array::from_fn(|i| counts.iter().map(|c| c[i]).sum())
}

/// The smallest value that at least half of the weight does not exceed: its bin by counting, then the bin sorted.
fn weighted_median(values: &[f32], weights: &[u32], low: f32, high: f32, bin_of: &mut [u16]) -> f32 {
    if high <= low {
        return low;
    }
    let scale = (BINS - 1) as f32 / (high - low);
    steps(values, low, scale, 0.0, bin_of);
    let counts = count(bin_of, weights);
    let half = counts.iter().sum::<u32>().div_ceil(2);
    let mut before = 0;
    let mut bin = 0;
    while bin + 1 < BINS && before + counts[bin] < half {
        before += counts[bin];
        bin += 1;
    }
    let mut inside = Vec::new();
    places(bin_of, bin as u16, &mut inside);
    let mut inside: Vec<(f32, u32)> = inside.into_iter().map(|i| (values[i], weights[i])).collect();
    inside.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    for (value, weight) in &inside {
        before += weight;
        if before >= half {
            return *value;
        }
    }
    inside.last().map_or(high, |(v, _)| *v)
}

wide! {
/// Where a value stands.
fn places(values: &[u16], wanted: u16, out: &mut Vec<usize>) {
    for (i, chunk) in values.chunks(32).enumerate() {
        if chunk.iter().fold(false, |any, v| any | (*v == wanted)) {
            out.extend((0..chunk.len()).filter(|j| chunk[*j] == wanted).map(|j| 32 * i + j));
        }
    }
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_scores_by_hand() {
        let (a, even) = ([1.0, 0.0, 0.0, 0.0], [0.25; 4]);
        let mixed = [0.5, 0.5, 0.0, 0.0];
        let score = |s: ColumnScore, x: [f32; 4], y: [f32; 4]| {
            let mut out = [0.0f32];
            s.row(x, &y.map(|v| vec![v]), &mut out);
            f64::from(out[0])
        };
        assert!((score(ColumnScore::Euclidean, a, mixed) + 0.5f64.sqrt()).abs() < 1e-6);
        assert!((score(ColumnScore::SandelinWasserman, a, mixed) - 1.5).abs() < 1e-6);
        assert!((score(ColumnScore::Pearson, a, a) - 1.0).abs() < 1e-6);
        assert_eq!(score(ColumnScore::Pearson, a, even), 0.0);
        let (p, q) = (1.01f64 / 1.04, 0.51f64 / 1.04);
        let (r, s) = (0.01f64 / 1.04, 0.51f64 / 1.04);
        let wanted = -((p - q) * (p / q).ln() + (r - s) * (r / s).ln()) / 2.0;
        assert!((score(ColumnScore::KullbackLeibler, a, mixed) - wanted).abs() < 1e-6);
    }

    #[test]
    fn the_median_is_that_of_all_columns() {
        let values = [3.0, 1.0, 2.0, 9.0, -4.0];
        let median = |w: [u32; 5]| weighted_median(&values, &w, -4.0, 9.0, &mut [0; 5]);
        assert_eq!(median([1; 5]), 2.0);
        assert_eq!(median([0, 0, 0, 6, 4]), 9.0);
        assert_eq!(median([1, 1, 1, 1, 6]), -4.0);
        assert_eq!(range(&values), (-4.0, 9.0));
    }
}
