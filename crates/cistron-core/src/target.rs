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

impl TargetSpec {
    /// Bytes of targets that are read at once at most, so that fine bins of many tasks do not fill the memory.
    const BATCH_BYTES: usize = 8 << 20;

    /// How many windows to read at once: at most `most`, fewer when their targets are large.
    pub fn batch_size(&self, most: usize) -> usize {
        let bytes = self.tasks.len() * self.bins * size_of::<f32>();
        (Self::BATCH_BYTES / bytes.max(1)).clamp(1, most.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_large_targets_are_small() {
        let target = |tasks: usize, bins: usize| TargetSpec {
            kind: TargetKind::Profile,
            tasks: (0..tasks).map(|t| t.to_string()).collect(),
            bins,
            bin_bp: 1,
            input_bp: bins,
        };
        assert_eq!(target(1, 64).batch_size(256), 256);
        assert_eq!(target(16, 2048).batch_size(256), 64);
        assert_eq!(target(1000, 1 << 20).batch_size(256), 1);
    }
}
