use cistron_core::{DifferenceRow, MetricRow};
use serde::{Deserialize, Serialize};

/// What an evaluation beyond the headline found: `evaluation/KIND.json` of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FurtherReport {
    /// What it was done with; comparable results have the same.
    pub options: serde_json::Value,
    /// One row per (model, task, metric), the mean over tasks last.
    pub rows: Vec<MetricRow>,
    /// Every pair of models on every metric.
    pub differences: Vec<DifferenceRow>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl FurtherReport {
    /// The row of a model's mean over tasks.
    pub fn overall(&self, model: &str, metric: &str) -> Option<&MetricRow> {
        let is = |r: &&MetricRow| r.model == model && r.metric == metric && r.task == MetricRow::MEAN_OVER_TASKS;
        self.rows.iter().find(is)
    }
}
