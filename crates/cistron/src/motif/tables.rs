use std::fmt::Write as _;
use std::path::Path;

use cistron_motif::{Discovery, Enrichment, Motif, MotifMatch, OverlapReport, PatternHit, Seqlet, SequenceHit};
use cistron_report::ReportError;
use cistron_report::table::{Table, category, float, integer, text, to_parquet, to_tsv};

use super::Sequences;
use super::output::write_bytes;
use crate::CistronError;

/// How hits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitFormat {
    /// A table with a header.
    Tsv,
    /// BED of six columns: the score is −100 log10 p, at most 1000.
    Bed,
    /// The table of the TSV.
    Parquet,
}

/// A table as TSV, or as Parquet when the file's name says so; to standard output without a file.
///
/// # Errors
/// Any error of writing.
pub fn write_table(table: &Table, out: Option<&Path>) -> Result<(), CistronError> {
    let parquet = |e: &Path| e.extension().is_some_and(|e| e == "parquet");
    match out {
        Some(path) if parquet(path) => {
            let fail = |source| ReportError::Parquet { path: path.to_owned(), source };
            write_bytes(out, &to_parquet(table).map_err(fail)?)
        }
        _ => write_bytes(out, to_tsv(table).as_bytes()),
    }
}

/// One hit with its motif.
type Row<'a> = (u32, &'a SequenceHit);

/// Hits of each motif whose q-value is small enough, by motif and place; returns how many.
///
/// # Errors
/// Any error of writing.
pub fn write_hits(
    motifs: &[Motif],
    sequences: &Sequences,
    hits: &[Vec<SequenceHit>],
    q_value: f64,
    format: HitFormat,
    out: Option<&Path>,
) -> Result<usize, CistronError> {
    let each = hits.iter().enumerate().flat_map(|(m, hits)| hits.iter().map(move |h| (m as u32, h)));
    let rows: Vec<Row> = each.filter(|(_, h)| h.q_value <= q_value).collect();
    let start = |h: &SequenceHit| sequences.starts_0[h.sequence] + h.hit.start_0 as u64;
    let end = |(m, h): &Row| start(h) + motifs[*m as usize].len() as u64;
    let strand = |h: &SequenceHit| u32::from(h.hit.reverse);
    if format == HitFormat::Bed {
        let mut bed = String::new();
        for row @ (m, h) in &rows {
            let score = (-100.0 * h.hit.p_value.log10()).clamp(0.0, 1000.0);
            let (contig, sign) = (&sequences.contigs[h.sequence], ['+', '-'][strand(h) as usize]);
            let name = motifs[*m as usize].label().replace(char::is_whitespace, "_");
            let _ = writeln!(bed, "{contig}\t{}\t{}\t{name}\t{score:.0}\t{sign}", start(h), end(row));
        }
        write_bytes(out, bed.as_bytes())?;
        return Ok(rows.len());
    }
    let places: Vec<u64> = rows.iter().map(|(_, h)| start(h)).collect();
    let ends: Vec<u64> = rows.iter().map(end).collect();
    let own = |get: fn(&Motif) -> &String| motifs.iter().map(|m| get(m).clone()).collect::<Vec<_>>();
    let rounded = |v: f64, digits: i32| (v * 10f64.powi(digits)).round() / 10f64.powi(digits);
    let columns = vec![
        category("contig", "sequence, or contig that it is part of", sequences.contigs.clone(), &rows, |(_, h)| {
            h.sequence as u32
        }),
        integer("start_0", "first base, 0-based", &places, |p| Some(*p)),
        integer("end_0", "one past the last base", &ends, |p| Some(*p)),
        category("motif", "identifier of the motif", own(|m| &m.id), &rows, |(m, _)| *m),
        category("name", "name of the motif", own(|m| &m.name), &rows, |(m, _)| *m),
        category("strand", "strand that the motif reads on", vec!["+".into(), "-".into()], &rows, |(_, h)| strand(h)),
        float("score_bits", "log-odds score, bits", &rows, |(_, h)| Some(rounded(h.hit.score_bits, 4))),
        float(
            "p_value",
            "probability of such a score or a higher one at one place of random sequence",
            &rows,
            |(_, h)| Some(h.hit.p_value),
        ),
        float("q_value", "Benjamini-Hochberg, over all places and strands of the motif", &rows, |(_, h)| {
            Some(h.q_value)
        }),
    ];
    let table = Table { name: "hits", columns };
    if format == HitFormat::Parquet {
        let path = out.unwrap_or(Path::new("standard output"));
        let fail = |source| ReportError::Parquet { path: path.to_owned(), source };
        write_bytes(out, &to_parquet(&table).map_err(fail)?)?;
    } else {
        write_bytes(out, to_tsv(&table).as_bytes())?;
    }
    Ok(rows.len())
}

