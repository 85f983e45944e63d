use ndarray::Array3;

use crate::{SequenceBatch, TargetSpec};

/// Inputs with their targets.
#[derive(Debug, Clone)]
pub struct TargetBatch {
    /// The sequences, with their identities.
    pub sequences: SequenceBatch,
    /// Observed values `[batch, tasks, bins]`; NaN marks a value that was not measured.
    pub targets: Array3<f32>,
}

/// One walk over a [`BatchSource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Shuffled and augmented, both keyed by (seed, epoch, sample). The last, smaller batch is dropped
    /// unless it is the only one.
    Train {
        /// 0-based epoch.
        epoch: u64,
    },
    /// In stored order, centre crops, forward strand; every sample once.
    Evaluate,
}

/// Reading a batch failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What went wrong, with the file and the sample.
    pub message: String,
}

/// Somewhere that labelled batches come from: a split of a dataset on disk, or a toy in a test.
pub trait BatchSource: Send + Sync {
    /// Shape and meaning of the targets.
    fn target(&self) -> &TargetSpec;
    /// Number of samples in one [`Pass::Evaluate`].
    fn samples(&self) -> usize;
    /// The batches of one pass, each of at most `batch_size` samples. The same arguments give the same
    /// batches, bit for bit.
    fn batches(
        &self,
        pass: Pass,
        batch_size: usize,
    ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_>;
}
