//! Spearman correlation: exact on slices, by a two-pass sketch on streams.

use crate::Undefined;
use crate::sorted_order::{ordered_bits, sorted_order};

/// Calls `group(indices, rank)` for every group of equal values, lowest first, with their 1-based mid-rank.
fn each_tie(values: &[f32], mut group: impl FnMut(&[u32], f64)) {
    let order = sorted_order(values);
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start] as usize];
        let same = order[start..].iter().take_while(|i| values[**i as usize] == value).count().max(1);
        group(&order[start..start + same], (2 * start + same + 1) as f64 / 2.0);
        start += same;
    }
}

/// Mid-ranks (1-based; ties share their mean rank). Values must not be NaN; fewer than 2^32.
pub fn mid_ranks(values: &[f32]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    each_tie(values, |indices, rank| indices.iter().for_each(|i| ranks[*i as usize] = rank));
    ranks
}

/// Spearman's ρ of two slices, exact; pairs with a NaN are left out.
///
/// # Errors
/// [`Undefined`] with fewer than two pairs or when a side is constant.
pub fn spearman(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let missing = predicted.iter().zip(observed).any(|(x, y)| x.is_nan() || y.is_nan());
    if missing || predicted.len() != observed.len() {
        let known = predicted.iter().zip(observed).filter(|(x, y)| !(x.is_nan() || y.is_nan()));
        let (x, y): (Vec<f32>, Vec<f32>) = known.map(|(x, y)| (*x, *y)).unzip();
        return of_known(&x, &y);
    }
    of_known(predicted, observed)
}

fn of_known(predicted: &[f32], observed: &[f32]) -> Result<f64, Undefined> {
    let n = predicted.len() as f64;
    if n < 2.0 {
        return Err(Undefined::TooFew);
    }
    // Ranks centred on their mean, so that sums over long slices stay exact; with ties, Σ rank² falls short of n(n² − 1)/12 by
    // Σ t(t² − 1)/12 over groups of t (Kendall, Rank Correlation Methods, ch. 3).
    let middle = (n + 1.0) / 2.0;
    let untied = |t: f64| t * (t * t - 1.0);
    let mut ranks = vec![0.0; predicted.len()];
    let (mut var_x, mut var_y, mut covariance) = (untied(n), untied(n), 0.0);
    each_tie(predicted, |indices, rank| {
        var_x -= untied(indices.len() as f64);
        indices.iter().for_each(|i| ranks[*i as usize] = rank - middle);
    });
    each_tie(observed, |indices, rank| {
        var_y -= untied(indices.len() as f64);
        covariance += (rank - middle) * indices.iter().map(|i| ranks[*i as usize]).sum::<f64>();
    });
    // A group of all values leaves exactly 0.
    if var_y <= 0.0 {
        return Err(Undefined::ConstantObservation);
    }
    if var_x <= 0.0 {
        return Err(Undefined::ConstantPrediction);
    }
    Ok((12.0 * covariance / (var_x.sqrt() * var_y.sqrt())).clamp(-1.0, 1.0))
}

/// Number of leading bits of the ordered form of an `f32` that a [`RankSketch`] keeps.
const BITS: u32 = 20;
/// Bins whose counts lie together; memory is taken for those stretches only in which values fall.
const STRETCH: usize = 1 << 10;

/// Mid-ranks of a stream too long to sort: the first pass counts values in 2^20 bins, the second turns values into the
/// mid-rank of their bin.
///
/// Bins are the leading 20 bits of the ordered bit pattern of an `f32` (sign, exponent, 11 bits of mantissa), so values
/// within 0.05 % of each other count as ties. Exact when no two different values share a bin, as with counts up to 2,048.
/// Takes 16 kB per binary order of magnitude in which there are values, twice that while it finishes.
#[derive(Debug, Clone, Default)]
pub struct RankSketch {
    /// Values counted, by stretch; empty after the first pass.
    counts: Stretches<u64>,
    /// Mid-rank of each bin, minus the middle of all ranks.
    ranks: Stretches<f64>,
}

/// One value per bin, in stretches that are there when something was put in.
type Stretches<T> = Vec<Option<Box<[T; STRETCH]>>>;

/// Stretch and place in it.
fn bin(value: f32) -> (usize, usize) {
    let bin = (ordered_bits(value) >> (32 - BITS)) as usize;
    (bin / STRETCH, bin % STRETCH)
}

impl RankSketch {
    /// First pass: counts values; NaN is left out.
    pub fn count(&mut self, values: &[f32]) {
        self.counts.resize((1 << BITS) / STRETCH, None);
        for &value in values.iter().filter(|v| !v.is_nan()) {
            let (stretch, place) = bin(value);
            self.counts[stretch].get_or_insert_with(|| Box::new([0; STRETCH]))[place] += 1;
        }
    }

    /// Adds the counts of another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.counts.resize(other.counts.len().max(self.counts.len()), None);
        for (mine, other) in self.counts.iter_mut().zip(&other.counts) {
            let Some(other) = other else { continue };
            match mine {
                Some(mine) => mine.iter_mut().zip(other.iter()).for_each(|(a, b)| *a += b),
                None => *mine = Some(other.clone()),
            }
        }
    }

    /// Ends the first pass.
    pub fn finish(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        let total: u64 = counts.iter().flatten().flat_map(|stretch| stretch.iter()).sum();
        let middle = (total as f64 + 1.0) / 2.0;
        let mut below = 0;
        let mut rank = |count: u64| {
            let rank = below as f64 + (count as f64 + 1.0) / 2.0 - middle;
            below += count;
            rank
        };
        self.ranks = counts.into_iter().map(|stretch| stretch.map(|s| Box::new(s.map(&mut rank)))).collect();
    }

    /// Second pass: the mid-rank of a value that was counted, centred on the middle rank.
    ///
    /// # Panics
    /// Before [`RankSketch::finish`], or for a value that was not counted.
    pub fn rank(&self, value: f32) -> f64 {
        let (stretch, place) = bin(value);
        self.ranks[stretch].as_ref().expect("the value was counted")[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PearsonSums;
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
