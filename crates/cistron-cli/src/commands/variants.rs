//! `variants score`, `variants benchmark`, `variants qtl`.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::variants::{
    BenchmarkJob, ExternalScores, MeasuredJob, ModelPath, NullKind, OnMismatch, Padding, QtlJob, ReferencePath,
    ScoreJob, ScoreSummary, benchmark, qtl, score,
};
use cistron::{DeviceChoice, Estimate};
use cistron_core::{MetricRow, Reporter};

#[derive(clap::Subcommand)]
pub(crate) enum VariantsCommand {
    /// Predict the effects of variants: one row per model, variant and task
    Score(ScoreArgs),
    /// Compare predicted with measured effects of saturation mutagenesis, element by element
    Benchmark(BenchmarkArgs),
    /// Compare predicted effects with linked variants (QTLs, allelic imbalance): direction, size, significance
    Qtl(QtlArgs),
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Mismatch {
    /// Stop, saying how many and which
    Error,
    /// Leave them out
    Skip,
    /// Turn those whose alternative allele is the reference's sequence
    Swap,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Pad {
    /// N, an unknown base
    N,
    /// Dinucleotide shuffles of the known piece
    Shuffle,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Null {
    /// The same change at random places of the same contig or piece
    Matched,
    /// The same variant between shuffled flanks
    Shuffled,
}

/// What both commands take.
#[derive(clap::Args)]
struct Common {
    /// FASTA of the genome
    #[arg(long, value_name = "FASTA", required_unless_present = "pieces", conflicts_with = "pieces")]
    genome: Option<PathBuf>,
    /// FASTA of pieces of a genome, each headed >NAME contig:start-end (1-based), where there is no whole one
    #[arg(long, value_name = "FASTA")]
    pieces: Option<PathBuf>,
    /// What to do when a reference allele is not the sequence
    #[arg(long, value_enum, default_value_t = Mismatch::Error)]
    on_mismatch: Mismatch,
    /// What stands beyond the ends of a contig or piece
    #[arg(long, value_enum, default_value_t = Pad::N)]
    padding: Pad,
    /// Seed of shifts and random draws
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Where networks run: cpu, or gpu:0 in a build with the `gpu` feature
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Folder of the result
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

impl Common {
    fn reference(&self) -> ReferencePath {
        match (&self.genome, &self.pieces) {
            (Some(genome), _) => ReferencePath::Genome(genome.clone()),
            (None, pieces) => ReferencePath::Pieces(pieces.clone().unwrap_or_default()),
        }
    }

    fn on_mismatch(&self) -> OnMismatch {
        match self.on_mismatch {
            Mismatch::Error => OnMismatch::Error,
            Mismatch::Skip => OnMismatch::Skip,
            Mismatch::Swap => OnMismatch::Swap,
        }
    }

    fn padding(&self) -> Padding {
        match self.padding {
            Pad::N => Padding::N,
            Pad::Shuffle => Padding::Shuffle,
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct ScoreArgs {
    /// VCF, or a table with chrom, pos (1-based) or start (0-based), ref and alt; plain or gzip
    variants: PathBuf,
    /// A trained network, as RUN/models/MODEL or NAME=RUN/models/MODEL; may be given several times
    #[arg(long = "model", value_name = "[NAME=]DIR", required = true)]
    models: Vec<ModelPath>,
    #[command(flatten)]
    common: Common,
    /// Random shifts of robust predictions; GOPHER takes 20
    #[arg(long, default_value_t = 0, value_name = "N")]
    shifts: usize,
    /// Give p- and q-values against random variants
    #[arg(long, value_enum)]
    null: Option<Null>,
    /// Number of random variants
    #[arg(long, default_value_t = 1000, value_name = "N", requires = "null")]
    null_size: usize,
}

/// What both benchmarks take.
#[derive(clap::Args)]
struct MeasuredArgs {
    /// A trained network, as RUN/models/MODEL or NAME=RUN/models/MODEL; may be given several times
    #[arg(long = "model", value_name = "[NAME=]DIR")]
    models: Vec<ModelPath>,
    /// Effects that another tool predicted: a table with chrom, pos, ref, alt and a column of effects; may be given several times
    #[arg(long = "scores", value_name = "NAME=FILE")]
    scores: Vec<ModelPath>,
    /// Column of the effects in the tables of --scores
    #[arg(long, default_value = "score", value_name = "COLUMN")]
    score_column: String,
    /// Compare the prediction for this task instead of the mean over tasks
    #[arg(long)]
    task: Option<String>,
    /// Compare models of different tasks, each by the mean over its own
    #[arg(long, conflicts_with = "task")]
    own_tasks: bool,
    #[command(flatten)]
    common: Common,
    /// Random shifts of robust predictions; 0 for standard ones only
    #[arg(long, default_value_t = 20, value_name = "N")]
    shifts: usize,
    /// Also write the overall values into this run directory, so that `cistron report --compare` shows them; models need the run's names
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Bootstrap replicates of the intervals
    #[arg(long, default_value_t = 1000, value_name = "N")]
    bootstrap_replicates: usize,
}

impl MeasuredArgs {
    fn job(self, measured: PathBuf) -> MeasuredJob {
        let column = self.score_column;
        let external = |table| ExternalScores { table, column: column.clone() };
        MeasuredJob {
            models: self.models,
            external: self.scores.into_iter().map(external).collect(),
            measured,
            task: self.task,
            own_tasks: self.own_tasks,
            reference: self.common.reference(),
            on_mismatch: self.common.on_mismatch(),
            padding: self.common.padding(),
            shifts: self.shifts,
            replicates: self.bootstrap_replicates,
            seed: self.common.seed,
            device: self.common.device,
            out: self.common.out,
            run: self.run,
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct BenchmarkArgs {
    /// Table of measured effects: chrom, pos, ref, alt, element and value; plain or gzip
    measured: PathBuf,
    /// Column of the elements
    #[arg(long, default_value = "element", value_name = "COLUMN")]
    element_column: String,
    /// Column of the measured effects
    #[arg(long, default_value = "Value", value_name = "COLUMN")]
    value_column: String,
    #[command(flatten)]
    on: MeasuredArgs,
}

#[derive(clap::Args)]
pub(crate) struct QtlArgs {
    /// Table of linked variants: chrom, pos (or start), ref, alt and the effect; plain or gzip
    measured: PathBuf,
    /// Column of the effect of the alternative allele, or of the allele with more signal (ref or alt)
    #[arg(long, value_name = "COLUMN")]
    effect_column: String,
    /// Column of p- or q-values: tells significant variants from others
    #[arg(long, value_name = "COLUMN")]
    significance_column: Option<String>,
    /// Largest value that counts as significant
    #[arg(long, default_value_t = 0.05, value_name = "P", requires = "significance_column")]
    significant: f64,
    #[command(flatten)]
    on: MeasuredArgs,
}

pub(super) fn run(command: VariantsCommand, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        VariantsCommand::Score(args) => {
            let null = args.null.map(|null| match null {
                Null::Matched => (NullKind::Matched, args.null_size),
                Null::Shuffled => (NullKind::Shuffled, args.null_size),
            });
            let common = args.common;
            let job = ScoreJob {
                models: args.models,
                variants: args.variants,
                reference: common.reference(),
                on_mismatch: common.on_mismatch(),
                padding: common.padding(),
                shifts: args.shifts,
                null,
                seed: common.seed,
                device: common.device,
                out: common.out,
            };
            let summary = score(&job, reporter)?;
            tell(&summary, reporter);
            println!("{} of {} variants scored: {}", summary.scored, summary.variants, summary.table.display());
        }
        VariantsCommand::Benchmark(args) => {
            let job = BenchmarkJob {
                on: args.on.job(args.measured),
                element_column: args.element_column,
                value_column: args.value_column,
            };
            let found = benchmark(&job, reporter)?;
            tell(&found.scored, reporter);
            println!("{:<28}{:<18}{:<26}{:>28}{:>10}", "model", "metric", "element", "r", "variants");
            for row in &found.report.rows {
                let value = value(row);
                println!("{:<28}{:<18}{:<26}{value:>28}{:>10}", row.model, row.metric, row.task, row.windows);
            }
            println!("\nReport: {}", found.page.display());
        }
        VariantsCommand::Qtl(args) => {
            let significance = args.significance_column.map(|column| (column, args.significant));
            let on = args.on.job(args.measured);
            let found = qtl(&QtlJob { on, effect_column: args.effect_column, significance }, reporter)?;
            tell(&found.scored, reporter);
            println!("{:<28}{:<40}{:>28}{:>10}", "model", "metric", "value", "variants");
            for row in &found.report.rows {
                println!("{:<28}{:<40}{:>28}{:>10}", row.model, row.metric, value(row), row.windows);
            }
            println!("\nReport: {}", found.page.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn value(row: &MetricRow) -> String {
    Estimate::of(row).map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn tell(summary: &ScoreSummary, reporter: &dyn Reporter) {
    if summary.multi_allelic > 0 {
        reporter
            .note(&format!("{} lines have several alternative alleles, each scored by itself", summary.multi_allelic));
    }
    summary.warnings().iter().for_each(|warning| reporter.warn(warning));
}
