//! `sweep run`, `sweep merge`, `sweep plan`.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::motif::write_text;
use cistron::sweep::{Plan, Shard, SweepOptions, merge, run_sweep, snakefile};
use cistron::{CistronError, DeviceChoice};
use cistron_core::Reporter;

#[derive(clap::Subcommand)]
pub(crate) enum SweepCommand {
    /// Train the trials of a sweep; an interrupted sweep goes on where it was
    Run(RunArgs),
    /// Collect the trials of all shards into sweep.tsv and report.html
    Merge(MergeArgs),
    /// Print the trials as TSV, or write a Snakefile that runs them
    Plan(PlanArgs),
}

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// The sweep file (TOML)
    sweep: PathBuf,
    /// Directory of the sweep; all shards share it
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    /// Run one part of the trials, e.g. 2/4 for the second of four
    #[arg(long, default_value_t = Shard::WHOLE, hide_default_value = true, value_name = "I/N")]
    shard: Shard,
    /// Where networks run: cpu, or gpu:0 in a build with the `gpu` feature
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
}

#[derive(clap::Args)]
pub(crate) struct MergeArgs {
    /// Directory of the sweep
    out: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct PlanArgs {
    /// The sweep file (TOML)
    sweep: PathBuf,
    /// Number of shards: adds the shard of each trial, and is the number of jobs of the Snakefile
    #[arg(long, default_value_t = 1, value_name = "N")]
    shards: usize,
    /// Write a Snakefile instead of printing the trials
    #[arg(long, value_name = "FILE", requires = "out")]
    snakemake: Option<PathBuf>,
    /// Directory of the sweep, for the Snakefile
    #[arg(long, short, value_name = "DIR", requires = "snakemake")]
    out: Option<PathBuf>,
}

pub(super) fn run(command: SweepCommand, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        SweepCommand::Run(RunArgs { sweep, out, shard, device }) => {
            print!("{}", run_sweep(&sweep, &SweepOptions { out, shard, device }, reporter)?);
        }
        SweepCommand::Merge(MergeArgs { out }) => print!("{}", merge(&out)?),
        SweepCommand::Plan(PlanArgs { sweep, shards, snakemake, out }) => {
            if shards == 0 {
                return Err(CistronError::input("--shards", "must be at least 1").into());
            }
            let plan = Plan::read(&sweep)?;
            match snakemake.zip(out) {
                Some((file, out)) => {
                    write_text(Some(&file), &snakefile(&sweep, &plan.file.study_path, &out, shards)?)?;
                    println!(
                        "{} trials in {shards} shards: snakemake -s {} --cores N",
                        plan.trials.len(),
                        file.display()
                    );
                }
                None => print!("{}", plan.to_tsv(shards)),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
