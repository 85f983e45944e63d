//! `run`, `train`, `evaluate`: the same study, up to another stage.

use std::process::ExitCode;

use cistron::Stage;
use cistron_core::Reporter;

use super::StudyArgs;

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) study: StudyArgs,
}

#[derive(clap::Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(super) study: StudyArgs,
}

#[derive(clap::Args)]
pub(crate) struct EvaluateArgs {
    #[command(flatten)]
    pub(super) study: StudyArgs,
}

pub(super) fn run(args: StudyArgs, until: Stage, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    let (study, options) = args.read(until)?;
    let summary = cistron::run(&study, &options, reporter)?;
    print!("{summary}");
    Ok(ExitCode::SUCCESS)
}