/// Matches of each query, in their order.
pub fn match_table(queries: &[Motif], targets: &[Motif], matches: &[Vec<MotifMatch>]) -> Table {
    let pairs = queries.iter().zip(matches).flat_map(|(query, matches)| matches.iter().map(move |m| (query, m)));
    let rows: Vec<(&Motif, &Motif, MotifMatch)> = pairs.map(|(query, m)| (query, &targets[m.target], *m)).collect();
    let columns = vec![
        text("query", "identifier of the query", &rows, |r| Some(&r.0.id)),
        text("query_name", "its name", &rows, |r| Some(&r.0.name)),
        text("target", "identifier of the target", &rows, |r| Some(&r.1.id)),
        text("target_name", "its name", &rows, |r| Some(&r.1.name)),
        float("p_value", "probability of such a score at the best offset and strand of a random target", &rows, |r| {
            Some(r.2.p_value)
        }),
        float("e_value", "p-value times the number of targets", &rows, |r| Some(r.2.e_value)),
        float("q_value", "Benjamini-Hochberg, over the targets", &rows, |r| Some(r.2.q_value)),
        float("offset", "where the query begins in the target as it is read", &rows, |r| Some(f64::from(r.2.offset))),
        integer("overlap", "positions that are aligned", &rows, |r| Some(r.2.overlap as u64)),
        text("strand", "strand on which the target is read", &rows, |r| Some(if r.2.reverse { "-" } else { "+" })),
    ];
    Table { name: "matches", columns }
}

/// log10 of p-values whose natural logarithm is known.
fn log10(ln: f64) -> f64 {
    ln / std::f64::consts::LN_10
}

/// Enrichment, most significant first.
pub fn enrichment_table(motifs: &[Motif], found: &[Enrichment]) -> Table {
    let mut rows: Vec<&Enrichment> = found.iter().collect();
    rows.sort_by(|a, b| a.ln_p_value.total_cmp(&b.ln_p_value).then(a.motif.cmp(&b.motif)));
    let n = motifs.len() as f64;
    let columns = vec![
        text("motif", "identifier of the motif", &rows, |r| Some(&motifs[r.motif].id)),
        text("name", "its name", &rows, |r| Some(&motifs[r.motif].name)),
        float("threshold_bits", "score that counts as a site", &rows, |r| Some(r.threshold_bits)),
        integer("positives_with", "tested positive sequences with a site", &rows, |r| Some(r.positives_with)),
        integer("positives", "tested positive sequences", &rows, |r| Some(r.positives)),
        integer("negatives_with", "tested negative sequences with a site", &rows, |r| Some(r.negatives_with)),
        integer("negatives", "tested negative sequences", &rows, |r| Some(r.negatives)),
        float("ratio", "share of positives over share of negatives with a site, one added to each count", &rows, |r| {
            Some(r.ratio())
        }),
        float(
            "p_value",
            "Fisher's exact test, one-sided, on sequences that did not choose the threshold",
            &rows,
            |r| Some(r.ln_p_value.exp()),
        ),
        float("log10_p_value", "its logarithm", &rows, |r| Some(log10(r.ln_p_value))),
        float("e_value", "p-value times the number of motifs", &rows, |r| Some(r.ln_p_value.exp() * n)),
        float("q_value", "Benjamini-Hochberg, over the motifs", &rows, |r| Some(r.q_value)),
        float(
            "rank_sum_p_value",
            "rank-sum test of the best scores, one-sided; empty when all are equal",
            &rows,
            |r| r.rank_sum.map(|s| s.0),
        ),
        float("auroc", "area under the ROC curve of the best scores; empty when all are equal", &rows, |r| {
            r.rank_sum.map(|s| s.1)
        }),
    ];
    Table { name: "enrichment", columns }
}

