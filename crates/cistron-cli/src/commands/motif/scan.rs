use std::path::PathBuf;

use cistron::CistronError;
use cistron::motif::{HitFormat, read_background, read_motifs, write_hits};
use cistron_core::Reporter;
use cistron_motif::{Background, Pwm, ScanOptions, scan_sequences};

use super::{SequenceArgs, probability, pseudocount};

/// Columns of the TSV and Parquet: contig, start_0, end_0 (0-based, half-open), motif, name, strand, score_bits, p_value, q_value.
/// N and IUPAC letters fit no motif.
#[derive(clap::Args)]
pub(crate) struct ScanArgs {
    /// Motifs (JASPAR, MEME, HOMER or TRANSFAC, plain or gzip)
    #[arg(long, value_name = "FILE")]
    motifs: PathBuf,
    #[command(flatten)]
    sequences: SequenceArgs,
    /// Largest p-value of a hit
    #[arg(long, default_value_t = ScanOptions::default().p_value, value_name = "P")]
    p_value: f64,
    /// Largest q-value (Benjamini-Hochberg, over all places and strands of one motif)
    #[arg(long, default_value_t = 1.0, value_name = "Q")]
    q_value: f64,
    /// Sites of the background that are added to each motif
    #[arg(long, default_value_t = 0.1)]
    pseudocount: f64,
    /// Background in MEME's format; scores are against its base frequencies, p-values over its words [default: equal frequencies]
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    /// Estimate a background of this order (0 to 3) from the sequences
    #[arg(long, value_name = "ORDER", conflicts_with = "background", value_parser = clap::value_parser!(u8).range(0..=3))]
    background_order: Option<u8>,
    /// The file to write; .bed and .parquet are written as such, anything else as TSV [default: TSV to standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: ScanArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let ScanArgs { motifs, sequences, p_value, q_value, pseudocount: added, background, background_order, out } = args;
    let (p_value, q_value) = (probability("--p-value", p_value)?, probability("--q-value", q_value)?);
    let added = pseudocount(added)?;
    let motifs = read_motifs(&motifs)?;
    let sequences = sequences.read()?;
    let background = match (background, background_order) {
        (Some(path), _) => read_background(&path)?,
        (None, Some(order)) => Background::from_sequences(sequences.borrowed(), usize::from(order)),
        (None, None) => Background::uniform(),
    };
    if let Some(wide) = motifs.iter().find(|m| sequences.codes.iter().all(|c| c.len() < m.len())) {
        let message = format!("motif {} has {} positions, and every sequence is shorter", wide.id, wide.len());
        return Err(CistronError::input("--sequences", message));
    }
    let frequencies = background.frequencies();
    let matrices: Vec<Pwm> = motifs.iter().map(|m| m.pwm(added, frequencies)).collect();
    let options = ScanOptions { p_value, background, ..ScanOptions::default() };
    let hits = scan_sequences(&matrices, &sequences.borrowed(), &options);
    let extension = out.as_ref().and_then(|p| p.extension()).and_then(|e| e.to_str());
    let format = match extension {
        Some("bed") => HitFormat::Bed,
        Some("parquet") => HitFormat::Parquet,
        _ => HitFormat::Tsv,
    };
    let count = write_hits(&motifs, &sequences, &hits, q_value, format, out.as_deref())?;
    reporter.note(&format!("{count} hits of {} motifs in {} sequences", motifs.len(), sequences.len()));
    Ok(())
}
