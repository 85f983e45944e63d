use std::path::PathBuf;

use cistron::CistronError;
use cistron::motif::{LogoFormat, discovery_table, read_motifs, write_logos, write_motif_file, write_table};
use cistron_core::Reporter;
use cistron_motif::{DiscoverOptions, Motif, MotifDatabase, MotifMatch, SimilarityOptions, discover};

use super::enrich::SetArgs;

/// Writes motifs.meme, motifs.tsv (p-values on sequences held out) and logos/ into a folder.
#[derive(clap::Args)]
pub(crate) struct DiscoverArgs {
    #[command(flatten)]
    sets: SetArgs,
    /// Name the motifs by their best matches in this file
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Most motifs that are looked for
    #[arg(long, default_value_t = DiscoverOptions::default().motifs)]
    motifs: usize,
    /// Widest motif
    #[arg(long, default_value_t = DiscoverOptions::default().max_width, value_name = "BP", value_parser = widths)]
    max_width: usize,
    /// Share of the sequences held out for p-values
    #[arg(long, default_value_t = DiscoverOptions::default().holdout, value_name = "SHARE")]
    holdout: f64,
    /// The search ends after three motifs in a row with a larger p-value
    #[arg(long, default_value_t = DiscoverOptions::default().p_value, value_name = "P")]
    p_value: f64,
    /// Folder for the results
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

fn widths(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|w| (8..=60).contains(w)).ok_or_else(|| "a width from 8 to 60 is expected".into())
}

pub(super) fn run(args: DiscoverArgs, reporter: &dyn Reporter) -> Result<(), CistronError> {
    let DiscoverArgs { sets, database, motifs, max_width, holdout, p_value, out } = args;
    if !(holdout > 0.0 && holdout < 1.0) {
        return Err(CistronError::input("--holdout", format!("lies in (0, 1), not {holdout}")));
    }
    let database = database.map_or_else(|| Ok(Vec::new()), |path| read_motifs(&path))?;
    let (positives, negatives, what) = sets.read()?;
    let options =
        DiscoverOptions { motifs, max_width, holdout, p_value, seed: sets.seed, ..DiscoverOptions::default() };
    let found = discover(&positives.borrowed(), &negatives.borrowed(), &options)
        .map_err(|e| CistronError::input("--positives", e.to_string()))?;
    let targets = MotifDatabase::new(&database, SimilarityOptions::default());
    let name = |motif: &Motif| {
        let best = MotifMatch::best(&targets.compare(motif))?;
        Some((database[best.target].label().to_owned(), best))
    };
    let best: Vec<_> = found.iter().map(|d| name(&d.motif)).collect();
    let matrices: Vec<Motif> = found.iter().map(|d| d.motif.clone()).collect();
    write_motif_file(&matrices, &out, "motifs.meme")?;
    write_table(&discovery_table(&found, &best), Some(&out.join("motifs.tsv")))?;
    write_logos(&matrices, &out.join("logos"), LogoFormat::Svg)?;
    for (discovery, best) in found.iter().zip(&best) {
        let [(with, of), (other, all)] = discovery.held_out;
        let named = best.as_ref().map(|(n, m)| format!("  {n} (q {:.1e})", m.q_value)).unwrap_or_default();
        reporter.note(&format!(
            "{:<26} {with}/{of} positives, {other}/{all} {what} negatives held out, p {:.1e}{named}",
            discovery.motif.name,
            discovery.ln_p_value.exp()
        ));
    }
    let significant = found.iter().filter(|d| d.q_value < 0.01).count();
    reporter.note(&format!("{significant} motifs at q < 0.01, in {}", out.display()));
    Ok(())
}
