use cistron_core::{CurveFamily, Pass, Stream, keyed_rng};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::Input;
use crate::EvalError;

/// Bins on each side of a [`Density`].
const DENSITY_BINS: usize = 64;
/// Points of a [`Scatter`] at most.
const SCATTER_POINTS: usize = 3000;

/// How often (predicted, observed) fell where, on ln(1 + value) axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Density {
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// Largest ln(1 + value) on both axes; the bins are equal.
    pub max: f64,
    /// `[observed][predicted]`
    pub counts: Vec<Vec<u64>>,
}

pub(super) struct DensityBuilder {
    density: Density,
}

impl DensityBuilder {
    pub(super) fn new(model: &str, task: &str, predicted_max: f32, observed_max: f32) -> Self {
        let max = f64::from(predicted_max.max(observed_max).max(1e-3)).ln_1p();
        let counts = vec![vec![0; DENSITY_BINS]; DENSITY_BINS];
        Self { density: Density { model: model.to_owned(), task: task.to_owned(), max, counts } }
    }

    pub(super) fn add(&mut self, predicted: &[f32], observed: &[f32]) {
        let scale = (DENSITY_BINS as f64 / self.density.max) as f32;
        let bin = |value: f32| ((value.max(0.0).ln_1p() * scale) as usize).min(DENSITY_BINS - 1);
        for (&p, &o) in predicted.iter().zip(observed).filter(|(_, o)| !o.is_nan()) {
            self.density.counts[bin(o)][bin(p)] += 1;
        }
    }

    pub(super) fn finish(self) -> Density {
        self.density
    }
}

/// Predicted against observed values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scatter {
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// (predicted, observed); at most 3,000, drawn by chance.
    pub points: Vec<(f64, f64)>,
}

impl Scatter {
    pub(super) fn new(model: &str, task: &str, predicted: &[f32], observed: &[f32], seed: u64) -> Self {
        let mut rng = keyed_rng(seed, Stream::Figure, 0, 0);
        let share = SCATTER_POINTS as f64 / predicted.len().max(1) as f64;
        let points = predicted
            .iter()
            .zip(observed)
            .filter(|_| share >= 1.0 || rng.random::<f64>() < share)
            .map(|(p, o)| (f64::from(*p), f64::from(*o)))
            .take(SCATTER_POINTS)
            .collect();
        Self { model: model.to_owned(), task: task.to_owned(), points }
    }
}

/// A curve of binary predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What the axes are.
    pub family: CurveFamily,
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// (x, y)
    pub points: Vec<(f64, f64)>,
}

/// Observed and predicted profile of one window and task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackExample {
    /// `best`, `median` or `worst` by the mean Pearson r of the first model that is no baseline.
    pub label: String,
    /// Name of the window.
    pub window: String,
    /// Its contig.
    pub contig: Option<String>,
    /// Its first base, 0-based.
    pub start_0: u64,
    /// The task.
    pub task: String,
    /// One value per bin.
    pub observed: Vec<f32>,
    /// (model, one value per bin).
    pub predictions: Vec<(String, Vec<f32>)>,
    /// Pearson r by which the window was chosen.
    pub pearson: f64,
}

/// Profiles of the windows with the highest, the middle and the lowest score.
pub(super) fn choose_tracks(input: &Input<'_>, mut scores: Vec<(usize, f64)>) -> Result<Vec<TrackExample>, EvalError> {
    if scores.is_empty() {
        return Ok(Vec::new());
    }
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let chosen = [("best", 0), ("median", scores.len() / 2), ("worst", scores.len() - 1)];
    let tasks = &input.source.target().tasks;
    let mut found: Vec<Vec<TrackExample>> = vec![Vec::new(); chosen.len()];
    let mut first = 0;
    let batch_size = input.source.target().batch_size(input.options.batch_size);
    for batch in input.source.batches(Pass::Evaluate, batch_size) {
        let batch = batch?;
        for (place, (label, rank)) in chosen.iter().enumerate() {
            let (window, pearson) = scores[*rank];
            if !(first..first + batch.sequences.len()).contains(&window) {
                continue;
            }
            let id = batch.sequences.windows.get(window - first).cloned().unwrap_or_default();
            for (task, name) in tasks.iter().enumerate() {
                let observed = batch.targets.slice(ndarray::s![window - first, task, ..]).to_vec();
                let predictions = input
                    .models
                    .iter()
                    .map(|m| (m.predictions.name().to_owned(), m.predictions.values(window, task).to_vec()))
                    .collect();
                found[place].push(TrackExample {
                    label: (*label).to_owned(),
                    window: id.name.clone(),
                    contig: id.interval.as_ref().map(|i| i.contig.clone()),
                    start_0: id.interval.as_ref().map_or(0, |i| i.start_0),
                    task: name.clone(),
                    observed,
                    predictions,
                    pearson,
                });
            }
        }
        first += batch.sequences.len();
    }
    Ok(found.into_iter().flatten().collect())
}
