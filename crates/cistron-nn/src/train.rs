//! Training: what drives it, the loop, and what comes back.

mod epoch;
mod options;
mod progress;
mod report;
mod session;
mod valid_metric;

use std::path::Path;

use cistron_core::{BatchSource, Reporter};

pub(crate) use epoch::host;
pub use options::{Monitor, TrainOptions};
pub use report::{EpochRecord, StopReason, TrainReport};

use crate::{DeviceChoice, ModelConfig, NnError};

/// Everything that one training needs.
#[derive(Clone, Copy)]
pub struct TrainJob<'a> {
    /// The network.
    pub model: &'a ModelConfig,
    /// How to train it.
    pub options: &'a TrainOptions,
    /// Training samples.
    pub train: &'a dyn BatchSource,
    /// Validation samples, which decide the learning rate, the end, and which epoch's weights are kept.
    pub valid: &'a dyn BatchSource,
    /// Where the run lives; see [`train`].
    pub dir: &'a Path,
    /// Continue from the last whole epoch when there is one. Otherwise an old run in `dir` is replaced.
    pub resume: bool,
    /// Where to compute.
    pub device: DeviceChoice,
    /// What the samples are (hashes of the data, selection, augmentation): a run is only continued on the same.
    pub data: &'a serde_json::Value,
}

/// Trains a network and keeps the weights of its best epoch.
///
/// The run's directory holds, at any moment, loadable state:
/// - `checkpoint/`: weights, optimiser and schedule after the last whole epoch, and the best epoch's weights;
/// - `log.jsonl`: one [`EpochRecord`] a line;
/// - `tensorboard/`: the same as TensorBoard events;
/// - `model/`, at the end: the best weights with all that [`crate::NativePredictor::load`] needs.
///
/// A run that is killed continues with `resume` to the same weights, on the CPU bit for bit, as one that was not. Of the
/// options only `epochs` may differ from the interrupted run's; model, target and `data` may not.
///
/// # Errors
/// Before any work: unknown or unfit preset, options out of range, a loss that does not suit, an absent device, empty data,
/// a checkpoint of other options. Later: values that cannot be targets, a loss that is no longer finite, unreadable data, a
/// full disk.
pub fn train(job: &TrainJob<'_>, reporter: &dyn Reporter) -> Result<TrainReport, NnError> {
    session::Session::open(job, reporter)?.run(reporter)
}
