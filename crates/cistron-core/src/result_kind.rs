use serde::{Deserialize, Serialize};

/// How a model stands to a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The 95 % interval of the paired difference lies on the model's side.
    Beats,
    /// The interval holds zero.
    NotDistinguishable,
    /// The interval lies on the baseline's side.
    Loses,
    /// It could not be decided: no metric is defined for both.
    Unknown,
}

/// The axes of a curve of binary predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveFamily {
    /// x: false-positive rate, y: true-positive rate.
    Roc,
    /// x: recall, y: precision.
    PrecisionRecall,
    /// x: mean predicted probability of a bin, y: share of positives in it.
    Reliability,
}
