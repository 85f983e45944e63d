use cistron_stats::spearman::spearman;
use cistron_stats::{PearsonSums, RankSketch, Undefined, jensen_shannon, poisson_nll};

use super::columns::{from_columns, mean, measure, to_columns};
use super::figures::{DensityBuilder, choose_tracks};
use super::{Input, Scored};
use crate::EvalError;

/// Whole-chromosome metrics pool all bins of all windows; per-sequence ones average over windows. Rank correlations resample
/// windows with the ranks of the whole set held fixed.
pub(super) const METRICS: [&str; 8] = [
    "pearson_whole_chromosome",
    "spearman_whole_chromosome",
    "pearson_per_sequence",
    "spearman_per_sequence",
    "mse",
    "poisson_nll",
    "jensen_shannon_distance_base2",
    "scaling_factor",
];

/// Pearson sums, sums of centred ranks, then (sum, number) of: Poisson NLL, r, ρ and Jensen–Shannon distance.
const COLUMNS: usize = 20;

pub(super) fn score(input: &Input<'_>) -> Result<Scored, EvalError> {
    let target = input.source.target();
    let tasks = target.tasks.len();
    let progress = input.reporter.start("evaluate", 1 + input.models.len() as u64);
    let mut observed_ranks = vec![RankSketch::default(); tasks];
    let mut observed_max = vec![0.0f32; tasks];
    input.observed(|_, task, observed| {
        observed_ranks[task].count(observed);
        observed_max[task] = observed.iter().copied().fold(observed_max[task], f32::max);
    })?;
    observed_ranks.iter_mut().for_each(RankSketch::finish);
    progress.set_position(1);

    let reference = input.models.iter().position(|m| !m.baseline).unwrap_or(0);
    let mut measured = Vec::new();
    let mut densities = Vec::new();
    let mut reference_scores: Vec<(usize, f64)> = Vec::new();
    for (index, model) in input.models.iter().enumerate() {
        let stored = &model.predictions;
        let mut ranks = vec![RankSketch::default(); tasks];
        let mut predicted_max = vec![0.0f32; tasks];
        for window in (0..input.present.len()).filter(|w| input.present[*w]) {
            for task in 0..tasks {
                let predicted = stored.values(window, task);
                ranks[task].count(predicted);
                predicted_max[task] = predicted.iter().copied().fold(predicted_max[task], f32::max);
            }
        }
        ranks.iter_mut().for_each(RankSketch::finish);
        let mut density: Vec<DensityBuilder> = (0..tasks)
            .map(|task| {
                DensityBuilder::new(stored.name(), &target.tasks[task], predicted_max[task], observed_max[task])
            })
            .collect();
        let mut windows: Vec<Vec<[f64; COLUMNS]>> = vec![Vec::new(); tasks];
        let mut scores: Vec<(usize, f64, f64)> = Vec::new();
        input.observed(|window, task, observed| {
            let predicted = stored.values(window, task);
            let columns = columns(predicted, observed, &ranks[task], &observed_ranks[task]);
            density[task].add(predicted, observed);
            if index == reference && columns[15] > 0.0 {
                match scores.last_mut() {
                    Some(last) if last.0 == window => {
                        last.1 += columns[14];
                        last.2 += 1.0;
                    }
                    _ => scores.push((window, columns[14], 1.0)),
                }
            }
            windows[task].push(columns);
        })?;
        if index == reference {
            reference_scores = scores.into_iter().map(|(window, sum, n)| (window, sum / n)).collect();
        }
        measured.push(windows.iter().map(|w| measure(input.bootstrap, w, finish)).collect());
        densities.extend(density.into_iter().map(DensityBuilder::finish));
        progress.set_position(2 + index as u64);
    }
    let tracks = choose_tracks(input, reference_scores)?;
    progress.finish("");
    Ok(Scored { metrics: &METRICS, measured, densities, scatters: Vec::new(), curves: Vec::new(), tracks })
}

fn columns(predicted: &[f32], observed: &[f32], x: &RankSketch, y: &RankSketch) -> [f64; COLUMNS] {
    let sums = PearsonSums::of(predicted, observed);
    let mut ranked = PearsonSums::default();
    for (&p, &o) in predicted.iter().zip(observed).filter(|(_, o)| !o.is_nan()) {
        ranked.push(x.rank(p), y.rank(o));
    }
    let (nll, n) = poisson_nll::poisson_nll_sum(predicted, observed);
    let counted = |value: Result<f64, Undefined>| value.map_or([0.0, 0.0], |v| [v, 1.0]);
    let mut out = [0.0; COLUMNS];
    out[..6].copy_from_slice(&to_columns(&sums));
    out[6..12].copy_from_slice(&to_columns(&ranked));
    out[12..14].copy_from_slice(&[nll, n as f64]);
    out[14..16].copy_from_slice(&counted(sums.pearson()));
    out[16..18].copy_from_slice(&counted(spearman(predicted, observed)));
    out[18..].copy_from_slice(&counted(jensen_shannon::distance_base2(predicted, observed)));
    out
}

fn finish(total: &[f64; COLUMNS]) -> Vec<Result<f64, Undefined>> {
    let sums = from_columns(&total[..6]);
    let constant = sums.pearson().err();
    // A window's r is undefined where the window has no variance; when no window has one, the reason is that of the whole.
    let per_window = |sum, n| mean(sum, n).map_err(|e| constant.unwrap_or(e));
    vec![
        sums.pearson(),
        from_columns(&total[6..12]).pearson(),
        per_window(total[14], total[15]),
        per_window(total[16], total[17]),
        sums.mse(),
        mean(total[12], total[13]),
        mean(total[18], total[19]),
        sums.scaling_factor(),
    ]
}
