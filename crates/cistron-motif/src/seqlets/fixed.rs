//! Seqlets of one width, as TF-MoDISco calls them (Shrikumar et al. 2018, "Technical note on TF-MoDISco", section 1): window sums against
//! a Laplace null, at a false discovery rate.

use cistron_core::{Stream, keyed_rng};
use cistron_stats::isotonic::isotonic;
use rand::RngExt;

use super::Seqlet;
use crate::AttributionMaps;

/// How to call seqlets of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedSeqletOptions {
    /// Bases whose contributions are summed.
    pub window: usize,
    /// Bases added at either side.
    pub flank: usize,
    /// False discovery rate among windows.
    pub fdr: f64,
    /// At least this share of all windows passes, and at most that.
    pub passing: (f64, f64),
    /// Seqlets whose core's sum is below this quantile of all sums' magnitudes have no sign, and are left out.
    pub weakest_quantile: f64,
    /// Seed of the null's sample.
    pub seed: u64,
}

impl Default for FixedSeqletOptions {
    fn default() -> Self {
        Self { window: 20, flank: 5, fdr: 0.2, passing: (0.03, 0.2), weakest_quantile: 0.8, seed: 1 }
    }
}

/// Seqlets by sign, by example and then by falling magnitude of their window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FixedSeqlets {
    /// That raise the output.
    pub positive: Vec<Seqlet>,
    /// That lower it.
    pub negative: Vec<Seqlet>,
    /// Window sums at and beyond which a window passes: positive, negative. None when no window is as long.
    pub thresholds: Option<(f64, f64)>,
}

/// Points that thresholds are chosen on, at most.
const MOST_POINTS: usize = 1_000_000;
const NULL_POINTS: usize = 10_000;

/// Calls seqlets. Sequences shorter than a seqlet have none.
pub fn fixed_seqlets(maps: &AttributionMaps, options: &FixedSeqletOptions) -> FixedSeqlets {
    let FixedSeqletOptions { window, flank, fdr, passing, weakest_quantile, seed } = *options;
    if window == 0 || maps.length() < window + 2 * flank {
        return FixedSeqlets::default();
    }
    let sums: Vec<Vec<f64>> = (0..maps.len()).map(|e| window_sums(&maps.cumulative(e), window)).collect();
    let all: Vec<f64> = sums.iter().flatten().copied().collect();
    let mut magnitudes: Vec<f64> = all.iter().map(|v| v.abs()).collect();
    magnitudes.sort_unstable_by(f64::total_cmp);
    let sample: Vec<f64> = if all.len() > MOST_POINTS {
        let mut rng = keyed_rng(seed, Stream::Figure, 1, 0);
        (0..MOST_POINTS).map(|_| all[rng.random_range(0..all.len())]).collect()
    } else {
        all.clone()
    };
    let null = laplace_null(&all, seed);
    let side = |values: &[f64], sign: f64| -> Vec<f64> {
        let mut out: Vec<f64> = values.iter().map(|v| v * sign).filter(|v| *v >= 0.0).collect();
        out.sort_unstable_by(f64::total_cmp);
        out
    };
    let threshold = |sign: f64| fdr_threshold(&side(&sample, sign), &side(&null, sign), fdr);
    let (mut high, mut low) = (threshold(1.0), threshold(-1.0));
    let share = sample.iter().filter(|v| **v >= high || **v <= -low).count() as f64 / sample.len() as f64;
    let quantile = |q: f64| magnitudes[((magnitudes.len() as f64 * q) as usize).min(magnitudes.len() - 1)];
    if share < passing.0 {
        (high, low) = (quantile(1.0 - passing.0), quantile(1.0 - passing.0));
    } else if share > passing.1 {
        (high, low) = (quantile(1.0 - passing.1), quantile(1.0 - passing.1));
    }
    let rank = |v: f64| magnitudes.partition_point(|m| *m < v) as f64 / magnitudes.len() as f64;
    let weakest = (rank(high).min(rank(low)) - 1e-4).min(weakest_quantile).max(0.0);
    let core_least = quantile(weakest);

    let mut out = FixedSeqlets { thresholds: Some((high, -low)), ..FixedSeqlets::default() };
    for (example, sums) in sums.iter().enumerate() {
        for start in peaks(sums, |v| v >= high || v <= -low, flank, window / 2 + flank) {
            let attribution = sums[start];
            if start < flank || start + window + flank > maps.length() {
                continue;
            }
            let seqlet =
                Seqlet { example, start_0: start - flank, end_0: start + window + flank, attribution, p_value: None };
            if attribution > core_least {
                out.positive.push(seqlet);
            } else if attribution < -core_least {
                out.negative.push(seqlet);
            }
        }
    }
    out
}

fn window_sums(cumulative: &[f64], window: usize) -> Vec<f64> {
    cumulative.windows(window + 1).map(|c| c[window] - c[0]).collect()
}

/// Windows that pass, largest magnitude first, none within `apart` of one before it. Windows within `flank` of the ends do not count.
fn peaks(sums: &[f64], passes: impl Fn(f64) -> bool, flank: usize, apart: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (flank..sums.len().saturating_sub(flank)).filter(|i| passes(sums[*i])).collect();
    order.sort_by(|a, b| sums[*b].abs().total_cmp(&sums[*a].abs()).then(a.cmp(b)));
    let mut taken: Vec<usize> = Vec::new();
    for at in order {
        if taken.iter().all(|t| t.abs_diff(at) > apart) {
            taken.push(at);
        }
    }
    taken
}

