//! `simulate`: a genome with planted motifs, its coverage tracks and peaks.

use std::path::PathBuf;
use std::process::ExitCode;

use cistron::CistronError;
use cistron::data::simulate::{SimulateOptions, simulate_genome};
use cistron_core::Reporter;

/// Writes genome.fa, genome.sizes, truth.tsv (every planted motif site), and a bigWig and a narrowPeak per cell type.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// Folder to write; what is there is replaced
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    /// Everything derives from this number
    #[arg(long, default_value_t = SimulateOptions::default().seed)]
    seed: u64,
    /// Number of contigs
    #[arg(long, default_value_t = SimulateOptions::default().contigs)]
    contigs: usize,
    /// Length of each contig
    #[arg(long, default_value_t = SimulateOptions::default().contig_bp, value_name = "BP")]
    contig_bp: usize,
    /// Number of cell types
    #[arg(long, default_value_t = SimulateOptions::default().cell_types)]
    cell_types: usize,
}

pub(super) fn run(args: SimulateArgs, reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    let SimulateArgs { out, seed, contigs, contig_bp, cell_types } = args;
    let options = SimulateOptions { seed, contigs, contig_bp, cell_types, ..SimulateOptions::default() };
    let genome = simulate_genome(&options, &out, reporter).map_err(CistronError::from)?;
    println!("{}", genome.fasta.display());
    for track in &genome.tracks {
        println!("{}\t{}\t{}", track.name, track.bigwig.display(), track.peaks.display());
    }
    Ok(ExitCode::SUCCESS)
}
