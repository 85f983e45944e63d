//! Spearman correlation: exact on slices, by a two-pass sketch on streams.

use crate::{PearsonSums, Undefined};

/// Mid-ranks (1-based; ties share their mean rank).
pub fn mid_ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start] as usize];
        let mut end = start + 1;
        while end < order.len() && values[order[end] as usize] == value {
            end += 1;
        }
        let rank = (start + end + 1) as f64 / 2.0;
        for &index in &order[start..end] {
            ranks[index as usize] = rank;
        }
        start = end;
    }
    ranks
}

/// Spearman's ρ of two slices, exact; pairs with a NaN are left out.
///
/// # Errors
/// [`Undefined`] as for Pearson's r of the ranks.
pub fn spearman(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let pairs = || predicted.iter().zip(observed).filter(|(x, y)| !(x.is_nan() || y.is_nan()));
    let x: Vec<f32> = pairs().map(|(x, _)| *x).collect();
    let y: Vec<f32> = pairs().map(|(_, y)| *y).collect();
    let mut sums = PearsonSums::default();
    // Ranks are centred on their known mean, so that sums over long slices stay exact.
    let middle = (x.len() as f64 + 1.0) / 2.0;
    for (a, b) in mid_ranks(&x).into_iter().zip(mid_ranks(&y)) {
        sums.push(a - middle, b - middle);
    }
    rank_correlation(&sums)
}

/// Pearson's r of centred ranks; ranks have no rounding, so any variance counts.
fn rank_correlation(sums: &PearsonSums) -> Result<f64, Undefined> {
    if sums.n < 2.0 {
        return Err(Undefined::TooFew);
    }
    sums.pearson()
}

/// Number of leading bits of the ordered form of an `f32` that a [`RankSketch`] keeps.
const BITS: u32 = 20;

/// Mid-ranks of a stream too long to sort: the first pass counts values in 2^20 bins, the second turns values into the
/// mid-rank of their bin.
///
/// Bins are the leading 20 bits of the ordered bit pattern of an `f32` (sign, exponent, 11 bits of mantissa), so values
/// within 0.05 % of each other count as ties. Exact when no two different values share a bin, as with counts up to 2,048.
#[derive(Debug, Clone)]
pub struct RankSketch {
    counts: Vec<u64>,
    /// Mid-rank of each bin, minus the middle of all ranks.
    ranks: Vec<f64>,
}

impl Default for RankSketch {
    fn default() -> Self {
        Self { counts: vec![0; 1 << BITS], ranks: Vec::new() }
    }
}

fn bin(value: f32) -> usize {
    // Adding 0.0 turns −0 into +0, so that the two are ties.
    let bits = (value + 0.0).to_bits();
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 };
    (ordered >> (32 - BITS)) as usize
}

impl RankSketch {
    /// First pass: counts values; NaN is left out.
    pub fn count(&mut self, values: &[f32]) {
        for &value in values.iter().filter(|v| !v.is_nan()) {
            self.counts[bin(value)] += 1;
        }
    }

    /// Adds the counts of another sketch.
    pub fn merge(&mut self, other: &Self) {
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a += b;
        }
    }

    /// Ends the first pass.
    pub fn finish(&mut self) {
        let total: u64 = self.counts.iter().sum();
        let middle = (total as f64 + 1.0) / 2.0;
        let mut below = 0;
        self.ranks = self
            .counts
            .iter()
            .map(|&count| {
                let rank = below as f64 + (count as f64 + 1.0) / 2.0 - middle;
                below += count;
                rank
            })
            .collect();
    }

    /// Second pass: the mid-rank of a value that was counted, centred on the middle rank.
    ///
    /// # Panics
    /// Before [`RankSketch::finish`].
    pub fn rank(&self, value: f32) -> f64 {
        self.ranks[bin(value)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, keyed_rng};
    use rand::RngExt;

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(mid_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }

    #[test]
    fn closed_forms() {
        assert_eq!(spearman(&[1.0, 10.0, 100.0], &[2.0, 3.0, 90.0]), Ok(1.0));
        // scipy.stats.spearmanr([1,2,3,4,5],[5,6,7,8,7]).statistic
        let rho = spearman(&[1., 2., 3., 4., 5.], &[5., 6., 7., 8., 7.]).unwrap();
        assert!((rho - 0.820_782_681_668_123_3).abs() < 1e-12, "{rho}");
        assert_eq!(spearman(&[1.0; 3], &[1.0, 2.0, 3.0]), Err(Undefined::ConstantPrediction));
        assert_eq!(spearman(&[1.0, f32::NAN, 2.0], &[1.0, 5.0, 3.0]), Ok(1.0));
    }

    #[test]
    fn the_sketch_agrees_with_the_exact_value() {
        let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
        let x: Vec<f32> = (0..20_000).map(|_| (6.0 * rng.random::<f32>()).exp() - 1.0).collect();
        let y: Vec<f32> = x.iter().map(|x| (x * rng.random::<f32>()).floor()).collect();
        let (mut sx, mut sy) = (RankSketch::default(), RankSketch::default());
        for (x, y) in x.chunks(777).zip(y.chunks(777)) {
            sx.count(x);
            let mut part = RankSketch::default();
            part.count(y);
            sy.merge(&part);
        }
        sx.finish();
        sy.finish();
        let mut sums = PearsonSums::default();
        for (x, y) in x.iter().zip(&y) {
            sums.push(sx.rank(*x), sy.rank(*y));
        }
        let exact = spearman(&x, &y).unwrap();
        assert!((sums.pearson().unwrap() - exact).abs() < 1e-4, "{} {exact}", sums.pearson().unwrap());
        assert!(exact > 0.5 && exact < 0.99);
        assert_eq!(sy.rank(-0.0), sy.rank(0.0));
    }
}
