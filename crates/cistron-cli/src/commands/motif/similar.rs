use std::path::PathBuf;

use cistron::CistronError;
use cistron::motif::{LogoFormat, match_table, read_motifs, write_match_logos, write_table};
use cistron_core::Reporter;
use cistron_motif::{ColumnScore, MotifDatabase, SimilarityOptions};

use super::probability;

/// One table row per match; the best match of every query is always there.
#[derive(clap::Args)]
pub(crate) struct MatchArgs {
    /// Queries (JASPAR, MEME, HOMER or TRANSFAC, plain or gzip)
    #[arg(long, value_name = "FILE")]
    motifs: PathBuf,
    /// Targets [default: the queries themselves, all against all]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// How columns are compared: euclidean, pearson, sandelin-wasserman or kullback-leibler
    #[arg(long, default_value = "euclidean", value_name = "SCORE")]
    column_score: ColumnScore,
    /// Largest q-value of a match
    #[arg(long, default_value_t = 0.1, value_name = "Q")]
    q_value: f64,
    /// Compare on one strand only
    #[arg(long)]
    one_strand: bool,
    /// Folder for logos of each query over its best match
    #[arg(long, value_name = "DIR")]
    logos: Option<PathBuf>,
    /// svg or png
    #[arg(long, default_value = "svg", value_name = "FORMAT")]
    logo_format: LogoFormat,
    /// The file to write; .parquet is written as such, anything else as TSV [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: MatchArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let MatchArgs { motifs, database, column_score, q_value, one_strand, logos, logo_format, out } = args;
    let q_value = probability("--q-value", q_value)?;
    let queries = read_motifs(&motifs)?;
    let targets = database.map_or_else(|| Ok(queries.clone()), |path| read_motifs(&path))?;
    if targets.len() < 50 {
        let message = format!("{} targets are few: p-values depend on which they are", targets.len());
        reporter.note(&message);
    }
    let options = SimilarityOptions { column_score, both_strands: !one_strand, ..SimilarityOptions::default() };
    let matches = MotifDatabase::new(&targets, options).matches(&queries, q_value);
    let matched = matches.iter().filter(|m| m.iter().any(|m| m.q_value <= q_value)).count();
    write_table(&match_table(&queries, &targets, &matches), out.as_deref())?;
    if let Some(dir) = logos {
        write_match_logos(&queries, &targets, &matches, q_value, &dir, logo_format)?;
    }
    reporter.note(&format!("{matched} of {} motifs have a match at q <= {q_value}", queries.len()));
    Ok(())
}
