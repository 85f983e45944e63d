use std::io;
use std::path::{Path, PathBuf};

use cistron_core::npy::NpyError;
use cistron_genome::GenomeError;

use crate::Split;

/// A dataset could not be configured, built or read. Messages name the file, line, contig or key and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A genome, track or peak file could not be read.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// Reading or writing failed (a full disk shows here).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The configuration is wrong; every problem with the key's path.
    #[error("the dataset cannot be built as configured: {}", problems.join("; "))]
    Config {
        /// One line per problem.
        problems: Vec<String>,
    },
    /// A row of a table or a record of a FASTA set is wrong.
    #[error("{}:{line}: {message}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// 1-based line (row number in a Parquet file).
        line: u64,
        /// What is wrong with the row, with the column.
        message: String,
    },
    /// A file as a whole cannot be used.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A split has no windows.
    #[error("the {split} split is empty: {message}")]
    EmptySplit {
        /// The empty split.
        split: Split,
        /// What to change.
        message: String,
    },
    /// `duplicates = "error"` and there are some.
    #[error(
        "{count} window(s) repeat an earlier sequence or its reverse complement, e.g. {examples}; remove them or set dataset.duplicates = \"drop\""
    )]
    Duplicates {
        /// Number of windows that repeat an earlier one.
        count: u64,
        /// The first few pairs.
        examples: String,
    },
    /// No window passed the selection.
    #[error("no windows: {message}")]
    NoWindows {
        /// Why, and what to change.
        message: String,
    },
    /// The dataset on disk is not one that this version reads, or is damaged.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A batch source was asked for something that the dataset does not hold.
    #[error("{message}")]
    Options {
        /// What was asked, what there is, what to change.
        message: String,
    },
}

impl From<NpyError> for DataError {
    fn from(error: NpyError) -> Self {
        match error {
            NpyError::Io { path, source } => Self::Io { path, source },
            NpyError::Damaged { path, message } => Self::Damaged { path, message },
        }
    }
}

impl DataError {
    /// For `map_err`: an input/output error with its path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn row(path: &Path, line: u64, message: impl Into<String>) -> Self {
        Self::Row { path: path.to_owned(), line, message: message.into() }
    }

    pub(crate) fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }

    pub(crate) fn damaged(path: &Path, message: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), message: message.into() }
    }
}
