//! Task conversion (GOPHER, fig. 4 and table A.3): quantitative and binary models in the same tables. A quantitative model's score for a
//! peak is its mean predicted coverage of the window; a binary model's predicted coverage is its logit (made by the predictor's
//! adapter before the predictions are stored).

use cistron_core::BatchSource;
use cistron_stats::auroc::auroc;
use cistron_stats::average_precision::{average_precision, trapezoid};
use cistron_stats::{Bootstrap, PearsonSums, Resample, Undefined};
use serde::{Deserialize, Serialize};

use crate::generalisation::columns::{from_columns, mean, measure, to_columns};
use crate::generalisation::rows::{difference_rows, metric_rows};
use crate::generalisation::{EvaluatedModel, Measured};
use crate::profile_walk::{BATCH, common_windows, walk};
use crate::{EvalError, FurtherReport};

/// How the conversion is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversionOptions {
    /// Bootstrap replicates.
    pub bootstrap_replicates: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

/// Classification of windows by peak labels `[window][task]` from `labels` (NaN where not known), as `auroc_on_all`,
/// `average_precision_on_all` and, as published, `average_precision_trapezoid_on_all`; and coverage metrics
/// `pearson_whole_chromosome_…`, `pearson_per_sequence_…` and `mse_…` on the windows that hold a peak of the task (`…_on_peaks`) and on all
/// (`…_on_all`).
///
/// # Errors
/// Predictions of another dataset, data that cannot be read.
///
/// # Panics
/// When `labels` has another length than the source.
pub fn task_conversion(
    models: &[EvaluatedModel],
    source: &dyn BatchSource,
    labels: &[Vec<f32>],
    options: &ConversionOptions,
) -> Result<FurtherReport, EvalError> {
    assert_eq!(labels.len(), source.samples(), "labels for every window");
    let present = common_windows(models, source)?;
    let tasks = &source.target().tasks;
    let names: Vec<&str> = models.iter().map(|m| m.predictions.name()).collect();
    let bootstrap = Bootstrap { replicates: options.bootstrap_replicates, seed: options.seed };
    let (mut rows, mut differences) = (Vec::new(), Vec::new());
    let mut add = |metrics: &[String], measured: &[Vec<Measured>]| {
        rows.extend(metric_rows(&names, tasks, metrics, measured));
        differences.extend(difference_rows(&names, tasks, metrics, measured));
    };

    let binary = ["auroc_on_all", "average_precision_on_all", "average_precision_trapezoid_on_all"].map(String::from);
    let measured: Vec<Vec<Measured>> = models
        .iter()
        .map(|m| (0..tasks.len()).map(|t| classified(m, t, &present, labels, bootstrap)).collect())
        .collect();
    add(&binary, &measured);

    for place in ["on_peaks", "on_all"] {
        let metrics = ["pearson_whole_chromosome", "pearson_per_sequence", "mse"].map(|m| format!("{m}_{place}"));
        let mut windows: Vec<Vec<Vec<[f64; 8]>>> = vec![vec![Vec::new(); tasks.len()]; models.len()];
        walk(source, &present, BATCH, |window, task, observed| {
            if place == "on_peaks" && labels[window][task].is_nan() | (labels[window][task] < 0.5) {
                return;
            }
            for (windows, model) in windows.iter_mut().zip(models) {
                let sums = PearsonSums::of(model.predictions.values(window, task), observed);
                let mut columns = [0.0; 8];
                columns[..6].copy_from_slice(&to_columns(&sums));
                if let Ok(r) = sums.pearson() {
                    columns[6..].copy_from_slice(&[r, 1.0]);
                }
                windows[task].push(columns);
            }
        })?;
        let finish = |total: &[f64; 8]| -> Vec<Result<f64, Undefined>> {
            let sums = from_columns(&total[..6]);
            vec![sums.pearson(), mean(total[6], total[7]), sums.mse()]
        };
        let measured: Vec<Vec<Measured>> =
            windows.iter().map(|tasks| tasks.iter().map(|w| measure(bootstrap, w, finish)).collect()).collect();
        add(&metrics, &measured);
    }
    let options = serde_json::to_value(options).unwrap_or_default();
    Ok(FurtherReport { options, rows, differences, notes: Vec::new() })
}

/// Classification metrics of one model and task.
fn classified(
    model: &EvaluatedModel,
    task: usize,
    present: &[bool],
    labels: &[Vec<f32>],
    bootstrap: Bootstrap,
) -> Measured {
    let known: Vec<usize> = (0..present.len()).filter(|w| present[*w] && !labels[*w][task].is_nan()).collect();
    let score = |window: &usize| {
        let values = model.predictions.values(*window, task);
        (values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len().max(1) as f64) as f32
    };
    let scores: Vec<f32> = known.iter().map(score).collect();
    let positive: Vec<bool> = known.iter().map(|w| labels[*w][task] >= 0.5).collect();
    let all = |scores: &[f32], positive: &[bool]| {
        vec![auroc(scores, positive), average_precision(scores, positive), trapezoid(scores, positive)]
    };
    let values = all(&scores, &positive);
    let drawn = |resample: &Resample| -> Vec<Option<f64>> {
        let (mut s, mut p) = (Vec::with_capacity(scores.len()), Vec::with_capacity(scores.len()));
        for (i, count) in resample.counts().iter().enumerate() {
            for _ in 0..*count {
                s.push(scores[i]);
                p.push(positive[i]);
            }
        }
        all(&s, &p).into_iter().map(Result::ok).collect()
    };
    let per_replicate = bootstrap.run(scores.len(), drawn);
    let replicates = (0..values.len()).map(|m| per_replicate.iter().map(|r| r[m]).collect()).collect();
    Measured { values, replicates, windows: known.len() as u64 }
}
