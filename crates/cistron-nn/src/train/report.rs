use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What happened in one epoch; a line of `log.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// 1-based.
    pub epoch: u64,
    /// Mean loss over the training batches, with dropout, while the weights moved.
    pub train_loss: f64,
    /// Mean loss over the validation samples after the epoch.
    pub valid_loss: f64,
    /// Validation metric averaged over the tasks where it is defined; `null` where it is for none.
    pub valid_metric: Option<f64>,
    /// Name of the metric: `pearson` (over all windows and bins of a task) or `auroc`.
    pub metric: String,
    /// Learning rate during the epoch.
    pub learning_rate: f64,
    /// Training throughput, reading included, validation excluded.
    pub samples_per_s: f64,
    /// Wall time of the epoch, validation included.
    pub seconds: f64,
    /// When it ended, seconds since 1970.
    pub finished_unix_s: f64,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The validation score did not get better for `patience` epochs.
    Patience,
    /// All epochs were run.
    Epochs,
}

/// What came of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainReport {
    /// One record an epoch.
    pub history: Vec<EpochRecord>,
    /// 1-based epoch whose weights are kept.
    pub best_epoch: u64,
    /// Why training ended.
    pub stop: StopReason,
    /// Values that training changed.
    pub parameters: usize,
    /// BLAKE3 of the kept weights: see [`crate::weights_hash`].
    pub weights_hash: String,
    /// The device, as [`crate::DeviceChoice::describe`] says it.
    pub device: String,
    /// Wall time of all epochs in seconds, those before a resumption included.
    pub seconds: f64,
    /// Where the model lies.
    pub model_dir: PathBuf,
}
