//! Accuracy on windows that no model saw (GOPHER; `definitions.md` §1), for profiles, values and labels.
//!
//! Every number has a 95 % bootstrap interval over windows. The same resamples serve every model, so differences are paired.
//! Memory holds a few numbers per window and task, never the profiles.

mod binary;
pub(crate) mod columns;
mod figures;
mod profile;
mod ranks;
pub(crate) mod rows;
mod scalar;
#[cfg(test)]
mod tests;
mod verdict;

use cistron_core::{BatchSource, DifferenceRow, MetricRow, RankRow, Reporter, TargetKind, TargetSpec};
use cistron_stats::{Bootstrap, Undefined};
use serde::{Deserialize, Serialize};

pub use figures::{Curve, Density, Scatter, TrackExample};
pub use verdict::{Verdict, metric_label};

use crate::profile_walk::{BATCH, common_windows, walk};
use crate::{EvalError, StoredPredictions};

/// How to evaluate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneralisationOptions {
    /// Bootstrap replicates.
    pub bootstrap_replicates: usize,
    /// Seed of the resamples and of thinned figures.
    pub seed: u64,
    /// Windows read at once; fewer when their targets are large.
    pub batch_size: usize,
}

impl Default for GeneralisationOptions {
    fn default() -> Self {
        Self { bootstrap_replicates: 1000, seed: 0, batch_size: BATCH }
    }
}

/// One model of a comparison.
#[derive(Debug)]
pub struct EvaluatedModel {
    /// Its predictions over the test split.
    pub predictions: StoredPredictions,
    /// Whether it is a trivial baseline that the others should beat.
    pub baseline: bool,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneralisationReport {
    /// What was predicted.
    pub target: TargetSpec,
    /// The models, in the order of the rows.
    pub models: Vec<String>,
    /// Windows evaluated.
    pub windows: u64,
    /// Windows left out because a model has no prediction for them.
    pub windows_without_prediction: u64,
    /// One row per (model, task, metric), the mean over tasks last.
    pub rows: Vec<MetricRow>,
    /// Every pair of models on every metric.
    pub differences: Vec<DifferenceRow>,
    /// Where each model stands among all, on every metric that has a better end.
    pub ranks: Vec<RankRow>,
    /// Each model that is no baseline against each baseline.
    pub verdicts: Vec<Verdict>,
    /// Predicted against observed, profiles.
    pub densities: Vec<Density>,
    /// Predicted against observed, values.
    pub scatters: Vec<Scatter>,
    /// ROC, precision-recall and reliability, labels.
    pub curves: Vec<Curve>,
    /// Best, median and worst window, profiles.
    pub tracks: Vec<TrackExample>,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// All metrics of one model and task: values, and one value per bootstrap replicate.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) values: Vec<Result<f64, Undefined>>,
    /// `[metric][replicate]`
    pub(crate) replicates: Vec<Vec<Option<f64>>>,
    pub(crate) windows: u64,
}

/// Measured values with their figures.
struct Scored {
    metrics: &'static [&'static str],
    /// `[model][task]`
    measured: Vec<Vec<Measured>>,
    densities: Vec<Density>,
    scatters: Vec<Scatter>,
    curves: Vec<Curve>,
    tracks: Vec<TrackExample>,
}

/// Compares models on the windows of a source.
///
/// Windows for which any model has a missing (NaN) prediction are left out for all, and counted. Targets that are NaN (not
/// measured) are left out of the sums.
///
/// # Errors
/// Predictions of another dataset, data that cannot be read.
pub fn generalisation(
    models: &[EvaluatedModel],
    source: &dyn BatchSource,
    options: &GeneralisationOptions,
    reporter: &dyn Reporter,
) -> Result<GeneralisationReport, EvalError> {
    let present = common_windows(models, source)?;
    let target = source.target();
    let missing = present.iter().filter(|p| !**p).count() as u64;
    let mut warnings = Vec::new();
    if missing > 0 {
        warnings.push(format!(
            "{missing} of {} test windows have no prediction from at least one model and are left out for all models",
            present.len()
        ));
    }
    let bootstrap = Bootstrap { replicates: options.bootstrap_replicates, seed: options.seed };
    let input = Input { models, source, options, present: &present, bootstrap, reporter };
    let scored = match target.kind {
        TargetKind::Profile => profile::score(&input)?,
        TargetKind::Scalar => scalar::score(&input)?,
        TargetKind::Binary => binary::score(&input)?,
    };
    let names: Vec<&str> = models.iter().map(|m| m.predictions.name()).collect();
    let rows = rows::metric_rows(&names, &target.tasks, scored.metrics, &scored.measured);
    let differences = rows::difference_rows(&names, &target.tasks, scored.metrics, &scored.measured);
    let verdicts = verdict::verdicts(models, target.kind, &rows, &differences);
    let ranks = ranks::rank_rows(models, &scored);
    Ok(GeneralisationReport {
        target: target.clone(),
        models: models.iter().map(|m| m.predictions.name().to_owned()).collect(),
        windows: present.len() as u64 - missing,
        windows_without_prediction: missing,
        rows,
        differences,
        ranks,
        verdicts,
        densities: scored.densities,
        scatters: scored.scatters,
        curves: scored.curves,
        tracks: scored.tracks,
        warnings,
    })
}

/// What every kind of evaluation works on.
pub(crate) struct Input<'a> {
    models: &'a [EvaluatedModel],
    source: &'a dyn BatchSource,
    options: &'a GeneralisationOptions,
    present: &'a [bool],
    bootstrap: Bootstrap,
    reporter: &'a dyn Reporter,
}

impl Input<'_> {
    /// Walks over the windows that every model predicted: `visit(window, task, observed)`.
    fn observed(&self, visit: impl FnMut(usize, usize, &[f32])) -> Result<(), EvalError> {
        walk(self.source, self.present, self.options.batch_size, visit)
    }
}
