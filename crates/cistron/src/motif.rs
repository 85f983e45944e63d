//! Motif verbs: files in, computations of `cistron-motif`, tables and pictures out.

mod arrays;
mod filters;
mod logos;
mod output;
mod pattern_file;
mod pattern_report;
mod sequences;
mod tables;

pub use arrays::{read_maps, read_one_hot};
pub use filters::{FilterRun, filter_motifs};
pub use logos::{LogoFormat, write_logos, write_match_logos};
pub use output::{write_motif_file, write_text};
pub use pattern_file::write_pattern_file;
pub use pattern_report::{PatternRun, PatternSummary, write_patterns};
pub use sequences::{Sequences, gc_matched, read_motif_sequences, shuffled};
pub use tables::{
    HitFormat, discovery_table, enrichment_table, match_table, overlap_table, pattern_hit_table, seqlet_table,
    write_hits, write_table,
};

use std::fs::File;
use std::io::Read;
use std::path::Path;

use cistron_core::Interval;
use cistron_genome::read_peaks;
use cistron_motif::formats::parse_motifs;
use cistron_motif::{Background, Instance, Motif};
use flate2::read::MultiGzDecoder;

use crate::CistronError;

/// A text file, plain or gzip.
fn read_text(path: &Path, what: &str) -> Result<String, CistronError> {
    let shown = path.display().to_string();
    let fail = |e: std::io::Error| CistronError::input(shown.clone(), format!("cannot read the {what}: {e}"));
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut f| f.read_to_end(&mut bytes)).map_err(fail)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).map_err(fail)?;
        bytes = text;
    }
    String::from_utf8(bytes)
        .map_err(|_| CistronError::input(shown, format!("is not text: a file of {what} is expected")))
}

/// Motifs of a JASPAR, MEME, HOMER or TRANSFAC file, plain or gzip.
///
/// # Errors
/// A missing file, one that is none of these (with the line), or one without a motif.
pub fn read_motifs(path: &Path) -> Result<Vec<Motif>, CistronError> {
    let text = read_text(path, "motifs")?;
    let shown = path.display().to_string();
    let motifs = parse_motifs(&text).map_err(|e| CistronError::input(&shown, e.to_string()))?;
    if motifs.is_empty() {
        return Err(CistronError::input(shown, "holds no motif"));
    }
    Ok(motifs)
}

/// A background in MEME's format.
///
/// # Errors
/// A missing file, or one that is not a background (with the line).
pub fn read_background(path: &Path) -> Result<Background, CistronError> {
    let text = read_text(path, "background")?;
    Background::parse(&text).map_err(|e| CistronError::input(path.display().to_string(), e.to_string()))
}

/// Instances with their names: a BED of at least four columns, or a table with the columns contig, start_0, end_0 and motif (as `motif scan` and the
/// simulation's `truth.tsv` have them).
///
/// # Errors
/// A missing file, a line that is no instance.
pub fn read_instances(path: &Path) -> Result<Vec<Instance>, CistronError> {
    let shown = path.display().to_string();
    let text = read_text(path, "instances")?;
    let header: Vec<&str> = text.lines().next().unwrap_or("").split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let columns = (column("contig"), column("start_0"), column("end_0"), column("motif").or_else(|| column("name")));
    let (Some(contig), Some(start), Some(end), Some(name)) = columns else {
        let peaks = read_peaks(path)?;
        return Ok(peaks.into_iter().map(|p| Instance { interval: p.interval, name: p.name }).collect());
    };
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let place = || format!("{shown}:{}", number + 1);
        let field =
            |i: usize| fields.get(i).copied().ok_or_else(|| CistronError::input(place(), "has too few columns"));
        let position = |i: usize| {
            let text = field(i)?;
            text.parse::<u64>().map_err(|_| CistronError::input(place(), format!("{text:?} is not a position")))
        };
        let (from, to) = (position(start)?, position(end)?);
        if from >= to {
            return Err(CistronError::input(place(), format!("start {from} is not below end {to}")));
        }
        out.push(Instance { interval: Interval::new(field(contig)?, from, to), name: field(name)?.to_owned() });
    }
    Ok(out)
}