/// A sample of a null of two exponentials around the mode of the sums. Their rates are the steepest that any of 19 quantiles asks for, so
/// that the tail of true seqlets does not widen the null.
fn laplace_null(values: &[f64], seed: u64) -> Vec<f64> {
    let mode = mode(values);
    let rate = |sign: f64| -> Option<f64> {
        let mut side: Vec<f64> = values.iter().map(|v| (v - mode) * sign).filter(|v| *v >= 0.0).collect();
        side.sort_unstable_by(f64::total_cmp);
        let at = |q: f64| side[(q * (side.len() - 1) as f64) as usize];
        if side.is_empty() {
            return None;
        }
        (1..20).map(|i| f64::from(i) * 0.05).map(|q| -(1.0 - q).ln() / at(q)).filter(|r| r.is_finite()).reduce(f64::max)
    };
    let (up, down) = (rate(1.0), rate(-1.0));
    let above = values.iter().filter(|v| **v >= mode).count() as f64;
    let below = values.iter().filter(|v| **v <= mode).count() as f64;
    let mut rng = keyed_rng(seed, Stream::Figure, 2, 0);
    (0..NULL_POINTS)
        .map(|_| {
            let positive = rng.random::<f64>() < above / (above + below);
            let size = -(1.0 - rng.random::<f64>()).ln();
            match if positive { up } else { down } {
                Some(rate) => mode + size / rate * if positive { 1.0 } else { -1.0 },
                None => mode,
            }
        })
        .collect()
}

/// The middle of the fullest of 1,000 bins within the fullest of 1,000 bins.
fn mode(values: &[f64]) -> f64 {
    let (mut low, mut high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    for _ in 0..2 {
        let width = (high - low) / 1000.0;
        if width <= 0.0 {
            return low;
        }
        let mut counts = [0u32; 1000];
        for value in values.iter().filter(|v| **v >= low && **v <= high) {
            counts[(((value - low) / width) as usize).min(999)] += 1;
        }
        let best = (0..1000).rev().max_by_key(|i| counts[*i]).unwrap_or(0);
        (low, high) = (low + best as f64 * width, low + (best + 1) as f64 * width);
    }
    (low + high) / 2.0
}

/// The smallest magnitude at which the share of null windows among all is at most `fdr`: isotonic regression of true (1) against null (0)
/// on magnitude gives P(true | magnitude) up to the share of true windows that are null themselves, which its smallest value tells.
fn fdr_threshold(values: &[f64], null: &[f64], fdr: f64) -> f64 {
    let most = values.last().copied().unwrap_or(f64::INFINITY);
    if values.is_empty() || null.is_empty() {
        return most;
    }
    let weight = values.len() as f64 / null.len() as f64;
    let mut points: Vec<(f64, f64, f64)> =
        values.iter().map(|v| (*v, 1.0, 1.0)).chain(null.iter().map(|v| (*v, 0.0, weight))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let fit =
        isotonic(&points.iter().map(|p| p.1).collect::<Vec<_>>(), &points.iter().map(|p| p.2).collect::<Vec<_>>());
    let least = fit[0].max(1e-7);
    // Odds of null among the sums nearest to 0, which are all null: at least 95 % and at most all.
    let null_share = (least / (1.0 - least).max(1e-12)).clamp(0.95, 1.0);
    for (point, p) in points.iter().zip(&fit) {
        let precision = (1.0 + null_share * (1.0 - 1.0 / p.max(1e-7))).clamp(0.0, 1.0);
        if point.1 == 1.0 && precision >= 1.0 - fdr {
            return point.0;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise with a bump of 20 bases in every sequence: up in the even ones, down in the odd ones.
    fn bumps() -> AttributionMaps {
        let (sequences, length) = (300, 100);
        let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
        let mut values = Vec::new();
        for e in 0..sequences {
            for i in 0..length {
                let noise = 0.02 * (rng.random::<f32>() - 0.5);
                let bump = if (40..60).contains(&i) { 0.1 } else { 0.0 };
                values.push([noise + if e % 2 == 0 { bump } else { -bump }; 4]);
            }
        }
        AttributionMaps::new(length, vec![0; sequences * length], values).unwrap()
    }

    #[test]
    fn bumps_are_found_by_sign() {
        let found = fixed_seqlets(&bumps(), &FixedSeqletOptions::default());
        let whole = |s: &&Seqlet| s.start_0.abs_diff(35) <= 1 && s.end_0 == s.start_0 + 30;
        assert_eq!(found.positive.iter().filter(whole).count(), 150);
        assert_eq!(found.negative.iter().filter(whole).count(), 150);
        assert!(found.positive.iter().filter(whole).all(|s| s.example % 2 == 0 && (s.attribution - 2.0).abs() < 0.2));
        let (high, low) = found.thresholds.unwrap();
        assert!(high > 0.1 && low < -0.1, "{high} {low}");
        let short = FixedSeqletOptions { window: 95, ..Default::default() };
        assert_eq!(fixed_seqlets(&bumps(), &short), FixedSeqlets::default());
    }

    #[test]
    fn parts_by_hand() {
        assert_eq!(window_sums(&[0.0, 1.0, 3.0, -1.0, -0.5], 2), [3.0, -2.0, -3.5]);
        assert_eq!(peaks(&[0.0, 5.0, 9.0, -8.0, 0.0, -7.0, 6.0], |v| v.abs() > 4.0, 1, 1), [2, 5]);
        let threshold = fdr_threshold(&[0.1, 0.2, 0.3, 5.0, 6.0], &[0.1, 0.15, 0.25, 0.3, 0.35], 0.2);
        assert_eq!(threshold, 5.0);
        assert!((mode(&[0.0, 1.0, 0.5001, 0.5002, 0.5003]) - 0.5002).abs() < 1e-3);
    }
}
