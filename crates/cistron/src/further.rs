//! Evaluations beyond the headline, and their sections of the report.

mod sections;

use cistron_core::{BatchSource, Reporter, hash_bytes};
use cistron_data::{Dataset, DatasetSource, Split};
use cistron_eval::FurtherReport;
use cistron_eval::generalisation::EvaluatedModel;
use cistron_eval::resolution::{ResolutionOptions, resolution};
use cistron_eval::robustness::{RobustnessOptions, VariationScores, robustness_report, variation_scores};
use cistron_eval::task_conversion::{ConversionOptions, task_conversion};
use cistron_eval::test_selection::{TestSelectionOptions, test_selection};
use serde::{Deserialize, Serialize};

pub(crate) use sections::sections;

use crate::evaluate::{Network, data_fingerprint};
use crate::json_file::write_json;
use crate::study::{Evaluation, EvaluationKind};
use crate::{CistronError, RunDir, RunOptions, Study};

/// What the headline evaluation leaves for the others.
pub(crate) struct Found<'a> {
    pub(crate) models: &'a [EvaluatedModel],
    /// The bin at which each model that is no baseline predicts by itself.
    pub(crate) own_bins_bp: &'a [usize],
    pub(crate) networks: &'a [Network],
    pub(crate) test: &'a DatasetSource,
}

/// Crops per window, and windows at most, unless the study says otherwise.
const CROPS: usize = 20;
const MAX_WINDOWS: usize = 1000;
/// Thresholds of GOPHER's kind for coverage scaled as users have it.
const THRESHOLDS: [f32; 6] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0];
/// Widths of the box-car filter in bins.
const SMOOTHING: [usize; 3] = [3, 9, 27];

/// Runs the study's evaluations other than generalisation, in its order, and stores each as `evaluation/KIND.json`.
pub(crate) fn further_evaluations(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    found: &Found<'_>,
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<(EvaluationKind, FurtherReport)>, CistronError> {
    let mut all = Vec::new();
    for evaluation in &study.evaluate {
        let report = match evaluation.kind {
            EvaluationKind::Generalisation => continue,
            EvaluationKind::Robustness => shifts(study, dataset, dir, evaluation, found, options, reporter)?,
            EvaluationKind::Resolution => {
                let (bin, bins) = (found.test.target().bin_bp, found.test.target().bins);
                let doublings = || (0..).map(|i| bin << i).take_while(|w| *w <= bin * bins).collect();
                let options = ResolutionOptions {
                    bins_bp: evaluation.bins_bp.clone().unwrap_or_else(doublings),
                    smoothing_bp: evaluation
                        .smoothing_bp
                        .clone()
                        .unwrap_or_else(|| SMOOTHING.map(|n| n * bin).to_vec()),
                    bootstrap_replicates: evaluation.bootstrap_replicates,
                    seed: study.study.seed,
                };
                resolution(found.models, found.own_bins_bp, found.test, &options)?
            }
            EvaluationKind::TestSelection => {
                let options = TestSelectionOptions {
                    coverage_above: evaluation.coverage_above.clone().unwrap_or_else(|| THRESHOLDS.to_vec()),
                    bootstrap_replicates: evaluation.bootstrap_replicates,
                    seed: study.study.seed,
                };
                let rows = found.test.rows();
                let most = |row: &u32| {
                    let maxima = dataset.track_maxima(*row as usize).unwrap_or_default();
                    maxima.iter().copied().fold(f32::NEG_INFINITY, f32::max)
                };
                let maxima: Vec<f32> = rows.iter().map(most).collect();
                let peaks: Option<Vec<bool>> =
                    rows.iter().map(|row| Some(dataset.labels(*row as usize)?.iter().any(|l| *l >= 0.5))).collect();
                test_selection(found.models, found.test, &maxima, peaks.as_deref(), &options)?
            }
            EvaluationKind::Conversion => {
                let options =
                    ConversionOptions { bootstrap_replicates: evaluation.bootstrap_replicates, seed: study.study.seed };
                let labels: Option<Vec<Vec<f32>>> =
                    found.test.rows().iter().map(|row| Some(dataset.labels(*row as usize)?.to_vec())).collect();
                let labels = labels.ok_or_else(|| {
                    CistronError::input("evaluate", "conversion needs peaks: the dataset has no labels; build it anew")
                })?;
                task_conversion(found.models, found.test, &labels, &options)?
            }
        };
        report.notes.iter().for_each(|note| reporter.warn(&format!("{}: {note}", evaluation.kind.name())));
        write_json(&report, &dir.evaluation(evaluation.kind))?;
        all.push((evaluation.kind, report));
    }
    Ok(all)
}

/// The scores of one network, as they are kept.
#[derive(Serialize, Deserialize)]
struct KeptScores {
    fingerprint: String,
    scores: VariationScores,
}

/// The shift test. Scores of a network are kept beside its predictions and taken again while network, data and options are the same.
fn shifts(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    evaluation: &Evaluation,
    found: &Found<'_>,
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<FurtherReport, CistronError> {
    let settings = RobustnessOptions {
        crops: evaluation.crops.unwrap_or(CROPS),
        max_windows: evaluation.max_windows.unwrap_or(MAX_WINDOWS),
        bootstrap_replicates: evaluation.bootstrap_replicates,
        seed: study.study.seed,
    };
    let mut source_options = dataset.source_options(study.study.seed);
    let window_bp = dataset.manifest().window_bp;
    // The sequence of the whole stored window; its profile is not looked at.
    source_options.input_bp = window_bp;
    source_options.bin_bp = window_bp;
    let windows = dataset.source(Split::Test, &source_options)?;
    let data = data_fingerprint(dataset.manifest());
    let mut scored = Vec::new();
    for network in found.networks {
        let what =
            format!("{data} {} {} {} {}", network.weights_hash, settings.crops, settings.max_windows, settings.seed);
        let fingerprint = hash_bytes(what.as_bytes());
        let path = dir.predictions(&network.name).join("shift_test.json");
        let kept = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice::<KeptScores>(&text).ok());
        let scores = match kept.filter(|k| k.fingerprint == fingerprint) {
            Some(kept) => kept.scores,
            None => {
                let scores = variation_scores(&network.load(options)?, &windows, &settings, reporter)?;
                let kept = KeptScores { fingerprint, scores };
                write_json(&kept, &path)?;
                kept.scores
            }
        };
        scored.push(scores);
    }
    Ok(robustness_report(&scored, &settings))
}
