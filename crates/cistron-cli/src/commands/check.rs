//! `check`: every problem of a study before any work.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::{CistronError, Study};

#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The study file (TOML)
    study: PathBuf,
}

pub(super) fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let study = Study::read(&args.study).map_err(CistronError::from)?;
    let problems = cistron::check(&study);
    if !problems.is_empty() {
        return Err(CistronError::from(problems).into());
    }
    println!("{}: no problem found", args.study.display());
    Ok(ExitCode::SUCCESS)
}
