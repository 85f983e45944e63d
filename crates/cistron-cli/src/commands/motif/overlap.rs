use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cistron::CistronError;
use cistron::motif::{overlap_table, read_instances, write_table};
use cistron_motif::{Instance, OverlapOptions, compare_instances};

use super::probability;

/// A row per name and one for all: precision, recall, F1 of instances, and precision, recall, Jaccard index of bases.
#[derive(clap::Args)]
pub(crate) struct OverlapArgs {
    /// Called instances (BED of at least four columns, or a TSV of motif scan)
    #[arg(long, value_name = "FILE")]
    called: PathBuf,
    /// Given instances (the same)
    #[arg(long, value_name = "FILE")]
    given: PathBuf,
    /// Share of the shorter of two instances that both must have
    #[arg(long, default_value_t = OverlapOptions::default().min_share, value_name = "SHARE")]
    min_share: f64,
    /// Count only instances of the same name as overlapping
    #[arg(long)]
    match_names: bool,
    /// The file to write; .parquet is written as such, anything else as TSV [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: OverlapArgs) -> Result<(), CistronError> {
    let OverlapArgs { called, given, min_share, match_names, out } = args;
    let options = OverlapOptions { min_share: probability("--min-share", min_share)?, match_names };
    let read = |path: &Path| read_instances(path);
    let (called, given) = (read(&called)?, read(&given)?);
    let names: BTreeSet<&str> = called.iter().chain(&given).map(|i| i.name.as_str()).collect();
    let of = |set: &[Instance], name: &str| set.iter().filter(|i| i.name == name).cloned().collect::<Vec<_>>();
    let mut rows = vec![("all".to_owned(), compare_instances(&called, &given, &options))];
    for name in names.iter().filter(|_| match_names) {
        rows.push(((*name).to_owned(), compare_instances(&of(&called, name), &of(&given, name), &options)));
    }
    write_table(&overlap_table(&rows), out.as_deref())
}
