//! What a report is made of: plain data, converted by the caller from its own results.

use std::collections::BTreeMap;

use cistron_core::{CurveFamily, DifferenceRow, Interval, MetricRow, Outcome};
use cistron_stats::PearsonSums;
use serde::{Deserialize, Serialize};

/// Everything that one report shows. Start from `ReportInput::default()` and fill in what there is: a part without data leaves
/// no empty section behind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportInput {
    /// Heading, usually the study's name.
    pub title: String,
    /// One line under the heading.
    pub subtitle: String,
    /// When the report was written, as text.
    pub generated: String,
    /// What was done, in whole sentences; set as one paragraph.
    pub summary_sentences: Vec<String>,
    /// The answers, before any number: does each network beat the trivial baselines?
    pub verdicts: Vec<Verdict>,
    /// What a reader should know before believing the numbers.
    pub warnings: Vec<String>,
    /// All metrics; the mean over tasks carries [`MetricRow::MEAN_OVER_TASKS`].
    pub metrics: Vec<MetricRow>,
    /// Paired differences.
    pub differences: Vec<DifferenceRow>,
    /// The metrics that the summary table and the figures show, most important first.
    pub headline_metrics: Vec<HeadlineMetric>,
    /// The models, in the order in which tables, legends and colours list them.
    pub models: Vec<ModelInfo>,
    /// One per trained network.
    pub learning_curves: Vec<LearningCurve>,
    /// Predicted against observed, many values.
    pub densities: Vec<Density>,
    /// Predicted against observed, few values.
    pub scatters: Vec<Scatter>,
    /// ROC, precision–recall and reliability curves of binary tasks.
    pub curves: Vec<Curve>,
    /// Windows shown along the genome.
    pub tracks: Vec<TrackExample>,
    /// Further evaluations, each a section of its own.
    pub sections: Vec<crate::ResultSection>,
    /// Tables that describe the data (counts, class balance, coverage quantiles …).
    pub data_summary: Vec<SummaryTable>,
    /// The study file with every default filled in (TOML).
    pub resolved_study: String,
    /// The run's manifest (JSON).
    pub manifest: String,
    /// Versions, seeds, device, wall time …, in this order.
    pub provenance: Vec<(String, String)>,
}

/// An answer in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The sentence.
    pub text: String,
    /// What it amounts to.
    pub outcome: Outcome,
}

/// A metric that the report puts forward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadlineMetric {
    /// As in [`MetricRow::metric`].
    pub metric: String,
    /// For people, e.g. `Pearson r, whole chromosome`.
    pub label: String,
    /// Which way is better.
    pub higher_is_better: bool,
}

impl HeadlineMetric {
    /// A headline metric.
    pub fn new(metric: impl Into<String>, label: impl Into<String>, higher_is_better: bool) -> Self {
        Self { metric: metric.into(), label: label.into(), higher_is_better }
    }
}

/// What sort of thing a model is; decides its colour (baselines are grey) and marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Trained in this run or loaded from a checkpoint.
    Network,
    /// A trivial model that every other one should beat.
    Baseline,
    /// Somebody else's predictions.
    Precomputed,
}

impl ModelKind {
    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Baseline => "baseline",
            Self::Precomputed => "precomputed",
        }
    }
}

/// A model of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelInfo {
    /// As in [`MetricRow::model`].
    pub name: String,
    /// What sort of thing it is.
    pub kind: ModelKind,
    /// One line: preset, widths, loss …
    pub description: String,
    /// Trainable parameters.
    pub parameters: Option<u64>,
    /// Wall time of training or fitting, seconds.
    pub train_seconds: Option<f64>,
    /// Wall time of predicting the test split, seconds.
    pub predict_seconds: Option<f64>,
    /// Where it ran, e.g. `cpu, 2 threads`.
    pub device: Option<String>,
}

impl ModelInfo {
    /// A model of which only name and kind are known.
    pub fn new(name: impl Into<String>, kind: ModelKind) -> Self {
        Self {
            name: name.into(),
            kind,
            description: String::new(),
            parameters: None,
            train_seconds: None,
            predict_seconds: None,
            device: None,
        }
    }
}

