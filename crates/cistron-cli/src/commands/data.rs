//! `data build`, `data inspect`, `data windows`, `data call-peaks`.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::data::peak_calling::{PeakCallOptions, call_peaks_to_file};
use cistron::data::{Dataset, inspect};
use cistron::{CistronError, Stage};
use cistron_core::Reporter;

use super::StudyArgs;

#[derive(clap::Subcommand)]
pub(crate) enum DataCommand {
    /// Build the dataset of a study
    Build(BuildArgs),
    /// Counts, class balance, GC, coverage quantiles and N share of a dataset directory
    Inspect(InspectArgs),
    /// Names, places and splits of the windows of a dataset directory, as TSV
    Windows(WindowsArgs),
    /// Call peaks on a bigWig with a plain Poisson caller; for a study that has no peaks
    CallPeaks(CallPeaksArgs),
}

#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    study: StudyArgs,
}

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// The dataset directory (RUN/dataset)
    dataset: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also compare every array with its hash in the manifest
    #[arg(long)]
    verify: bool,
}

#[derive(clap::Args)]
pub(crate) struct WindowsArgs {
    /// The dataset directory (RUN/dataset)
    dataset: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct CallPeaksArgs {
    /// Coverage at base resolution
    #[arg(long, value_name = "FILE")]
    bigwig: PathBuf,
    /// The narrowPeak to write
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Least -log10 of the Poisson p-value
    #[arg(long, default_value_t = PeakCallOptions::default().min_log10_p, value_name = "P")]
    min_log10_p: f64,
}

pub(super) fn run(command: DataCommand, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        DataCommand::Build(args) => return super::stages::run(args.study, Stage::Build, reporter),
        DataCommand::Inspect(InspectArgs { dataset, json, verify }) => {
            let dataset = Dataset::open(&dataset).map_err(CistronError::from)?;
            if verify {
                dataset.verify().map_err(CistronError::from)?;
            }
            let inspection = inspect(&dataset);
            if json {
                println!("{}", serde_json::to_string_pretty(&inspection)?);
            } else {
                print!("{inspection}");
            }
        }
        DataCommand::Windows(WindowsArgs { dataset }) => {
            let dataset = Dataset::open(&dataset).map_err(CistronError::from)?;
            println!("name\tsplit");
            for window in dataset.windows() {
                println!("{}\t{}", window.name, window.split);
            }
        }
        DataCommand::CallPeaks(CallPeaksArgs { bigwig, out, min_log10_p }) => {
            let options = PeakCallOptions { min_log10_p, ..PeakCallOptions::default() };
            let count = call_peaks_to_file(&bigwig, &out, &options).map_err(CistronError::from)?;
            println!("{count} peaks written to {}", out.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
