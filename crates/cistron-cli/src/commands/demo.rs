//! `demo`: the main job on a simulated genome.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::DeviceChoice;
use cistron_core::Reporter;

/// Simulates a small genome with a dozen real motifs, coverage and peaks of three cell types; trains networks,
/// evaluates them against trivial baselines on a chromosome they never saw, and writes a report.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// Run directory
    #[arg(long, short, value_name = "DIR", default_value = "cistron-demo")]
    out: PathBuf,
    /// Where networks run: cpu, or gpu:0 in a build with the `gpu` feature
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
}

pub(super) fn run(args: DemoArgs, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    let summary = cistron::demo(&args.out, args.device, reporter)?;
    print!("{summary}");
    Ok(ExitCode::SUCCESS)
}
