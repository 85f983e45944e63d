//! Bootstrap over windows. A resample is a weight per window, drawn once and used for every model, task and metric, so that
//! differences are paired.

use cistron_core::{Stream, keyed_rng};
use rand::RngExt;
use rayon::prelude::*;

use crate::quantile::quantile_sorted;

/// How often each window was drawn in one replicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resample {
    counts: Vec<u16>,
}

impl Resample {
    /// Draws `windows` windows with replacement; keyed by (seed, replicate).
    pub fn draw(seed: u64, replicate: u64, windows: usize) -> Self {
        let mut rng = keyed_rng(seed, Stream::Bootstrap, replicate, 0);
        let mut counts = vec![0u16; windows];
        for _ in 0..windows {
            let window = rng.random_range(0..windows as u64) as usize;
            counts[window] = counts[window].saturating_add(1);
        }
        Self { counts }
    }

    /// Weight of a window.
    pub fn weight(&self, window: usize) -> f64 {
        f64::from(self.counts[window])
    }

    /// The weights of all windows.
    pub fn counts(&self) -> &[u16] {
        &self.counts
    }
}

/// Number of replicates and their seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub replicates: usize,
    /// Seed.
    pub seed: u64,
}

impl Bootstrap {
    /// Applies `statistics` to every resample of `windows` windows, in parallel; the results come in the order of the
    /// replicates, whatever the number of threads.
    pub fn run<T: Send>(&self, windows: usize, statistics: impl Fn(&Resample) -> T + Sync) -> Vec<T> {
        (0..self.replicates as u64)
            .into_par_iter()
            .map(|replicate| statistics(&Resample::draw(self.seed, replicate, windows)))
            .collect()
    }
}

/// The 95 % percentile interval of replicate values; `None` when more than one in ten is undefined or there are fewer than 20.
pub fn interval95(replicates: impl ExactSizeIterator<Item = Option<f64>>) -> Option<(f64, f64)> {
    let all = replicates.len();
    let mut values: Vec<f64> = replicates.flatten().collect();
    if values.len() < 20 || values.len() * 10 < all * 9 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some((quantile_sorted(&values, 0.025)?, quantile_sorted(&values, 0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_that_of_theory() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let bootstrap = Bootstrap { replicates: 2000, seed: 3 };
        let means = bootstrap.run(values.len(), |resample| {
            values.iter().enumerate().map(|(i, v)| resample.weight(i) * v).sum::<f64>() / values.len() as f64
        });
        let (low, high) = interval95(means.iter().map(|m| Some(*m))).unwrap();
        // mean 9.5, variance (20² − 1) / 12 = 33.25: the interval is 9.5 ± 1.96 √(33.25 / 400)
        let half = 1.96 * (33.25f64 / 400.0).sqrt();
        assert!((low - (9.5 - half)).abs() < 0.06 && (high - (9.5 + half)).abs() < 0.06, "{low} {high}");
    }

    #[test]
    fn threads_do_not_matter() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Bootstrap { replicates: 50, seed: 9 }.run(10, |r| r.counts().to_vec()))
        };
        assert_eq!(run(1), run(3));
        assert!(run(1).iter().all(|counts| counts.iter().map(|c| usize::from(*c)).sum::<usize>() == 10));
    }

    #[test]
    fn mostly_undefined_has_no_interval() {
        assert!(interval95((0..100).map(|i| (i % 3 > 0).then_some(1.0))).is_none());
        assert!(interval95((0..100).map(|i| (i > 5).then_some(1.0))).is_some());
    }
}