/// How training went. The four series have one entry per epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningCurve {
    /// The model.
    pub model: String,
    /// Epoch numbers, 1-based.
    pub epochs: Vec<u64>,
    /// Mean training loss of the epoch.
    pub train_loss: Vec<Option<f64>>,
    /// Validation loss after the epoch.
    pub valid_loss: Vec<Option<f64>>,
    /// Validation metric after the epoch.
    pub valid_metric: Vec<Option<f64>>,
    /// For people, e.g. `Pearson r`.
    pub metric_name: String,
    /// For people, e.g. `Poisson NLL`.
    pub loss_name: String,
    /// The epoch whose weights were kept.
    pub best_epoch: Option<u64>,
}

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisScale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Position is log(1 + value), for coverage with many zeros; values must be ≥ 0.
    Log1p,
}

/// A two-dimensional histogram of predicted (x) against observed (y).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Density {
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// Edges of the predicted values' bins, ascending, one more than bins.
    pub predicted_edges: Vec<f64>,
    /// Edges of the observed values' bins, ascending, one more than bins.
    pub observed_edges: Vec<f64>,
    /// `[observed bin][predicted bin]`
    pub counts: Vec<Vec<u64>>,
    /// What the values are, e.g. `coverage per 32 bp bin`; empty when there is nothing to say.
    pub unit: String,
    /// Scale of both axes.
    pub scale: AxisScale,
}

impl Density {
    /// A histogram whose bins are equal on ln(1 + value) axes from 0 to `max_ln_1p`.
    pub fn from_log1p_bins(
        model: impl Into<String>,
        task: impl Into<String>,
        max_ln_1p: f64,
        counts: Vec<Vec<u64>>,
    ) -> Self {
        let edges = |n: usize| (0..=n).map(|i| (max_ln_1p * i as f64 / n.max(1) as f64).exp_m1()).collect::<Vec<_>>();
        Self {
            model: model.into(),
            task: task.into(),
            predicted_edges: edges(counts.first().map_or(0, Vec::len)),
            observed_edges: edges(counts.len()),
            counts,
            unit: String::new(),
            scale: AxisScale::Log1p,
        }
    }
}

/// Predicted against observed values, one point per sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scatter {
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// (predicted, observed)
    pub points: Vec<(f64, f64)>,
    /// What the values are, e.g. `log expression`; empty when there is nothing to say.
    pub unit: String,
}

/// A curve of a binary task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What the axes are.
    pub family: CurveFamily,
    /// The model.
    pub model: String,
    /// The task.
    pub task: String,
    /// (x, y), in drawing order, both in [0, 1].
    pub points: Vec<(f64, f64)>,
    /// Number for the legend (AUROC, average precision, calibration error).
    pub score: Option<f64>,
}

/// One model's prediction of a [`TrackExample`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackPrediction {
    /// The model.
    pub model: String,
    /// One value per bin, on the scale of the observed values.
    pub values: Vec<f32>,
    /// Pearson r with the observed values in this window.
    pub pearson: Option<f64>,
}

impl TrackPrediction {
    /// A prediction whose correlation with `observed` is worked out here (`None` when either does not vary).
    pub fn new(model: impl Into<String>, values: Vec<f32>, observed: &[f32]) -> Self {
        let pearson = PearsonSums::of(&values, observed).pearson().ok();
        Self { model: model.into(), values, pearson }
    }
}

/// Observed and predicted values along one window and task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackExample {
    /// `best`, `median`, `worst` …
    pub label: String,
    /// Name of the window.
    pub window: String,
    /// Where the first bin starts and the last ends (0-based, half-open); `None` for sequences without a place in a genome.
    pub interval: Option<Interval>,
    /// Width of a bin, bp.
    pub bin_bp: u64,
    /// The task.
    pub task: String,
    /// One value per bin.
    pub observed: Vec<f32>,
    /// The models, in the order of the rows.
    pub predictions: Vec<TrackPrediction>,
    /// Number by which the window was chosen.
    pub pearson: Option<f64>,
}

/// A table of text for the report's data section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryTable {
    /// Heading.
    pub title: String,
    /// A sentence under it; may be empty.
    pub note: String,
    /// Column heads.
    pub columns: Vec<String>,
    /// Cells, already formatted.
    pub rows: Vec<Vec<String>>,
}

