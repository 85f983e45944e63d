use std::io;
use std::path::{Path, PathBuf};

use cistron_core::SourceError;
use cistron_core::npy::NpyError;
use cistron_genome::GenomeError;

/// A baseline could not be fitted, or a predictor could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file cannot be used.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// The options do not fit the data.
    #[error("{message}")]
    Options {
        /// What does not fit and what to change.
        message: String,
    },
    /// A track could not be read.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// An array could not be read.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// Training data could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl LoadError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }
}
