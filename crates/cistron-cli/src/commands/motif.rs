//! `motif scan`, `motif convert`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cistron::{CistronError, Problem};
use cistron_core::{AtomicFile, Reporter, alphabet};
use cistron_motif::formats::{MotifFormat, parse_motifs, write_motifs};
use cistron_motif::{Motif, Pwm, ScanOptions, SequenceHit, scan_sequences};

#[derive(clap::Subcommand)]
pub(crate) enum MotifCommand {
    /// Find sites of motifs in sequences, on both strands, with exact p-values and q-values
    Scan(ScanArgs),
    /// Convert motifs between JASPAR, MEME, HOMER and TRANSFAC
    Convert(ConvertArgs),
}

#[derive(clap::Args)]
pub(crate) struct ScanArgs {
    /// Motifs (JASPAR, MEME, HOMER or TRANSFAC)
    #[arg(long, value_name = "FILE")]
    motifs: PathBuf,
    /// Sequences (FASTA, plain or gzip)
    #[arg(long, value_name = "FILE")]
    fasta: PathBuf,
    /// Largest p-value of a hit
    #[arg(long, default_value_t = ScanOptions::default().p_value, value_name = "P")]
    p_value: f64,
    /// Largest q-value (Benjamini-Hochberg, over all places and strands of one motif)
    #[arg(long, default_value_t = 1.0, value_name = "Q")]
    q_value: f64,
    /// Sites of equal base frequencies that are added to each motif
    #[arg(long, default_value_t = 0.1)]
    pseudocount: f64,
    /// The TSV to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ConvertArgs {
    /// Motifs in any of the formats
    motifs: PathBuf,
    /// Format to write: jaspar, meme, homer or transfac
    #[arg(long, value_name = "FORMAT")]
    to: MotifFormat,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(command: MotifCommand, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        MotifCommand::Scan(args) => scan(&args, reporter)?,
        MotifCommand::Convert(ConvertArgs { motifs, to, out }) => {
            write(out.as_deref(), &write_motifs(&read(&motifs)?, to))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn wrong(place: impl Into<String>, message: impl Into<String>) -> CistronError {
    vec![Problem::new(place, message)].into()
}

fn read(path: &Path) -> Result<Vec<Motif>, CistronError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|e| wrong(&shown, format!("cannot read the motifs: {e}")))?;
    let motifs = parse_motifs(&text).map_err(|e| wrong(&shown, e.to_string()))?;
    if motifs.is_empty() {
        return Err(wrong(shown, "holds no motif"));
    }
    Ok(motifs)
}

fn write(out: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match out {
        Some(path) => Ok(AtomicFile::write(path, text.as_bytes())
            .map_err(|source| CistronError::Io { path: path.to_path_buf(), source })?),
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}

/// Sequences with their names, as codes.
fn sequences(path: &Path) -> Result<Vec<(String, Vec<u8>)>, CistronError> {
    let mut out = Vec::new();
    for record in cistron::read_fasta(path)? {
        let record = record?;
        let name = record.name.split_whitespace().next().unwrap_or_default().to_owned();
        let mut codes = vec![0; record.letters.len()];
        alphabet::encode_lossy(&record.letters, &mut codes)
            .map_err(|bad| wrong(format!("{}:{}", path.display(), record.line), format!("sequence {name:?}: {bad}")))?;
        out.push((name, codes));
    }
    if out.is_empty() {
        return Err(wrong(path.display().to_string(), "holds no sequence"));
    }
    Ok(out)
}

fn scan(args: &ScanArgs, reporter: &dyn Reporter) -> anyhow::Result<()> {
    for (option, value) in [("--p-value", args.p_value), ("--q-value", args.q_value)] {
        if !(value > 0.0 && value <= 1.0) {
            return Err(wrong(option, format!("lies in (0, 1], not {value}")).into());
        }
    }
    if !(args.pseudocount > 0.0 && args.pseudocount.is_finite()) {
        return Err(wrong("--pseudocount", format!("must be above 0, not {}", args.pseudocount)).into());
    }
    let motifs = read(&args.motifs)?;
    let sequences = sequences(&args.fasta)?;
    let options = ScanOptions { p_value: args.p_value, ..ScanOptions::default() };
    let matrices: Vec<Pwm> = motifs.iter().map(|m| m.pwm(args.pseudocount, options.background.frequencies())).collect();
    let codes: Vec<&[u8]> = sequences.iter().map(|(_, codes)| codes.as_slice()).collect();
    let found = scan_sequences(&matrices, &codes, &options);
    let mut count = 0;
    let mut text = String::from("contig\tstart_0\tend_0\tmotif\tname\tstrand\tscore_bits\tp_value\tq_value\n");
    for (motif, hits) in motifs.iter().zip(&found) {
        for SequenceHit { sequence, hit, q_value } in hits.iter().filter(|h| h.q_value <= args.q_value) {
            count += 1;
            let (start, end) = (hit.start_0, hit.start_0 + motif.len());
            let strand = if hit.reverse { '-' } else { '+' };
            text += &format!(
                "{}\t{start}\t{end}\t{}\t{}\t{strand}\t{:.2}\t{:.3e}\t{q_value:.3e}\n",
                sequences[*sequence].0, motif.id, motif.name, hit.score_bits, hit.p_value
            );
        }
    }
    write(args.out.as_deref(), &text)?;
    reporter.note(&format!("{count} hits of {} motifs in {} sequences", motifs.len(), sequences.len()));
    Ok(())
}
