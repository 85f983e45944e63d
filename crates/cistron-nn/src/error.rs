use std::path::{Path, PathBuf};

use cistron_core::{SourceError, TargetKind};

/// Building, training or loading a network failed.
#[derive(Debug, thiserror::Error)]
pub enum NnError {
    /// No preset of that name.
    #[error("unknown preset {found:?}; the presets are {known}")]
    UnknownPreset {
        /// What was asked for.
        found: String,
        /// The names there are.
        known: String,
    },
    /// The preset cannot work on this input or these bins.
    #[error("preset {preset:?} does not fit: {message}")]
    DoesNotFit {
        /// The preset.
        preset: String,
        /// What does not fit, the lengths along the network, and what to change.
        message: String,
    },
    /// An option has a value that cannot work.
    #[error("{key}: {message}")]
    Option {
        /// The key, as in the study file.
        key: &'static str,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// The loss does not suit the target.
    #[error("loss {} does not suit a {} target; use {suitable}", loss.name(), kind.name())]
    LossMismatch {
        /// The loss.
        loss: crate::Loss,
        /// The target's kind.
        kind: TargetKind,
        /// The losses that suit.
        suitable: String,
    },
    /// The data cannot be trained on.
    #[error("{split} data: {message}")]
    Data {
        /// `training` or `validation`.
        split: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The device is not there. Never replaced by another.
    #[error("device {device}: {message}")]
    Device {
        /// As asked for.
        device: String,
        /// Why not, and what to do.
        message: String,
    },
    /// The loss stopped being a number.
    #[error(
        "training loss became {value} in epoch {epoch}, batch {batch}: try a learning rate below {learning_rate:e}, \
         or look for extreme target values"
    )]
    NotFinite {
        /// The loss.
        value: f64,
        /// 1-based epoch.
        epoch: u64,
        /// 1-based batch.
        batch: u64,
        /// Learning rate in use.
        learning_rate: f64,
    },
    /// The validation loss is not a number.
    #[error(
        "validation loss became {value} in epoch {epoch}: try a learning rate below {learning_rate:e}, or first_activation \
         = \"relu\" if it is exponential"
    )]
    ValidationNotFinite {
        /// The loss.
        value: f64,
        /// 1-based epoch.
        epoch: u64,
        /// Learning rate in use.
        learning_rate: f64,
    },
    /// The metric that decides on the best epoch was undefined in every epoch.
    #[error(
        "the validation metric was undefined in all {epochs} epochs: set monitor = \"loss\", or check that the validation \
         targets vary"
    )]
    MetricUndefined {
        /// Epochs that were trained.
        epochs: usize,
    },
    /// A run cannot be resumed with other options.
    #[error("cannot resume {path}: {key} was {saved} and is now {asked}; restore it, or train anew without resuming")]
    ResumeMismatch {
        /// The checkpoint.
        path: PathBuf,
        /// The key that differs, e.g. `options.learning_rate`.
        key: String,
        /// Value in the checkpoint.
        saved: String,
        /// Value asked for.
        asked: String,
    },
    /// A file is damaged or of another kind.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A batch could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl NnError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_path_buf(), message: message.into() }
    }
}
