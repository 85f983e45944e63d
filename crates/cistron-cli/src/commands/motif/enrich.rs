use std::path::PathBuf;

use cistron::CistronError;
use cistron::motif::{
    Sequences, enrichment_table, gc_matched, read_motif_sequences, read_motifs, shuffled, write_table,
};
use cistron_core::Reporter;
use cistron_motif::{Background, EnrichOptions, Pwm, enrich};

use super::pseudocount;

/// Two sets of sequences.
#[derive(clap::Args)]
pub(crate) struct SetArgs {
    /// Positive sequences: FASTA (plain or gzip), BED or narrowPeak with --genome, or a one-hot array (.npy, .npz)
    #[arg(long, value_name = "FILE")]
    positives: PathBuf,
    /// Negative sequences [default: the positives shuffled]
    #[arg(long, value_name = "FILE", conflicts_with = "gc_matched")]
    negatives: Option<PathBuf>,
    /// Records of this name only are positives (for a FASTA whose headers are labels)
    #[arg(long, value_name = "NAME")]
    positive_label: Option<String>,
    /// Records of this name in the file of the positives are the negatives
    #[arg(long, value_name = "NAME", conflicts_with_all = ["negatives", "gc_matched"])]
    negative_label: Option<String>,
    /// Genome (FASTA) that BED files lie on
    #[arg(long, value_name = "FILE")]
    genome: Option<PathBuf>,
    /// Take so many bases around the summit or middle of each interval
    #[arg(long, value_name = "BP", requires = "genome")]
    width: Option<u64>,
    /// Negatives are random places of the genome with the same lengths and GC shares
    #[arg(long, requires = "genome")]
    gc_matched: bool,
    /// Shuffled negatives keep the counts of words of so many letters (1 to 4)
    #[arg(long, default_value_t = 2, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=4))]
    shuffle: u8,
    /// Use at most so many positives, from the first on
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    /// Seed of shuffles and of held-out sequences
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

impl SetArgs {
    /// Positives and negatives, with a word on where the negatives come from.
    pub(super) fn read(&self) -> Result<(Sequences, Sequences, &'static str), CistronError> {
        let genome = self.genome.as_deref();
        let read = |path, label: Option<&str>| read_motif_sequences(path, genome, self.width, label);
        let mut positives = read(&self.positives, self.positive_label.as_deref())?;
        if let Some(most) = self.most {
            positives.contigs.truncate(most);
            positives.starts_0.truncate(most);
            positives.codes.truncate(most);
        }
        let (negatives, what) = match (&self.negatives, &self.negative_label, genome) {
            (Some(path), _, _) => (read(path, None)?, "given"),
            (None, Some(label), _) => (read(&self.positives, Some(label))?, "given"),
            (None, None, Some(genome)) if self.gc_matched => (gc_matched(&positives, genome, self.seed)?, "GC-matched"),
            _ => (shuffled(&positives, usize::from(self.shuffle), self.seed), "shuffled"),
        };
        Ok((positives, negatives, what))
    }
}

/// Motifs by p-value: Fisher's exact test at the score that separates a random half of the sequences best, tested on the other
/// half; and a rank-sum test, which needs no threshold, on all.
#[derive(clap::Args)]
pub(crate) struct EnrichArgs {
    /// Motifs (JASPAR, MEME, HOMER or TRANSFAC, plain or gzip)
    #[arg(long, value_name = "FILE")]
    motifs: PathBuf,
    #[command(flatten)]
    sets: SetArgs,
    /// Sites of the background that are added to each motif
    #[arg(long, default_value_t = 0.1)]
    pseudocount: f64,
    /// The file to write; .parquet is written as such, anything else as TSV [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: EnrichArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let EnrichArgs { motifs, sets, pseudocount: added, out } = args;
    let added = pseudocount(added)?;
    let motifs = read_motifs(&motifs)?;
    let (positives, negatives, what) = sets.read()?;
    if positives.len() < 2 || negatives.len() < 2 {
        let message = format!("{} positives and {} negatives are too few to compare", positives.len(), negatives.len());
        return Err(CistronError::input("--positives", message));
    }
    let frequencies = Background::from_sequences(negatives.borrowed(), 0).frequencies();
    let matrices: Vec<Pwm> = motifs.iter().map(|m| m.pwm(added, frequencies)).collect();
    let options = EnrichOptions { frequencies, seed: sets.seed, ..EnrichOptions::default() };
    let found = enrich(&matrices, &positives.borrowed(), &negatives.borrowed(), &options);
    write_table(&enrichment_table(&motifs, &found), out.as_deref())?;
    let significant = found.iter().filter(|e| e.q_value < 0.01).count();
    reporter.note(&format!(
        "{significant} of {} motifs enriched at q < 0.01: {} positives against {} {what} negatives",
        motifs.len(),
        positives.len(),
        negatives.len()
    ));
    Ok(())
}
