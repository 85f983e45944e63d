//! `motif …`: motifs without a model, and patterns of its attributions.

mod discover;
mod enrich;
mod filters;
mod overlap;
mod patterns;
mod scan;
mod similar;

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::CistronError;
use cistron::motif::{LogoFormat, Sequences, read_motif_sequences, read_motifs, write_logos, write_text};
use cistron_core::Reporter;
use cistron_motif::Background;
use cistron_motif::formats::{MotifFormat, write_motifs};

#[derive(clap::Subcommand)]
pub(crate) enum MotifCommand {
    /// Find sites of motifs in sequences, on both strands, with exact p-values and q-values
    Scan(scan::ScanArgs),
    /// Compare motifs with a database (Tomtom's method)
    Match(similar::MatchArgs),
    /// Test which motifs are enriched in one set of sequences against another
    Enrich(enrich::EnrichArgs),
    /// Discover motifs that distinguish one set of sequences from another
    Discover(discover::DiscoverArgs),
    /// Call seqlets on attribution maps
    Seqlets(patterns::SeqletArgs),
    /// Distil patterns from attribution maps (TF-MoDISco's job), call them back, write HDF5 and a page
    Patterns(patterns::PatternArgs),
    /// First-layer filters of a trained network as motifs, matched and ranked
    Filters(filters::FilterArgs),
    /// Compare called instances with given ones
    Overlap(overlap::OverlapArgs),
    /// Draw logos
    Logo(LogoArgs),
    /// Estimate a background of order 0 to 3 from sequences
    Background(BackgroundArgs),
    /// Convert motifs between JASPAR, MEME, HOMER and TRANSFAC
    Convert(ConvertArgs),
}

#[derive(clap::Args)]
pub(crate) struct ConvertArgs {
    /// Motifs in any of the formats
    motifs: PathBuf,
    /// Format to write: jaspar, meme, homer or transfac
    #[arg(long, value_name = "FORMAT")]
    to: MotifFormat,
    /// Cut off positions at the ends with less information than this
    #[arg(long, value_name = "BITS")]
    trim: Option<f64>,
    /// Write the motifs as they read on the other strand
    #[arg(long)]
    reverse_complement: bool,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct LogoArgs {
    /// Motifs (JASPAR, MEME, HOMER or TRANSFAC)
    motifs: PathBuf,
    /// svg or png
    #[arg(long, default_value = "svg", value_name = "FORMAT")]
    format: LogoFormat,
    /// Folder for the pictures, one per motif
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct BackgroundArgs {
    #[command(flatten)]
    sequences: SequenceArgs,
    /// Letters that the next one depends on: 0 to 3
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    order: u8,
    /// The file to write, in MEME's background format [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Where sequences come from.
#[derive(clap::Args)]
pub(crate) struct SequenceArgs {
    /// FASTA (plain or gzip), BED or narrowPeak with --genome, or a one-hot array (.npy, .npz)
    #[arg(long, value_name = "FILE")]
    sequences: PathBuf,
    /// Genome (FASTA) that a BED lies on
    #[arg(long, value_name = "FILE")]
    genome: Option<PathBuf>,
    /// Take so many bases around the summit or middle of each interval
    #[arg(long, value_name = "BP", requires = "genome")]
    width: Option<u64>,
}

impl SequenceArgs {
    fn read(&self) -> Result<Sequences, CistronError> {
        read_motif_sequences(&self.sequences, self.genome.as_deref(), self.width, None)
    }
}

pub(super) fn run(command: MotifCommand, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        MotifCommand::Scan(args) => scan::run(args, reporter)?,
        MotifCommand::Match(args) => similar::run(args, reporter)?,
        MotifCommand::Enrich(args) => enrich::run(args, reporter)?,
        MotifCommand::Discover(args) => discover::run(args, reporter)?,
        MotifCommand::Seqlets(args) => patterns::seqlets(args, reporter)?,
        MotifCommand::Patterns(args) => patterns::run(args, reporter)?,
        MotifCommand::Filters(args) => filters::run(args, reporter)?,
        MotifCommand::Overlap(args) => overlap::run(args)?,
        MotifCommand::Logo(LogoArgs { motifs, format, out }) => {
            let written = write_logos(&read_motifs(&motifs)?, &out, format)?;
            reporter.note(&format!("{} logos in {}", written.len(), out.display()));
        }
        MotifCommand::Background(BackgroundArgs { sequences, order, out }) => {
            let sequences = sequences.read()?;
            let background = Background::from_sequences(sequences.borrowed(), usize::from(order));
            write_text(out.as_deref(), &background.write())?;
        }
        MotifCommand::Convert(ConvertArgs { motifs, to, trim, reverse_complement, out }) => {
            let mut motifs = read_motifs(&motifs)?;
            if let Some(bits) = trim {
                motifs = motifs.iter().map(|m| m.trimmed(bits)).collect();
            }
            if reverse_complement {
                motifs = motifs.iter().map(cistron_motif::Motif::reverse_complement).collect();
            }
            write_text(out.as_deref(), &write_motifs(&motifs, to))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A share or probability in (0, 1].
fn probability(option: &str, value: f64) -> Result<f64, CistronError> {
    if value > 0.0 && value <= 1.0 {
        Ok(value)
    } else {
        Err(CistronError::input(option, format!("lies in (0, 1], not {value}")))
    }
}

fn pseudocount(value: f64) -> Result<f64, CistronError> {
    let right = value > 0.0 && value.is_finite();
    if right { Ok(value) } else { Err(CistronError::input("--pseudocount", format!("must be above 0, not {value}"))) }
}
