//! Test-set selection (GOPHER, fig. 2e): per-sequence correlation on windows whose coverage exceeds ever higher thresholds, and on windows
//! with a peak, of models that are trained once.

use cistron_core::BatchSource;
use cistron_stats::{Bootstrap, PearsonSums, Undefined};
use serde::{Deserialize, Serialize};

use crate::generalisation::EvaluatedModel;
use crate::generalisation::columns::{mean, measure};
use crate::generalisation::rows::{difference_rows, metric_rows};
use crate::profile_walk::{BATCH, common_windows, walk};
use crate::{EvalError, FurtherReport};

/// Which test sets are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSelectionOptions {
    /// Windows stay whose maximal coverage of any track is above this.
    pub coverage_above: Vec<f32>,
    /// Bootstrap replicates.
    pub bootstrap_replicates: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

/// Mean per-sequence Pearson's r on each selection: `pearson_per_sequence_above_T`, and `pearson_per_sequence_on_peaks` where `on_peak` says
/// which windows hold one. `max_coverage` is the maximum over tracks and bases of each window's raw signal, in the order of the source.
///
/// Thresholds that leave no window give rows without a value and with the reason.
///
/// # Errors
/// Predictions of another dataset, data that cannot be read.
///
/// # Panics
/// When `max_coverage` or `on_peak` has another length than the source.
pub fn test_selection(
    models: &[EvaluatedModel],
    source: &dyn BatchSource,
    max_coverage: &[f32],
    on_peak: Option<&[bool]>,
    options: &TestSelectionOptions,
) -> Result<FurtherReport, EvalError> {
    assert_eq!(max_coverage.len(), source.samples(), "one maximum per window");
    let present = common_windows(models, source)?;
    let tasks = &source.target().tasks;
    let mut selections: Vec<(String, Vec<bool>)> = options
        .coverage_above
        .iter()
        .map(|t| (format!("pearson_per_sequence_above_{t}"), max_coverage.iter().map(|m| m > t).collect()))
        .collect();
    if let Some(on_peak) = on_peak {
        assert_eq!(on_peak.len(), source.samples(), "one answer per window");
        selections.push(("pearson_per_sequence_on_peaks".into(), on_peak.to_vec()));
    }
    let bootstrap = Bootstrap { replicates: options.bootstrap_replicates, seed: options.seed };
    let names: Vec<&str> = models.iter().map(|m| m.predictions.name()).collect();
    let (mut rows, mut differences, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (metric, chosen) in &selections {
        let wanted: Vec<bool> = chosen.iter().zip(&present).map(|(a, b)| *a && *b).collect();
        if !wanted.contains(&true) {
            notes.push(format!("{metric}: no test window is left"));
        }
        let mut windows: Vec<Vec<Vec<[f64; 2]>>> = vec![vec![Vec::new(); tasks.len()]; models.len()];
        walk(source, &wanted, BATCH, |window, task, observed| {
            for (windows, model) in windows.iter_mut().zip(models) {
                let sums = PearsonSums::of(model.predictions.values(window, task), observed);
                windows[task].push(sums.pearson().map_or([0.0, 0.0], |r| [r, 1.0]));
            }
        })?;
        let finish = |total: &[f64; 2]| -> Vec<Result<f64, Undefined>> { vec![mean(total[0], total[1])] };
        let measured: Vec<Vec<_>> =
            windows.iter().map(|tasks| tasks.iter().map(|w| measure(bootstrap, w, finish)).collect()).collect();
        let metrics = [metric];
        rows.extend(metric_rows(&names, tasks, &metrics, &measured));
        differences.extend(difference_rows(&names, tasks, &metrics, &measured));
    }
    let options = serde_json::to_value(options).unwrap_or_default();
    Ok(FurtherReport { options, rows, differences, notes })
}
