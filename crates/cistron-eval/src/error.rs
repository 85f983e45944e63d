use std::io;
use std::path::{Path, PathBuf};

use cistron_core::npy::NpyError;
use cistron_core::{PredictError, SourceError};
use cistron_genome::GenomeError;

/// An evaluation failed.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A predictor failed.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A batch could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// An array could not be read or written.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// A bigWig could not be written.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Stored predictions do not fit.
    #[error("{}: {message}", path.display())]
    Stored {
        /// The directory.
        path: PathBuf,
        /// What does not fit and what to do.
        message: String,
    },
}

impl EvalError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
