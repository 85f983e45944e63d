use std::time::Instant;

use cistron_core::{Stream, keyed_rng};
use cistron_stats::spearman::spearman;
use cistron_stats::{PearsonSums, RankSketch, jensen_shannon, poisson_nll};
use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;

/// What [`measure_metric_speed`] measured.
#[derive(Debug, Clone, Serialize)]
pub struct MetricSpeed {
    /// Positions per task.
    pub positions: u64,
    /// Tasks.
    pub tasks: usize,
    /// Wall time of one whole evaluation.
    pub seconds: f64,
    /// Prediction-observation pairs per second.
    pub pairs_per_second: f64,
    /// Mean of the tasks' Pearson r, to show that something was computed.
    pub pearson: f64,
}

const WINDOW: usize = 2048;

/// Times whole-chromosome metrics (Pearson, MSE, Poisson NLL, Jensen–Shannon, per-window Pearson and Spearman, and the two
/// passes of whole-chromosome Spearman) over synthetic base-resolution coverage, in a stream of windows. The windows are drawn
/// from a pool of 512 made beforehand, so that the time is that of the metrics.
pub fn measure_metric_speed(positions: u64, tasks: usize) -> MetricSpeed {
    let pool: Vec<(Vec<f32>, Vec<f32>)> = (0..512u64)
        .map(|window| {
            let mut rng = keyed_rng(0, Stream::Simulate, window, 0);
            let rate: Vec<f32> = (0..WINDOW).map(|_| rng.random::<f32>().powi(4) * 4.0).collect();
            let counts = rate.iter().map(|r| (r + rng.random::<f32>()).floor()).collect();
            (rate, counts)
        })
        .collect();
    let windows = positions.div_ceil(WINDOW as u64);
    let start = Instant::now();
    let values: Vec<f64> = (0..tasks)
        .into_par_iter()
        .map(|task| {
            let (mut sums, mut per_window, mut nll, mut jsd) = (PearsonSums::default(), 0.0, 0.0, 0.0);
            let (mut ranks_x, mut ranks_y) = (RankSketch::default(), RankSketch::default());
            let window = |w: u64| &pool[(w as usize * 31 + task) % pool.len()];
            for w in 0..windows {
                let (x, y) = window(w);
                let part = PearsonSums::of(x, y);
                sums.add(&part, 1.0);
                per_window += part.pearson().unwrap_or(0.0) + spearman(x, y).unwrap_or(0.0);
                nll += poisson_nll::poisson_nll_sum(x, y).0;
                jsd += jensen_shannon::distance_base2(x, y).unwrap_or(0.0);
                ranks_x.count(x);
                ranks_y.count(y);
            }
            ranks_x.finish();
            ranks_y.finish();
            let mut ranked = PearsonSums::default();
            for w in 0..windows {
                let (x, y) = window(w);
                for (x, y) in x.iter().zip(y) {
                    ranked.push(ranks_x.rank(*x), ranks_y.rank(*y));
                }
            }
            let all = [per_window, nll, jsd, ranked.pearson().unwrap_or(0.0)];
            std::hint::black_box(all);
            sums.pearson().unwrap_or(f64::NAN)
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let pairs = (windows * WINDOW as u64) as f64 * tasks as f64;
    MetricSpeed {
        positions: windows * WINDOW as u64,
        tasks,
        seconds,
        pairs_per_second: pairs / seconds,
        pearson: values.iter().sum::<f64>() / tasks.max(1) as f64,
    }
}
