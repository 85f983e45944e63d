//! One file per subcommand.

mod bench;
mod check;
mod data;
mod demo;
mod models;
mod motif;
mod predict;
mod report;
mod simulate;
mod stages;
mod sweep;
mod variants;

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::{DeviceChoice, Problem, RunOptions, Stage, Study};
use cistron_core::Reporter;

/// The subcommands.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Simulate a small genome, train, evaluate and report: the whole main job in a few minutes
    Demo(demo::DemoArgs),
    /// Run a study: build the dataset, train, evaluate, report; an interrupted run goes on where it was
    Run(stages::RunArgs),
    /// Check a study and its files; reports every problem before any work
    Check(check::CheckArgs),
    /// Build a dataset, look into one, call peaks
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Build the dataset and train the networks of a study
    Train(stages::TrainArgs),
    /// Build, train and evaluate a study
    Evaluate(stages::EvaluateArgs),
    /// Write the report of a study (runs what is missing first), or compare finished runs: --compare
    Report(report::ReportArgs),
    /// Write the predictions of a trained model over the test windows as bigWig
    Predict(predict::PredictArgs),
    /// Simulate a genome with planted motifs, coverage tracks and peaks
    Simulate(simulate::SimulateArgs),
    /// List the network presets or show the layers of one
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Effects of sequence variants: score a VCF or table, benchmark on saturation mutagenesis
    #[command(subcommand)]
    Variants(variants::VariantsCommand),
    /// Motifs without a model: scan, compare, enrich, discover; patterns of attributions; filters of networks
    #[command(subcommand)]
    Motif(motif::MotifCommand),
    /// Search values of any keys of a study: grid, random, successive halving; in shards, with a report
    #[command(subcommand)]
    Sweep(sweep::SweepCommand),
    /// Measure speed on this machine
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

impl Command {
    pub(crate) fn run(self, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(args) => demo::run(args, reporter),
            Self::Run(args) => stages::run(args.study, Stage::Report, reporter),
            Self::Check(args) => check::run(args),
            Self::Data(command) => data::run(command, reporter),
            Self::Train(args) => stages::run(args.study, Stage::Train, reporter),
            Self::Evaluate(args) => stages::run(args.study, Stage::Evaluate, reporter),
            Self::Report(args) => report::run(args, reporter),
            Self::Predict(args) => predict::run(args, reporter),
            Self::Simulate(args) => simulate::run(args, reporter),
            Self::Models(command) => models::run(command),
            Self::Variants(command) => variants::run(command, reporter),
            Self::Motif(command) => motif::run(command, reporter),
            Self::Sweep(command) => sweep::run(command, reporter),
            Self::Bench(command) => bench::run(command, reporter),
        }
    }
}

/// What every command that works on a study takes.
#[derive(clap::Args)]
pub(crate) struct StudyArgs {
    /// The study file (TOML)
    study: PathBuf,
    #[command(flatten)]
    run: HowToRun,
}

/// How a study is run.
#[derive(clap::Args)]
pub(crate) struct HowToRun {
    /// Run directory [default: runs/NAME in the current folder]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where networks run: cpu, or gpu:0 in a build with the `gpu` feature
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Fail when there is no earlier run to go on with (going on is what happens anyway)
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Forget what an earlier run left in the run directory instead of going on with it
    #[arg(long)]
    fresh: bool,
}

impl StudyArgs {
    /// The study with every problem of its text reported, and the options of the run.
    fn read(self, until: Stage) -> Result<(Study, RunOptions), cistron::CistronError> {
        let Self { study, run: HowToRun { out, device, resume, fresh } } = self;
        let study = Study::read(&study)?;
        let out = out.unwrap_or_else(|| PathBuf::from("runs").join(&study.study.name));
        if resume && !out.join("study.toml").is_file() {
            let problem = Problem::new(out.display().to_string(), "there is no earlier run to go on with");
            return Err(vec![problem.with_help("leave --resume out, or name the run directory with --out")].into());
        }
        Ok((study, RunOptions { out, device, fresh, until, dataset: None }))
    }
}
