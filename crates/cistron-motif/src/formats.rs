//! Motif files: JASPAR, MEME, HOMER and TRANSFAC, read and written.

mod homer;
mod jaspar;
mod meme;
mod transfac;

use std::str::FromStr;

pub use homer::{parse_homer, write_homer};
pub use jaspar::{parse_jaspar, write_jaspar};
pub use meme::{parse_meme, write_meme};
pub use transfac::{parse_transfac, write_transfac};

use crate::{Motif, MotifError};

/// A motif file is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FormatError {
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotifFormat {
    /// `>ID name`, then rows of counts, with or without letters and brackets.
    Jaspar,
    /// MEME's minimal text format.
    Meme,
    /// HOMER: `>consensus name threshold`, then a line of frequencies per position.
    Homer,
    /// TRANSFAC: two-letter line codes.
    Transfac,
}

impl FromStr for MotifFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "jaspar" => Ok(Self::Jaspar),
            "meme" => Ok(Self::Meme),
            "homer" => Ok(Self::Homer),
            "transfac" => Ok(Self::Transfac),
            _ => Err(format!("{text:?} is not a motif format; use jaspar, meme, homer or transfac")),
        }
    }
}

/// Sites that frequencies count as when a file does not say.
pub const DEFAULT_SITES: f64 = 20.0;

/// Reads a motif file of any of the formats, told apart by their first lines.
///
/// # Errors
/// A text that is none of them, or that breaks the rules of the one that it looks like, with the line.
pub fn parse_motifs(text: &str) -> Result<Vec<Motif>, FormatError> {
    match detect(text)? {
        MotifFormat::Jaspar => parse_jaspar(text),
        MotifFormat::Meme => parse_meme(text),
        MotifFormat::Homer => parse_homer(text),
        MotifFormat::Transfac => parse_transfac(text),
    }
}

/// Writes motifs.
pub fn write_motifs(motifs: &[Motif], format: MotifFormat) -> String {
    match format {
        MotifFormat::Jaspar => write_jaspar(motifs),
        MotifFormat::Meme => write_meme(motifs),
        MotifFormat::Homer => write_homer(motifs),
        MotifFormat::Transfac => write_transfac(motifs),
    }
}

fn detect(text: &str) -> Result<MotifFormat, FormatError> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let Some((number, first)) = lines.next() else {
        return Err(FormatError { line: 1, message: "the file is empty".into() });
    };
    if first.starts_with("MEME") {
        return Ok(MotifFormat::Meme);
    }
    if first.starts_with('>') {
        // A HOMER header has tabs and a threshold; its rows are positions of four numbers.
        let threshold = first.split('\t').nth(2).is_some_and(|t| t.trim().parse::<f64>().is_ok());
        return Ok(if threshold { MotifFormat::Homer } else { MotifFormat::Jaspar });
    }
    if ["VV", "XX", "AC", "ID", "DE"].iter().any(|code| first.split_whitespace().next() == Some(code)) {
        return Ok(MotifFormat::Transfac);
    }
    Err(FormatError {
        line: number + 1,
        message: "this is no motif file: JASPAR and HOMER begin with '>', MEME with 'MEME version', TRANSFAC with a code such as AC".into(),
    })
}

fn error(line_0: usize, message: impl Into<String>) -> FormatError {
    FormatError { line: line_0 + 1, message: message.into() }
}

fn of_motif(line_0: usize, id: &str) -> impl FnOnce(MotifError) -> FormatError + '_ {
    move |e| error(line_0, format!("motif {id}: {e}"))
}

/// Four numbers of a line.
fn four(line_0: usize, text: &str) -> Result<[f64; 4], FormatError> {
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| error(line_0, format!("expected four numbers, not {text:?}")))?;
    <[f64; 4]>::try_from(numbers).map_err(|n| error(line_0, format!("expected four numbers, not {}", n.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn two() -> Vec<Motif> {
        let first = vec![[8.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0], [1.0, 0.0, 4.0, 3.0]];
        let second = vec![[0.0, 20.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0]];
        vec![
            Motif::from_counts("MA1.1", "First::TF", first).unwrap(),
            Motif::from_counts("X2", "second", second).unwrap(),
        ]
    }

    #[test]
    fn every_format_comes_back() {
        for format in [MotifFormat::Jaspar, MotifFormat::Meme, MotifFormat::Homer, MotifFormat::Transfac] {
            let text = write_motifs(&two(), format);
            assert_eq!(detect(&text).unwrap(), format, "{text}");
            let back = parse_motifs(&text).unwrap();
            assert_eq!(back.len(), 2);
            for (a, b) in two().iter().zip(&back) {
                assert_eq!((&a.id, &a.name), (&b.id, &b.name), "{format:?}");
                for (x, y) in a.frequencies().iter().flatten().zip(b.frequencies().iter().flatten()) {
                    assert!((x - y).abs() < 1e-6, "{format:?}: {x} {y}");
                }
                // HOMER's format has no place for the number of sites.
                if format != MotifFormat::Homer {
                    assert!((a.sites() - b.sites()).abs() < 1e-3, "{format:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_motif_file_says_so() {
        assert_eq!(parse_motifs("\n").unwrap_err().to_string(), "line 1: the file is empty");
        assert!(parse_motifs("chr1\t5\t9\n").unwrap_err().message.starts_with("this is no motif file"));
        assert!("pdf".parse::<MotifFormat>().unwrap_err().contains("use jaspar, meme"));
    }
}
