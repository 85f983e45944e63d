//! `predict`: a trained model's predictions over the test windows as bigWig.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::CistronError;
use cistron::eval::{StoredPredictions, write_bigwigs};
use cistron_core::Reporter;

/// Writes stored predictions (RUN/predictions/MODEL, made by `cistron evaluate`) as one bigWig per task.
#[derive(clap::Args)]
pub(crate) struct PredictArgs {
    /// Folder of a model's predictions: RUN/predictions/MODEL
    predictions: PathBuf,
    /// Table of contig names and lengths
    #[arg(long, value_name = "FILE")]
    chrom_sizes: PathBuf,
    /// Folder for the bigWig files
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: PredictArgs, _reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    let PredictArgs { predictions, chrom_sizes, out } = args;
    let contigs = cistron::read_chrom_sizes(&chrom_sizes).map_err(CistronError::from)?;
    let stored = StoredPredictions::open(&predictions).map_err(CistronError::from)?;
    for path in write_bigwigs(&stored, &contigs, &out).map_err(CistronError::from)? {
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
