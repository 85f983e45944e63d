use std::path::PathBuf;

use cistron::CistronError;
use cistron::motif::{PatternRun, PatternSummary, read_maps, read_motifs, seqlet_table, write_patterns, write_table};
use cistron_core::Reporter;
use cistron_motif::{
    AttributionMaps, FixedSeqletOptions, PatternOptions, RecursiveSeqletOptions, find_patterns, fixed_seqlets,
    recursive_seqlets,
};

use super::probability;

/// Attribution maps: `[sequences, 4, length]` or `[sequences, length, 4]`, `.npy` or `.npz`, as tfmodisco-lite takes them.
#[derive(clap::Args)]
pub(crate) struct MapArgs {
    /// One-hot sequences
    #[arg(long, short, value_name = "FILE")]
    sequences: PathBuf,
    /// Hypothetical contributions of the four bases at every position
    #[arg(long, short, value_name = "FILE")]
    attributions: PathBuf,
    /// Use the central so many positions only
    #[arg(long, value_name = "BP")]
    window: Option<usize>,
}

impl MapArgs {
    fn read(&self) -> Result<AttributionMaps, CistronError> {
        let maps = read_maps(&self.sequences, &self.attributions)?;
        match self.window {
            Some(window) if window < maps.length() => maps
                .centre(window)
                .map_err(|e| CistronError::input(self.attributions.display().to_string(), e.to_string())),
            _ => Ok(maps),
        }
    }
}

/// Seqlets as a table: example, start_0, end_0, attribution, p_value.
#[derive(clap::Args)]
pub(crate) struct SeqletArgs {
    #[command(flatten)]
    maps: MapArgs,
    /// fixed: windows of one width at a false discovery rate (TF-MoDISco); recursive: any width by p-value
    #[arg(long, default_value = "recursive", value_parser = ["fixed", "recursive"])]
    method: String,
    /// Largest p-value of a recursive seqlet and of each of its parts
    #[arg(long, default_value_t = RecursiveSeqletOptions::default().p_value, value_name = "P")]
    p_value: f64,
    /// False discovery rate of fixed seqlets
    #[arg(long, default_value_t = FixedSeqletOptions::default().fdr, value_name = "FDR")]
    fdr: f64,
    /// The file to write; .parquet is written as such, anything else as TSV [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn seqlets(args: SeqletArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let SeqletArgs { maps, method, p_value, fdr, out } = args;
    let (p_value, fdr) = (probability("--p-value", p_value)?, probability("--fdr", fdr)?);
    let maps = maps.read()?;
    let seqlets = if method == "fixed" {
        let found = fixed_seqlets(&maps, &FixedSeqletOptions { fdr, ..FixedSeqletOptions::default() });
        [found.positive, found.negative].concat()
    } else {
        recursive_seqlets(&maps, &RecursiveSeqletOptions { p_value, ..RecursiveSeqletOptions::default() })
    };
    write_table(&seqlet_table(&seqlets), out.as_deref())?;
    reporter.note(&format!("{} seqlets in {} sequences", seqlets.len(), maps.len()));
    Ok(())
}

/// Writes patterns.h5 (tfmodisco-lite's layout), patterns.meme, hits.tsv (the patterns called back on the maps) and report.html.
#[derive(clap::Args)]
pub(crate) struct PatternArgs {
    #[command(flatten)]
    maps: MapArgs,
    /// Motifs that patterns are named by
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Most seqlets of each sign
    #[arg(long, default_value_t = PatternOptions::default().max_seqlets, value_name = "N")]
    max_seqlets: usize,
    /// Bases whose contributions are summed to find seqlets
    #[arg(long, default_value_t = FixedSeqletOptions::default().window, value_name = "BP")]
    seqlet_core: usize,
    /// Bases added to either side of a seqlet's core
    #[arg(long, default_value_t = FixedSeqletOptions::default().flank, value_name = "BP")]
    seqlet_flank: usize,
    /// False discovery rate of seqlets
    #[arg(long, default_value_t = FixedSeqletOptions::default().fdr, value_name = "FDR")]
    fdr: f64,
    /// Width of the informative window that patterns are cut to
    #[arg(long, default_value_t = PatternOptions::default().trim_to, value_name = "BP")]
    trim_to: usize,
    /// Bases added at either side of that window
    #[arg(long, default_value_t = PatternOptions::default().flank, value_name = "BP")]
    flank: usize,
    /// Random starts of the Leiden algorithm
    #[arg(long, default_value_t = PatternOptions::default().leiden_runs, value_name = "N")]
    leiden_runs: u64,
    /// Seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the results
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

/// Share of a pattern's largest contribution below which its ends are cut, as in tfmodisco-lite's report.
const TRIM: f64 = 0.3;

pub(super) fn run(args: PatternArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let PatternArgs {
        maps,
        database,
        max_seqlets,
        seqlet_core,
        seqlet_flank,
        fdr,
        trim_to,
        flank,
        leiden_runs,
        seed,
        out,
    } = args;
    let fdr = probability("--fdr", fdr)?;
    for (option, value) in [("--seqlet-core", seqlet_core), ("--trim-to", trim_to)] {
        if value < 6 {
            return Err(CistronError::input(option, format!("must be at least 6 bp, not {value}")));
        }
    }
    let database = database.map_or_else(|| Ok(Vec::new()), |path| read_motifs(&path))?;
    let maps = maps.read()?;
    let width = seqlet_core + 2 * seqlet_flank;
    if maps.length() < width {
        let message = format!("a seqlet of {width} bp is longer than the maps of {} positions", maps.length());
        return Err(CistronError::input("--seqlet-core", message));
    }
    let seqlets =
        FixedSeqletOptions { window: seqlet_core, flank: seqlet_flank, fdr, seed, ..FixedSeqletOptions::default() };
    let seqlets = fixed_seqlets(&maps, &seqlets);
    reporter.note(&format!("{} positive and {} negative seqlets", seqlets.positive.len(), seqlets.negative.len()));
    let options = PatternOptions { max_seqlets, trim_to, flank, leiden_runs, seed, ..PatternOptions::default() };
    let run = PatternRun {
        positive: find_patterns(&maps, &seqlets.positive, true, &options),
        negative: find_patterns(&maps, &seqlets.negative, false, &options),
        trim: TRIM,
    };
    for (sign, set) in [("positive", &run.positive), ("negative", &run.negative)] {
        if let Some(reason) = &set.reason {
            reporter.note(&format!("no {sign} patterns: {reason}"));
        }
    }
    let PatternSummary { patterns, hits } = write_patterns(&run, &maps, &database, &out)?;
    for (name, seqlets, best) in &patterns {
        reporter.note(&format!("{name:<26} {seqlets:>6} seqlets  {}", best.as_deref().unwrap_or("")));
    }
    reporter.note(&format!("{} patterns, {hits} hits; look at {}", patterns.len(), out.join("report.html").display()));
    Ok(())
}
