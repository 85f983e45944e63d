use std::path::{Path, PathBuf};

use cistron_data::DataError;
use cistron_eval::EvalError;
use cistron_genome::GenomeError;
use cistron_nn::NnError;
use cistron_report::ReportError;

use crate::Problem;

/// A run failed. Messages name the file, contig, line or key and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum CistronError {
    /// The study is wrong; every problem that was found.
    #[error("{}", list(problems))]
    Study {
        /// One or more problems.
        problems: Vec<Problem>,
    },
    /// A genome, track or peak file could not be read.
    #[error(transparent)]
    Genome(#[from] GenomeError),
    /// The dataset could not be built or read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A network could not be built, trained or loaded.
    #[error("model {model:?}: {source}")]
    Network {
        /// Name of the model in the study.
        model: String,
        /// The reason.
        source: NnError,
    },
    /// A baseline could not be fitted, or stored predictions could not be opened.
    #[error("model {model:?}: {message}")]
    Predictor {
        /// Name of the model in the study.
        model: String,
        /// The reason.
        message: String,
    },
    /// An evaluation failed.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Reading or writing failed (a full disk shows here).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the run directory is not what this version writes.
    #[error("{}: {message}", path.display())]
    RunDirectory {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
}

fn list(problems: &[Problem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => {
            let lines: Vec<String> = many.iter().map(|p| format!("\n  - {p}")).collect();
            format!("{} problems:{}", many.len(), lines.concat())
        }
    }
}

impl CistronError {
    /// Exit code of the command line: 2 when the input is wrong, 1 when the work failed.
    pub fn exit_code(&self) -> u8 {
        if cistron_core::is_out_of_space(self) {
            return 1;
        }
        match self {
            Self::Study { problems } if problems.iter().any(|p| p.out_of_space) => 1,
            Self::Study { .. } | Self::Genome(_) | Self::Predictor { .. } | Self::RunDirectory { .. } => 2,
            Self::Data(error) => match error {
                DataError::Io { source, .. } => io_code(source),
                _ => 2,
            },
            Self::Network { source, .. } => match source {
                NnError::Io { source, .. } => io_code(source),
                NnError::NotFinite { .. } => 1,
                _ => 2,
            },
            Self::Eval(_) | Self::Report(_) => 1,
            Self::Io { source, .. } => io_code(source),
        }
    }

    /// One thing that is wrong with an option or an input file, and what to do.
    pub fn input(place: impl Into<String>, message: impl Into<String>) -> Self {
        vec![Problem::new(place, message)].into()
    }

    /// For `map_err`: an input/output error with its path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}

/// A path that is not there or not readable is the user's to mend; anything else is the machine's.
fn io_code(error: &std::io::Error) -> u8 {
    use std::io::ErrorKind;
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) { 2 } else { 1 }
}

impl From<Vec<Problem>> for CistronError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Study { problems }
    }
}
