use serde::{Deserialize, Serialize};

/// What is to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Coverage in bins along the window (quantitative).
    Profile,
    /// One real value per task.
    Scalar,
    /// One 0/1 label per task.
    Binary,
}

impl TargetKind {
    /// The name in study files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Scalar => "scalar",
            Self::Binary => "binary",
        }
    }
}

/// Shape and meaning of the targets of a [`crate::BatchSource`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// What the values mean.
    pub kind: TargetKind,
    /// Task (track, label, column) names, in order.
    pub tasks: Vec<String>,
    /// Number of bins per window; 1 unless the kind is [`TargetKind::Profile`].
    pub bins: usize,
    /// Width of a bin in bp; the whole input for scalar and binary targets.
    pub bin_bp: usize,
    /// Length of the input sequence in bp.
    pub input_bp: usize,
}
