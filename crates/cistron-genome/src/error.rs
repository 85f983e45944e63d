use std::io;
use std::path::{Path, PathBuf};

/// A genome, track or peak file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum GenomeError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file ends in the middle of its compressed data.
    #[error("{}: the compressed data end too early: the file is truncated; copy or download it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// The file as a whole cannot be used.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A line is wrong.
    #[error("{}:{line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The contig is not in the file.
    #[error("{}: no contig {contig:?}; it has {known}", path.display())]
    NoContig {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        contig: String,
        /// The first few names there are.
        known: String,
    },
    /// The interval reaches past its contig's end.
    #[error("{}: interval {contig}:{start_0}-{end_0} reaches past the end of {contig} ({length_bp} bp)", path.display())]
    PastEnd {
        /// The file.
        path: PathBuf,
        /// The contig.
        contig: String,
        /// First position, 0-based.
        start_0: u64,
        /// One past the last position.
        end_0: u64,
        /// Length of the contig.
        length_bp: u64,
    },
    /// A stored value cannot be coverage.
    #[error("{}: {message} at {contig}:{position_0}-{end_0}; mend the track{advice}", path.display(), end_0 = position_0 + 1)]
    BadValue {
        /// The file.
        path: PathBuf,
        /// The contig.
        contig: String,
        /// First position with the value, 0-based.
        position_0: u64,
        /// Which value.
        message: String,
        /// What else can be done.
        advice: &'static str,
    },
}

impl GenomeError {
    /// For `map_err`: an input/output error with its path; a stream that ends too early is a truncated file.
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| {
            if source.kind() == io::ErrorKind::UnexpectedEof {
                Self::Truncated { path: path.to_owned() }
            } else if source.kind() == io::ErrorKind::InvalidInput || source.kind() == io::ErrorKind::InvalidData {
                Self::file(path, format!("the compressed data are damaged ({source}); copy or download it again"))
            } else {
                Self::Io { path: path.to_owned(), source }
            }
        }
    }

    pub(crate) fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }

    pub(crate) fn line(path: &Path, line: u64, message: impl Into<String>) -> Self {
        Self::Line { path: path.to_owned(), line, message: message.into() }
    }
}

/// The first few names of a list, for messages.
pub(crate) fn some_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let shown: Vec<&str> = names.take(5).collect();
    match count {
        0 => "none".into(),
        1..=5 => shown.join(", "),
        _ => format!("{}, … ({count} in all)", shown.join(", ")),
    }
}
