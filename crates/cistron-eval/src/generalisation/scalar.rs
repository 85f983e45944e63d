use cistron_stats::spearman::mid_ranks;
use cistron_stats::{PearsonSums, Undefined};

use super::columns::{from_columns, measure, to_columns};
use super::figures::Scatter;
use super::{Input, Scored};
use crate::EvalError;

/// The bootstrap of Spearman's ρ holds the ranks of the whole set fixed.
pub(super) const METRICS: [&str; 4] = ["pearson", "spearman", "mse", "r_squared"];

pub(super) fn score(input: &Input<'_>) -> Result<Scored, EvalError> {
    let target = input.source.target();
    let tasks = target.tasks.len();
    // One value per window and task: small enough to hold.
    let mut observed: Vec<Vec<(usize, f32)>> = vec![Vec::new(); tasks];
    input.observed(|window, task, values| {
        observed[task].extend(values.first().filter(|v| !v.is_nan()).map(|v| (window, *v)));
    })?;
    let mut measured = Vec::new();
    let mut scatters = Vec::new();
    for model in input.models {
        let stored = &model.predictions;
        let mut of_model = Vec::new();
        for (task, observed) in observed.iter().enumerate() {
            let x: Vec<f32> = observed.iter().map(|(window, _)| stored.values(*window, task)[0]).collect();
            let y: Vec<f32> = observed.iter().map(|(_, value)| *value).collect();
            let middle = (x.len() as f64 + 1.0) / 2.0;
            let windows: Vec<[f64; 12]> = (x.iter().zip(&y))
                .zip(mid_ranks(&x).into_iter().zip(mid_ranks(&y)))
                .map(|((&x, &y), (rank_x, rank_y))| {
                    let (mut sums, mut ranks) = (PearsonSums::default(), PearsonSums::default());
                    sums.push(f64::from(x), f64::from(y));
                    ranks.push(rank_x - middle, rank_y - middle);
                    let mut columns = [0.0; 12];
                    columns[..6].copy_from_slice(&to_columns(&sums));
                    columns[6..].copy_from_slice(&to_columns(&ranks));
                    columns
                })
                .collect();
            of_model.push(measure(input.bootstrap, &windows, finish));
            scatters.push(Scatter::new(stored.name(), &target.tasks[task], &x, &y, input.options.seed));
        }
        measured.push(of_model);
    }
    Ok(Scored { metrics: &METRICS, measured, densities: Vec::new(), scatters, curves: Vec::new(), tracks: Vec::new() })
}

fn finish(total: &[f64; 12]) -> Vec<Result<f64, Undefined>> {
    let sums = from_columns(&total[..6]);
    vec![sums.pearson(), from_columns(&total[6..]).pearson(), sums.mse(), sums.r_squared()]
}
