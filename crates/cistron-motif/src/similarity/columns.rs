//! Columns of the query against the columns of the targets: scores, in bins, and sums along alignments.

use std::str::FromStr;

use cistron_core::wide;

use super::median;
use crate::Motif;

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

    /// Writes the score of `query` against each of the targets' columns, given as four rows; returns the lowest and the highest.
    fn row(self, query: [f32; 4], targets: &[Vec<f32>; 4], out: &mut [f32]) -> (f32, f32) {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let from = block * BLOCK;
            let targets = targets.each_ref().map(|t| &t[from..from + out.len()]);
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
            let (least, most) = range(out);
            (low, high) = (low.min(least), high.max(most));
        }
        (low, high)
    }
}

fn each(targets: [&[f32]; 4], out: &mut [f32], score: impl Fn([f64; 4]) -> f64) {
    let [a, c, g, t] = targets;
    for ((((o, a), c), g), t) in out.iter_mut().zip(a).zip(c).zip(g).zip(t) {
        *o = score([*a, *c, *g, *t].map(f64::from)) as f32;
    }
}

wide! {
fn squared_distances(query: [f32; 4], targets: [&[f32]; 4], out: &mut [f32]) {
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
/// Steps above `low`, rounded.
fn steps(values: &[f32], low: f32, scale: f32, out: &mut [i16]) {
    for (o, v) in out.iter_mut().zip(values) {
        // SAFETY: the callers' ranges make every step a small number that is not negative.
        *o = unsafe { ((v - low) * scale + 0.5).to_int_unchecked::<i32>() } as i16;
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

/// Every column of the targets, forward and (after them) on the other strand.
#[derive(Debug, Clone)]
pub(super) struct TargetColumns {
    /// Frequencies of A, C, G, T.
    rows: [Vec<f32>; 4],
    /// Where each target and strand begins; one more than there are.
    starts: Vec<usize>,
    targets: usize,
    /// Lengths that occur, in ascending order.
    lengths: Vec<usize>,
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
        let mut rows: [Vec<f32>; 4] = Default::default();
        let mut starts = vec![0];
        let forward = targets.iter().map(Motif::frequencies);
        let backward = targets.iter().filter(|_| both_strands).map(|m| m.reverse_complement().frequencies());
        for strand in forward.chain(backward) {
            for column in &strand {
                rows.iter_mut().zip(column).for_each(|(row, f)| row.push(*f as f32));
            }
            starts.push(rows[0].len());
        }
        let mut lengths: Vec<usize> = targets.iter().map(Motif::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self { rows, starts, targets: targets.len(), lengths }
    }

    pub(super) fn targets(&self) -> usize {
        self.targets
    }

    pub(super) fn length(&self, strand: usize) -> usize {
        self.starts[strand + 1] - self.starts[strand]
    }

    pub(super) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// The best offset; of equals the one that is tried first (the query furthest to the left).
    pub(super) fn align(&self, strand: usize, query: &QueryColumns, sums: &mut Vec<[i32; LANES]>) -> Alignment {
        let (nt, nq) = (self.length(strand), query.len());
        let offsets = nt + nq - 1;
        sums.resize(offsets.div_ceil(LANES), [0; LANES]);
        offset_sums(&query.scores, query.stride, &query.masks[nt], self.starts[strand], sums);
        let sums = &sums.as_flattened()[..offsets];
        let sum = largest(sums);
        let place = sums.iter().position(|s| *s == sum).unwrap_or(0);
        Alignment {
            score: sum + (nq * query.offset) as i32,
            offset: place as i32 - nq as i32 + 1,
            overlap: (place + 1).min(nq) - (place + 1).saturating_sub(nt),
        }
    }
}

/// All bits set where the columns of a target of this length stand in [`offset_sums`].
fn mask(target: usize, query: usize) -> Vec<i16> {
    let mut out = vec![0; 2 * query + target + LANES];
    out[query..query + target].fill(-1);
    out
}

/// Values that are worked on at once.
const LANES: usize = 16;

wide! {
/// Sums of a target's scores along each offset, from the one where only the query's last column meets the target's first. In a row of
/// scores, `query` values stand before the first target, so column `k` of this one is at `start + query + k`; `inside` has all bits set
/// from `query` to `query + target`, and none elsewhere.
fn offset_sums(scores: &[i16], stride: usize, inside: &[i16], start: usize, out: &mut [[i32; LANES]]) {
    for (chunk, out) in out.iter_mut().enumerate() {
        let mut sums = [0i32; LANES];
        for (i, row) in scores.chunks_exact(stride).enumerate() {
            // At offset s, the query's column i meets the target's column s + i + 1 − query.
            let at = chunk * LANES + i + 1;
            let (row, mask) = (&row[start + at..][..LANES], &inside[at..][..LANES]);
            for ((sum, score), mask) in sums.iter_mut().zip(row).zip(mask) {
                *sum = sum.wrapping_add(i32::from(score & mask));
            }
        }
        *out = sums;
    }
}
}

wide! {
fn largest(values: &[i32]) -> i32 {
    values.iter().fold(i32::MIN, |most, v| most.max(*v))
}
}

/// Values of a row of scores: of a query of so many columns, with room before and after the targets' columns.
fn stride(query: usize, targets: usize) -> usize {
    targets + 2 * query + LANES
}

/// A query's columns against the columns of the targets.
pub(super) struct QueryColumns {
    /// Bins of a score, less the bin of the median; a row per column of the query, with room before and after it.
    scores: Vec<i16>,
    stride: usize,
    /// Masks by the targets' lengths.
    masks: Vec<Vec<i16>>,
    /// Share of the targets' columns in each bin, per query column.
    pub(super) densities: Vec<Vec<f64>>,
    /// The bin that an unaligned column counts as.
    pub(super) offset: usize,
    rows: Vec<f32>,
    median: median::Scratch,
    counts: Box<[[u32; MOST_BINS]; TABLES]>,
}

impl QueryColumns {
    /// Memory for queries of up to `longest` columns, which is not found little by little then.
    pub(super) fn with_room(longest: usize, targets: &TargetColumns) -> Self {
        let columns = targets.rows[0].len();
        Self {
            scores: Vec::with_capacity(longest * stride(longest, columns)),
            stride: 0,
            masks: Vec::new(),
            densities: Vec::new(),
            offset: 0,
            rows: Vec::with_capacity(longest * columns),
            median: median::Scratch::default(),
            counts: Box::new([[0; MOST_BINS]; TABLES]),
        }
    }

    /// Takes the place of an earlier query, whose memory is used again.
    pub(super) fn set(&mut self, query: &Motif, targets: &TargetColumns, score: ColumnScore, bins: usize) {
        let Self { scores, stride, masks, densities, offset, rows, median: scratch, counts } = self;
        let frequencies = query.frequencies();
        let (nq, ny) = (frequencies.len(), targets.rows[0].len());
        rows.resize(nq * ny, 0.0);
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        let mut medians = Vec::with_capacity(nq);
        for (column, row) in frequencies.iter().zip(rows.chunks_exact_mut(ny)) {
            let (least, most) = score.row(column.map(|f| f as f32), &targets.rows, row);
            let median = median::median(row, scratch);
            low = low.min(least - median);
            high = high.max(most - median);
            medians.push(median);
        }
        // Whole numbers, as in Tomtom: the lowest score rounded down, and bins per unit of score.
        let floor = low.floor();
        let scale = (bins as f32 / (high - floor).max(1.0)).floor().max(1.0);
        *offset = (-floor * scale) as usize;
        *stride = self::stride(nq, ny);
        scores.resize(nq * *stride, 0);
        masks.clear();
        masks.resize(targets.lengths.last().map_or(0, |n| n + 1), Vec::new());
        targets.lengths.iter().for_each(|nt| masks[*nt] = mask(*nt, nq));
        densities.clear();
        for ((row, median), out) in rows.chunks_exact(ny).zip(medians).zip(scores.chunks_exact_mut(*stride)) {
            let out = &mut out[nq..nq + ny];
            counts.iter_mut().for_each(|table| table[..=bins].fill(0));
            for (row, out) in row.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
                steps(row, median + floor, scale, out);
                count(out, counts);
                lower(out, *offset as i16);
            }
            let total = |bin: usize| counts.iter().map(|table| table[bin]).sum::<u32>();
            densities.push((0..=bins).map(|bin| f64::from(total(bin)) / ny as f64).collect());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.densities.len()
    }
}

wide! {
fn lower(values: &mut [i16], by: i16) {
    values.iter_mut().for_each(|v| *v = v.wrapping_sub(by));
}
}

wide! {
/// The lowest and the highest value.
fn range(values: &[f32]) -> (f32, f32) {
    // Whole numbers in the order of the values: their extremes are found in wide registers.
    let turned = |bits: i32| bits ^ (((bits >> 31) as u32) >> 1) as i32;
    let (mut low, mut high) = (i32::MAX, i32::MIN);
    for value in values {
        let key = turned(value.to_bits() as i32);
        low = low.min(key);
        high = high.max(key);
    }
    (f32::from_bits(turned(low) as u32), f32::from_bits(turned(high) as u32))
}
}

/// Values that stay in the fastest cache between one loop and the next.
const BLOCK: usize = 2048;

/// Histograms that are counted in turn: neighbours often fall in one bin, and would wait for each other.
const TABLES: usize = 8;

/// Most bins of a histogram.
const MOST_BINS: usize = 1024;

/// Adds how many values are in each bin to the histograms.
fn count(bin_of: &[i16], counts: &mut [[u32; MOST_BINS]; TABLES]) {
    // A mask in the place of a check.
    let place = |bin: &i16| *bin as usize % MOST_BINS;
    let (chunks, rest) = bin_of.as_chunks::<TABLES>();
    for bins in chunks {
        counts.iter_mut().zip(bins).for_each(|(table, bin)| table[place(bin)] += 1);
    }
    rest.iter().for_each(|bin| counts[0][place(bin)] += 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random_letters::random_letters;

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

    /// Against the sum over every offset by definition, for queries and targets of all lengths around the number of lanes.
    #[test]
    fn sums_along_offsets() {
        let mut letter = random_letters(2, 0);
        for (nq, lengths) in [(1, [1, 5, 40]), (7, [3, 16, 18]), (17, [1, 17, 33]), (33, [12, 2, 64])] {
            let total: usize = lengths.iter().sum();
            let stride = total + 2 * nq + LANES;
            let scores: Vec<i16> = (0..nq * stride).map(|_| i16::from(letter()) - 2).collect();
            let mut start = 0;
            for nt in lengths {
                let sum = |s: usize| -> i32 {
                    let columns = (0..nq).filter(|i| (nq..nq + nt).contains(&(s + i + 1)));
                    columns.map(|i| i32::from(scores[i * stride + start + s + i + 1])).sum()
                };
                let expected: Vec<i32> = (0..nt + nq - 1).map(sum).collect();
                let mut sums = vec![[7; LANES]; expected.len().div_ceil(LANES)];
                offset_sums(&scores, stride, &mask(nt, nq), start, &mut sums);
                assert_eq!(sums.as_flattened()[..expected.len()], expected, "{nq} {nt}");
                start += nt;
            }
        }
    }
}
