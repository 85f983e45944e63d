//! `report`: of one study, or of several finished runs.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::{CompareOptions, Stage};
use cistron_core::Reporter;

use super::{HowToRun, StudyArgs, stages};

#[derive(clap::Args)]
#[command(
    override_usage = "cistron report [OPTIONS] <STUDY>\n       cistron report [OPTIONS] --compare <RUN> <RUN>... --out <DIR>",
    mut_arg("out", |out| out.help("Run directory [default: runs/NAME in the current folder]; with --compare the folder of the leaderboard"))
)]
pub(crate) struct ReportArgs {
    /// The study file (TOML)
    #[arg(required_unless_present = "compare", conflicts_with = "compare")]
    study: Option<PathBuf>,
    /// Compare all models of finished runs on the same data: writes leaderboard.html and leaderboard.tsv into --out
    #[arg(
        long,
        num_args = 2..,
        value_name = "RUN",
        requires = "out",
        conflicts_with_all = ["device", "resume", "fresh"]
    )]
    compare: Vec<PathBuf>,
    /// Compare profiles in bins of this width, a multiple of every run's bin_bp: predictions and targets are averaged
    #[arg(long, value_name = "BP", requires = "compare")]
    bin_bp: Option<usize>,
    /// Bootstrap replicates of a comparison
    #[arg(
        long,
        default_value_t = 1000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(100..=1_000_000),
        requires = "compare"
    )]
    bootstrap_replicates: u32,
    #[command(flatten)]
    run: HowToRun,
}

pub(super) fn run(args: ReportArgs, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    let ReportArgs { study, compare, bin_bp, bootstrap_replicates, run } = args;
    if let Some(study) = study {
        return stages::run(StudyArgs { study, run }, Stage::Report, reporter);
    }
    let options = CompareOptions {
        runs: compare,
        out: run.out.unwrap_or_default(),
        bin_bp,
        bootstrap_replicates: bootstrap_replicates as usize,
    };
    let summary = cistron::compare(&options, reporter)?;
    print!("{summary}");
    Ok(ExitCode::SUCCESS)
}
