//! What a pattern run writes: HDF5, motifs, hits, and a page.

use std::fmt::Write as _;
use std::path::Path;

use cistron_motif::{
    AttributionMaps, Logo, Motif, MotifDatabase, MotifMatch, Pattern, PatternHit, PatternHitOptions, PatternSet,
    SimilarityOptions, logo_svg, pattern_hits,
};

use super::{pattern_hit_table, write_motif_file, write_pattern_file, write_table, write_text};
use crate::CistronError;

/// Patterns of both signs and how they came about.
#[derive(Debug, Clone)]
pub struct PatternRun {
    /// Of seqlets that raise the output.
    pub positive: PatternSet,
    /// Of seqlets that lower it.
    pub negative: PatternSet,
    /// Share of a pattern's largest contribution at which its ends are cut for motifs, matches and hits.
    pub trim: f64,
}

/// What was written, to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternSummary {
    /// Name, number of seqlets and best match of each pattern.
    pub patterns: Vec<(String, usize, Option<String>)>,
    /// Hits on the maps.
    pub hits: usize,
}

/// A pattern with its names.
struct Named<'a> {
    name: String,
    pattern: &'a Pattern,
    motif: Option<Motif>,
    best: Option<(&'a Motif, MotifMatch)>,
}

/// Writes `patterns.h5`, `patterns.meme`, `hits.tsv` and `report.html` into a folder; the best matches come from `database`.
///
/// # Errors
/// Any error of writing.
pub fn write_patterns(
    run: &PatternRun,
    maps: &AttributionMaps,
    database: &[Motif],
    dir: &Path,
) -> Result<PatternSummary, CistronError> {
    let targets = MotifDatabase::new(database, SimilarityOptions::default());
    let sets = [("pos", &run.positive), ("neg", &run.negative)];
    let mut named = Vec::new();
    for (sign, set) in sets {
        for (i, pattern) in set.patterns.iter().enumerate() {
            let name = format!("{sign}_patterns.pattern_{i}");
            let motif = pattern.motif(name.clone(), run.trim);
            let matches = motif.as_ref().map(|m| targets.compare(m)).unwrap_or_default();
            let best = MotifMatch::best(&matches);
            let best = best.map(|m| (&database[m.target], m));
            named.push(Named { name, pattern, motif, best });
        }
    }
    let patterns: Vec<&Pattern> = named.iter().map(|n| n.pattern).collect();
    let options = PatternHitOptions { trim: run.trim, ..PatternHitOptions::default() };
    let hits = pattern_hits(maps, &patterns, &options);
    let names: Vec<String> = named.iter().map(|n| n.name.clone()).collect();
    let motifs: Vec<Motif> = named.iter().filter_map(|n| n.motif.clone()).collect();
    write_motif_file(&motifs, dir, "patterns.meme")?;
    write_pattern_file(&dir.join("patterns.h5"), maps, &run.positive.patterns, &run.negative.patterns)?;
    write_table(&pattern_hit_table(&names, &hits), Some(&dir.join("hits.tsv")))?;
    write_text(Some(&dir.join("report.html")), &page(run, &named, &hits, maps))?;
    let patterns = named
        .iter()
        .map(|n| {
            let best = n.best.as_ref().map(|(m, found)| format!("{} (q {:.1e})", m.label(), found.q_value));
            (n.name.clone(), n.pattern.seqlets.len(), best)
        })
        .collect();
    Ok(PatternSummary { patterns, hits: hits.len() })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "body{font-family:Helvetica,Arial,sans-serif;margin:2em auto;max-width:1300px;color:#222}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.5em;text-align:left;vertical-align:top}\
td svg{max-width:420px;height:auto}td.n{text-align:right;white-space:nowrap}details svg{max-width:360px;height:auto}";

/// The page: nothing in it refers to the outside.
fn page(run: &PatternRun, named: &[Named], hits: &[PatternHit], maps: &AttributionMaps) -> String {
    let mut out = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Patterns</title><style>{STYLE}</style><h1>Patterns</h1>\
         <p>{} sequences of {} bp. Contribution-weight matrices of the core (positions with at least {:.0} % of the largest contribution, \
         and two more at either side), the same read on the other strand, and the nearest motif of the database (Tomtom's \
         method; q-values over the database).</p>",
        maps.len(),
        maps.length(),
        run.trim * 100.0
    );
    for (title, prefix, set) in [("Positive", "pos", &run.positive), ("Negative", "neg", &run.negative)] {
        let _ = write!(out, "<h2>{title}: {} patterns from {} seqlets</h2>", set.patterns.len(), set.seqlets);
        if let Some(reason) = &set.reason {
            let _ = write!(out, "<p>{}.</p>", escaped(reason));
        }
        if set.patterns.is_empty() {
            continue;
        }
        out.push_str("<table><tr><th>pattern<th>seqlets<th>hits<th>contributions<th>other strand<th>best match</tr>");
        for (index, n) in named.iter().enumerate().filter(|(_, n)| n.name.starts_with(prefix)) {
            row(&mut out, n, hits.iter().filter(|h| h.pattern == index).count(), run.trim);
        }
        out.push_str("</table>");
    }
    out.push_str("</html>\n");
    out
}

fn row(out: &mut String, named: &Named, hits: usize, trim: f64) {
    let pattern = named.pattern;
    let logo = Logo::contributions(&pattern.contributions[pattern.core(trim)], "");
    let short = named.name.split_once('.').map_or(named.name.as_str(), |(_, p)| p);
    let _ = write!(
        out,
        "<tr><td>{short}<td class=n>{}<td class=n>{hits}<td>{}<td>{}<td>",
        pattern.seqlets.len(),
        logo_svg(&logo),
        logo_svg(&logo.reverse_complement())
    );
    match &named.best {
        None => out.push_str("no database"),
        Some((motif, found)) => {
            let picture = Logo::information(motif);
            let picture = if found.reverse { picture.reverse_complement() } else { picture };
            let picture = Logo { title: String::new(), ..picture };
            let _ = write!(out, "{} ({})<br>q = {:.2e}<br>", escaped(motif.label()), escaped(&motif.id), found.q_value);
            out.push_str(&logo_svg(&picture));
        }
    }
    if !pattern.subpatterns.is_empty() {
        let _ = write!(out, "<details><summary>{} sub-patterns</summary>", pattern.subpatterns.len());
        for part in &pattern.subpatterns {
            let logo =
                Logo::contributions(&part.contributions[part.core(trim)], format!("{} seqlets", part.seqlets.len()));
            out.push_str(&logo_svg(&logo));
        }
        out.push_str("</details>");
    }
    out.push_str("</tr>");
}
