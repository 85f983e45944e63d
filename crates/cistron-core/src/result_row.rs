use serde::{Deserialize, Serialize};

/// One number of an evaluation, in tidy form: one row per (model, task, metric).
///
/// `value` is `None` when the metric is undefined there, and `reason` then says why (no variance, no positives, …).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRow {
    /// Name of the model (replicates carry their own names).
    pub model: String,
    /// Task name, or [`MetricRow::MEAN_OVER_TASKS`].
    pub task: String,
    /// Metric name with its unit or base where it has one, e.g. `pearson_whole_chromosome`,
    /// `jensen_shannon_distance_base2`.
    pub metric: String,
    /// The value.
    pub value: Option<f64>,
    /// Lower end of the 95 % bootstrap interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % bootstrap interval.
    pub high: Option<f64>,
    /// Number of windows (or sequences) behind the value.
    pub windows: u64,
    /// Why the value is undefined, or a caveat.
    pub reason: Option<String>,
}

impl MetricRow {
    /// The task name of rows that average over tasks.
    pub const MEAN_OVER_TASKS: &'static str = "mean over tasks";
}

/// Paired bootstrap difference of two models on the same windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DifferenceRow {
    /// First model.
    pub model_a: String,
    /// Second model.
    pub model_b: String,
    /// Task name, or [`MetricRow::MEAN_OVER_TASKS`].
    pub task: String,
    /// Metric name as in [`MetricRow::metric`].
    pub metric: String,
    /// Value of a minus value of b.
    pub difference: Option<f64>,
    /// Lower end of the 95 % interval of the difference.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval of the difference.
    pub high: Option<f64>,
    /// Why the difference is undefined.
    pub reason: Option<String>,
}

/// Where a model stands among others on one metric (mean over tasks), over the same bootstrap resamples of the windows.
///
/// Rank 1 is the best; equal values share the mean of their ranks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankRow {
    /// Name of the model.
    pub model: String,
    /// Metric name as in [`MetricRow::metric`].
    pub metric: String,
    /// Mean rank over the replicates.
    pub mean_rank: Option<f64>,
    /// 2.5 % quantile of the rank (a rank that occurred, the next lower one where the quantile falls between two).
    pub low: Option<f64>,
    /// 97.5 % quantile of the rank (likewise, the next higher one).
    pub high: Option<f64>,
    /// Share of the replicates in which the model is first; models that are first together share the replicate.
    pub share_first: Option<f64>,
    /// Why there is no rank, or a caveat.
    pub reason: Option<String>,
}
