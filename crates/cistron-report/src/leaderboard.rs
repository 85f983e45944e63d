//! The leaderboard: models of several runs on the same data, every criterion side by side.

mod table;
mod write;

use cistron_core::{MetricRow, RankRow};

pub use write::{LeaderboardPaths, write_leaderboard};

use crate::{HeadlineMetric, ReportInput};

/// Everything that a leaderboard shows.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardInput {
    /// What it has in common with a report: heading, sentences, warnings, models (best first), metrics of every task, paired
    /// differences of every pair, headline metrics, provenance.
    pub report: ReportInput,
    /// The run or runs of each model, in the order of `report.models`.
    pub runs: Vec<String>,
    /// What the models are judged by, one column each.
    pub criteria: Vec<Criterion>,
    /// Ranks over bootstrap replicates.
    pub ranks: Vec<RankRow>,
    /// Performance against robustness, or why there is no such figure.
    pub front: Result<Front, String>,
}

/// One number that every model is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// The evaluation that it comes from: `generalisation`, `robustness` …
    pub evaluation: String,
    /// As in [`MetricRow::metric`].
    pub metric: String,
    /// For people, without the evaluation.
    pub label: String,
    /// Which way is better, where that is known.
    pub higher_is_better: Option<bool>,
    /// Whether the page's table has it; the file has all.
    pub shown: bool,
    /// One per model, in the order of `report.models`; a missing one has no value and says why.
    pub values: Vec<MetricRow>,
}

/// Two criteria against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// Across.
    pub x: HeadlineMetric,
    /// Up.
    pub y: HeadlineMetric,
    /// The models that have both.
    pub points: Vec<FrontPoint>,
}

/// A model in the plane of two criteria.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontPoint {
    /// Name of the model.
    pub model: String,
    /// Value across.
    pub x: f64,
    /// Its 95 % interval.
    pub x_interval: Option<(f64, f64)>,
    /// Value up.
    pub y: f64,
    /// Its 95 % interval.
    pub y_interval: Option<(f64, f64)>,
    /// Whether no other model is at least as good on both and better on one.
    pub on_front: bool,
}

impl LeaderboardInput {
    /// [`Criterion::evaluation`] of accuracy on the test split: these criteria have ranks.
    pub const GENERALISATION: &'static str = "generalisation";

    /// Whether a model is on the front; `None` when it is not in that comparison.
    pub(crate) fn on_front(&self, model: &str) -> Option<bool> {
        self.front.as_ref().ok()?.points.iter().find(|p| p.model == model).map(|p| p.on_front)
    }

    /// The rank of a model on a metric.
    pub(crate) fn rank(&self, model: &str, metric: &str) -> Option<&RankRow> {
        self.ranks.iter().find(|r| r.model == model && r.metric == metric)
    }
}
