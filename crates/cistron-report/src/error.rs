use std::path::PathBuf;

/// Why a report could not be written. Nothing half-written keeps its final name.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or folder could not be written.
    #[error("{path}: cannot write: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A Parquet table could not be encoded.
    #[error("{path}: cannot write this table: {source}")]
    Parquet {
        /// The table.
        path: PathBuf,
        /// What the encoder said.
        source: parquet::errors::ParquetError,
    },
    /// A part of the input does not fit together.
    #[error("{what}")]
    Input {
        /// Which part, and how.
        what: String,
    },
    /// A figure could not be rasterised.
    #[error("figure {figure}: cannot make a PNG: {message}")]
    Raster {
        /// Name of the figure.
        figure: String,
        /// What went wrong.
        message: String,
    },
    /// The page could not be put together.
    #[error("cannot put the report's page together: {0}")]
    Template(#[from] minijinja::Error),
}
