use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// The scale on which a head speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// Non-negative coverage per bin.
    Counts,
    /// Natural logarithm of counts.
    LogCounts,
    /// Log-odds of a binary label.
    Logits,
    /// A real value, e.g. log expression.
    Scalar,
}

/// One head of a model: tasks that share a kind and a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadSpec {
    /// Name of the head; `main` when there is one.
    pub name: String,
    /// Scale of the values.
    pub kind: OutputKind,
    /// Task names, in the order of the values.
    pub tasks: Vec<String>,
    /// Bins along the window (1 for scalar and binary heads).
    pub bins: usize,
    /// Width of a bin in bp (the whole input for scalar and binary heads).
    pub bin_bp: usize,
}

/// What a predictor says of one batch.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// One array `[batch, tasks, bins]` per head, in the order of the predictor's heads. NaN where the
    /// predictor has no answer (a table without that row).
    pub heads: Vec<Array3<f32>>,
}
