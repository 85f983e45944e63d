//! The facade: a study file becomes a dataset, trained networks, baselines, an evaluation and a report.
//!
//! [`Study::read`] and [`check`] find every problem before any work; [`run`] does the work up to a [`Stage`], goes on with what
//! an interrupted run left, and returns a [`RunSummary`]. [`compare`] sets finished runs side by side.

mod baselines;
mod check;
mod demo;
mod error;
mod evaluate;
mod further;
mod json_file;
mod leaderboard;
mod manifest;
pub mod motif;
mod open_predictor;
mod problem;
mod report;
mod report_input;
mod run;
mod run_dir;
pub mod study;
pub mod sweep;
mod train;
pub mod variants;
mod warnings;

pub use check::check;
pub use cistron_data as data;
pub use cistron_eval as eval;
pub use cistron_genome::{BigWig, read_chrom_sizes, read_fasta};
pub use cistron_nn as nn;
pub use cistron_nn::DeviceChoice;
pub use cistron_report::Estimate;
pub use demo::{demo, demo_study};
pub use error::CistronError;
pub use leaderboard::{CompareOptions, CompareSummary, compare};
pub use problem::Problem;
pub use run::{RunOptions, RunSummary, Stage, run};
pub use run_dir::RunDir;
pub use study::Study;
pub use train::TrainedNetwork;