/// Motifs that were discovered, with the best match of each in a database.
pub fn discovery_table(found: &[Discovery], best: &[Option<(String, MotifMatch)>]) -> Table {
    let rows: Vec<(&Discovery, Option<&(String, MotifMatch)>)> =
        found.iter().enumerate().map(|(i, d)| (d, best.get(i).and_then(Option::as_ref))).collect();
    let count = |pick: fn(&Discovery) -> u64| move |r: &(&Discovery, Option<&(String, MotifMatch)>)| Some(pick(r.0));
    let columns = vec![
        text("motif", "identifier in the motif file", &rows, |r| Some(&r.0.motif.id)),
        text("consensus", "most frequent letters", &rows, |r| Some(&r.0.motif.name)),
        integer("width", "positions", &rows, |r| Some(r.0.motif.len() as u64)),
        integer("sites", "sites that it was built from", &rows, |r| Some(r.0.motif.sites().round() as u64)),
        float("threshold_bits", "score that counts as a site", &rows, |r| Some(r.0.threshold_bits)),
        integer(
            "training_positives_with",
            "positive training sequences with a site",
            &rows,
            count(|d| d.training[0].0),
        ),
        integer("training_positives", "positive training sequences", &rows, count(|d| d.training[0].1)),
        integer(
            "training_negatives_with",
            "negative training sequences with a site",
            &rows,
            count(|d| d.training[1].0),
        ),
        integer("training_negatives", "negative training sequences", &rows, count(|d| d.training[1].1)),
        integer("positives_with", "positive sequences held out with a site", &rows, count(|d| d.held_out[0].0)),
        integer("positives", "positive sequences held out", &rows, count(|d| d.held_out[0].1)),
        integer("negatives_with", "negative sequences held out with a site", &rows, count(|d| d.held_out[1].0)),
        integer("negatives", "negative sequences held out", &rows, count(|d| d.held_out[1].1)),
        float("p_value", "Fisher's exact test on sequences held out", &rows, |r| Some(r.0.ln_p_value.exp())),
        float("log10_p_value", "its logarithm", &rows, |r| Some(log10(r.0.ln_p_value))),
        float("q_value", "Benjamini-Hochberg, over the motifs found", &rows, |r| Some(r.0.q_value)),
        text("match", "name of the best match in the database; empty without a database", &rows, |r| {
            r.1.map(|m| m.0.as_str())
        }),
        float("match_q_value", "its q-value", &rows, |r| r.1.map(|m| m.1.q_value)),
    ];
    Table { name: "motifs", columns }
}

/// Seqlets.
pub fn seqlet_table(seqlets: &[Seqlet]) -> Table {
    let columns = vec![
        integer("example", "index of the sequence, 0-based", seqlets, |s| Some(s.example as u64)),
        integer("start_0", "first base, 0-based", seqlets, |s| Some(s.start_0 as u64)),
        integer("end_0", "one past the last base", seqlets, |s| Some(s.end_0 as u64)),
        float("attribution", "sum of the contributions (of the core, without flanks)", seqlets, |s| {
            Some(s.attribution)
        }),
        float("p_value", "p-value; empty for seqlets of one width", seqlets, |s| s.p_value),
    ];
    Table { name: "seqlets", columns }
}

/// Hits of patterns, with the patterns' names.
pub fn pattern_hit_table(names: &[String], hits: &[PatternHit]) -> Table {
    let columns = vec![
        integer("example", "index of the sequence, 0-based", hits, |h| Some(h.example as u64)),
        integer("start_0", "first base, 0-based", hits, |h| Some(h.start_0 as u64)),
        integer("end_0", "one past the last base", hits, |h| Some(h.end_0 as u64)),
        text("pattern", "name of the pattern", hits, |h| Some(&names[h.pattern])),
        text("strand", "strand that the pattern reads on", hits, |h| Some(if h.reverse { "-" } else { "+" })),
        float("similarity", "continuous Jaccard similarity to the pattern", hits, |h| Some(h.similarity)),
        float("contribution", "sum of the contributions", hits, |h| Some(h.contribution)),
    ];
    Table { name: "hits", columns }
}

/// How called instances agree with given ones, a row per name and one for all.
pub fn overlap_table(rows: &[(String, OverlapReport)]) -> Table {
    let columns = vec![
        text("name", "name of the instances; `all` for every one", rows, |r| Some(&r.0)),
        integer("called", "called instances", rows, |r| Some(r.1.called)),
        integer("given", "given instances", rows, |r| Some(r.1.given)),
        float("precision", "share of the called that overlap a given one; empty when none is called", rows, |r| {
            r.1.precision()
        }),
        float("recall", "share of the given that a called one overlaps; empty when none is given", rows, |r| {
            r.1.recall()
        }),
        float("f1", "harmonic mean of precision and recall", rows, |r| r.1.f1()),
        float("base_precision", "share of called bases that are given", rows, |r| r.1.base_precision()),
        float("base_recall", "share of given bases that are called", rows, |r| r.1.base_recall()),
        float("base_jaccard", "bases of both over bases of either", rows, |r| r.1.base_jaccard()),
    ];
    Table { name: "overlap", columns }
}
