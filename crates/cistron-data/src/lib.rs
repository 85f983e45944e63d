//! Datasets: from a genome with its signal, or tables and FASTA sets of sequences, to labelled windows on disk,
//! their splits, and the batches that training and evaluation read.
//!
//! - [`config`] mirrors the `[genome]` and `[dataset]` sections of a study file;
//! - [`check`] finds every problem of them before any work starts;
//! - [`build`] writes the dataset: a directory of `.npy` arrays, `windows.parquet` and `manifest.json`;
//! - [`Dataset`] memory-maps it; [`Dataset::source`] gives a [`cistron_core::BatchSource`] of one split;
//! - [`inspect()`] summarises it.
//!
//! Conventions: coordinates are 0-based half-open; sequence is base codes (A C G T N = 0 … 4); signal is
//! `[windows, tracks, window_bp]`, untransformed, at base resolution; binning, transforms, crops and reverse
//! complements happen while reading.

mod build;
mod canonical;
mod check;
pub mod config;
mod dataset;
mod error;
mod inspect;
mod manifest;
pub mod peak_calling;
pub mod simulate;
mod source;
mod split;
mod table_file;
mod transform;
mod window_table;

pub use build::{BuildOptions, MergedPeak, build, merge_peaks};
pub use canonical::{CanonicalHash, canonical_hash};
pub use check::{Problem, check};
pub use cistron_core::npy::{NpyArray, NpyElement, NpyWriter};
pub use config::{
    DatasetConfig, DatasetKind, DuplicatePolicy, FastaConfig, FastaFileConfig, GenomeConfig, NegativesConfig,
    SelectConfig, SplitBy, SplitConfig, SplitValue, TableConfig, TableFileConfig, TrackConfig, Uneven,
};
pub use dataset::{Dataset, WindowRow};
pub use error::DataError;
pub use inspect::{Inspection, LabelBalance, Quantiles, SplitInspection, TrackCoverage, inspect};
pub use manifest::{ArrayFile, FORMAT_VERSION, InputFile, Manifest, ResolvedConfig, SplitCounts};
pub use source::{DatasetSource, SourceOptions};
pub use split::Split;
pub use table_file::{TableColumns, TableRow, column_names, read_rows};
pub use transform::{TrackTransform, Transform};
