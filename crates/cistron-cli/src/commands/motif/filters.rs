use std::path::PathBuf;

use cistron::motif::{filter_motifs, read_motifs, write_motif_file, write_table};
use cistron::{CistronError, DeviceChoice};
use cistron_core::Reporter;
use cistron_motif::FilterOptions;

use super::{SequenceArgs, probability};

/// Writes filters.meme and filters.tsv, the filter with the largest activation x gradient first, and prints the hit ratio (share of
/// filters with a match) and the mean q-value of the hits.
#[derive(clap::Args)]
pub(crate) struct FilterArgs {
    /// Folder of a trained model: RUN/models/MODEL
    model: PathBuf,
    #[command(flatten)]
    sequences: SequenceArgs,
    /// Motifs that filters are compared with
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// Largest q-value of a match
    #[arg(long, default_value_t = 0.1, value_name = "Q")]
    q_value: f64,
    /// Where the network runs
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Folder for the results
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: FilterArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let FilterArgs { model, sequences, database, q_value, device, out } = args;
    let q_value = probability("--q-value", q_value)?;
    let database = read_motifs(&database)?;
    let sequences = sequences.read()?;
    let found = filter_motifs(&model, &sequences, &database, FilterOptions::default(), q_value, device)?;
    let motifs: Vec<_> = found.motifs.iter().flatten().cloned().collect();
    write_motif_file(&motifs, &out, "filters.meme")?;
    write_table(&found.table(&database), Some(&out.join("filters.tsv")))?;
    let mean = found.report.mean_q.map_or("undefined (no filter has a match)".to_owned(), |q| format!("{q:.3e}"));
    reporter.note(&format!(
        "{} of {} filters have a motif; hit ratio {:.3}; mean q of the hits {mean}",
        motifs.len(),
        found.motifs.len(),
        found.report.hit_ratio
    ));
    Ok(())
}