impl ReportInput {
    /// The kind of every model, in order; models that only appear in rows count as networks.
    pub(crate) fn model_kinds(&self) -> Vec<(String, ModelKind)> {
        let mut kinds: Vec<(String, ModelKind)> = self.models.iter().map(|m| (m.name.clone(), m.kind)).collect();
        let named = self.metrics.iter().map(|r| &r.model).chain(self.learning_curves.iter().map(|c| &c.model));
        let named = named.chain(self.densities.iter().map(|d| &d.model)).chain(self.scatters.iter().map(|s| &s.model));
        let tracks = self.tracks.iter().flat_map(|t| t.predictions.iter().map(|p| &p.model));
        for name in named.chain(self.curves.iter().map(|c| &c.model)).chain(tracks) {
            if !kinds.iter().any(|(known, _)| known == name) {
                kinds.push((name.clone(), ModelKind::Network));
            }
        }
        kinds
    }

    /// The same with the differences between the first model and the others only, the first model first.
    pub(crate) fn against_first(&self) -> Self {
        let Some(first) = self.models.first().map(|m| m.name.as_str()) else { return self.clone() };
        let turned = |row: &DifferenceRow| DifferenceRow {
            model_a: row.model_b.clone(),
            model_b: row.model_a.clone(),
            difference: row.difference.map(|d| -d),
            low: row.high.map(|h| -h),
            high: row.low.map(|l| -l),
            ..row.clone()
        };
        let differences = self.differences.iter().filter_map(|row| match (&row.model_a, &row.model_b) {
            (a, _) if a == first => Some(row.clone()),
            (_, b) if b == first => Some(turned(row)),
            _ => None,
        });
        Self { differences: differences.collect(), ..self.clone() }
    }

    /// Tasks in the order of the metrics, without the mean over tasks.
    pub(crate) fn tasks(&self) -> Vec<String> {
        let mut seen = BTreeMap::new();
        for row in &self.metrics {
            let next = seen.len();
            if row.task != MetricRow::MEAN_OVER_TASKS {
                seen.entry(row.task.clone()).or_insert(next);
            }
        }
        let mut tasks: Vec<(String, usize)> = seen.into_iter().collect();
        tasks.sort_by_key(|(_, order)| *order);
        tasks.into_iter().map(|(task, _)| task).collect()
    }

    /// The row of a model and metric that stands for all tasks: the mean over tasks, or the only task's.
    pub(crate) fn overall(&self, model: &str, metric: &str) -> Option<&MetricRow> {
        let rows = || self.metrics.iter().filter(|r| r.model == model && r.metric == metric);
        let mean = rows().find(|r| r.task == MetricRow::MEAN_OVER_TASKS);
        mean.or_else(|| (rows().count() == 1).then(|| rows().next()).flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_of_a_window() {
        let observed = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(TrackPrediction::new("m", vec![2.0; 4], &observed).pearson, None);
        let line = TrackPrediction::new("m", vec![1.0, 3.0, 5.0, 7.0], &observed).pearson.unwrap();
        assert!((line - 1.0).abs() < 1e-12);
        // By hand: deviations (-1,0,1) and (-1,1,0): 1 / 2.
        let half = TrackPrediction::new("m", vec![0.0, 1.0, 2.0], &[0.0, 2.0, 1.0]).pearson.unwrap();
        assert!((half - 0.5).abs() < 1e-12);
    }

    #[test]
    fn overall_is_the_mean_or_the_only_task() {
        let row = |task: &str| MetricRow {
            model: "m".into(),
            task: task.into(),
            metric: "mse".into(),
            value: Some(1.0),
            low: None,
            high: None,
            windows: 1,
            reason: None,
        };
        let mut input = ReportInput { metrics: vec![row("b")], ..Default::default() };
        assert_eq!(input.overall("m", "mse").unwrap().task, "b");
        input.metrics.push(row("a"));
        assert!(input.overall("m", "mse").is_none());
        input.metrics.push(row(MetricRow::MEAN_OVER_TASKS));
        assert_eq!(input.overall("m", "mse").unwrap().task, MetricRow::MEAN_OVER_TASKS);
        assert_eq!(input.tasks(), ["b", "a"]);
    }

    #[test]
    fn log1p_edges_are_values() {
        let density = Density::from_log1p_bins("m", "t", 3f64.ln(), vec![vec![0; 2]; 2]);
        for (edge, wanted) in density.predicted_edges.iter().zip([0.0, 3f64.sqrt() - 1.0, 2.0]) {
            assert!((edge - wanted).abs() < 1e-12);
        }
    }
}
