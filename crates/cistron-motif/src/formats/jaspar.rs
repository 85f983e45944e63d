use std::fmt::Write as _;

use super::{FormatError, error, of_motif};
use crate::Motif;

/// Parses matrices in JASPAR's format (`>ID name`, then four rows of counts in the order A C G T, with or without the letter and
/// brackets).
///
/// # Errors
/// Rows that are missing, of different lengths, or not numbers; columns without counts; each with its line.
pub fn parse_jaspar(text: &str) -> Result<Vec<Motif>, FormatError> {
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).collect();
    let mut motifs = Vec::new();
    for record in lines.chunk_by(|_, (_, next)| !next.starts_with('>')) {
        let (at, header) = record[0];
        let header = header.strip_prefix('>').ok_or_else(|| error(at, "a matrix begins with '>ID name'"))?;
        let (id, name) = header.trim().split_once(char::is_whitespace).unwrap_or((header.trim(), ""));
        if record.len() != 5 {
            return Err(error(at, format!("matrix {id} has {} rows, not 4", record.len() - 1)));
        }
        let mut rows = Vec::new();
        for (&(line, row), letter) in record[1..].iter().zip(["A", "C", "G", "T"]) {
            let row = row.trim();
            // Either every row has its letter (JASPAR) or none has (pfm).
            let numbers = match row.strip_prefix(letter) {
                Some(numbers) => numbers,
                None if row.starts_with(|c: char| c.is_ascii_digit() || c == '[') => row,
                None => return Err(error(line, format!("expected row {letter}"))),
            };
            let numbers: Result<Vec<f64>, _> = numbers
                .trim()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .split_whitespace()
                .map(str::parse)
                .collect();
            rows.push(numbers.map_err(|_| error(line, format!("row {letter} holds something that is not a number")))?);
        }
        if rows.iter().any(|r| r.len() != rows[0].len() || r.is_empty()) {
            return Err(error(at, format!("the rows of matrix {id} differ in length, or are empty")));
        }
        let columns = (0..rows[0].len()).map(|i| [rows[0][i], rows[1][i], rows[2][i], rows[3][i]]).collect();
        motifs.push(Motif::from_counts(id, name.trim(), columns).map_err(of_motif(at, id))?);
    }
    Ok(motifs)
}

/// Writes JASPAR's format.
pub fn write_jaspar(motifs: &[Motif]) -> String {
    let mut out = String::new();
    for motif in motifs {
        // Writing to a string cannot fail.
        writeln!(out, ">{}\t{}", motif.id, motif.name).unwrap_or_default();
        for (base, letter) in ["A", "C", "G", "T"].iter().enumerate() {
            let row: Vec<String> = motif.counts().iter().map(|c| c[base].to_string()).collect();
            writeln!(out, "{letter} [ {} ]", row.join(" ")).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_and_without_letters() {
        for text in [">X1 tf\nA [ 8 0 ]\nC [ 0 0 ]\nG [ 0 8 ]\nT [ 0 0 ]\n", ">X1\ttf\n8 0\n0 0\n0 8\n0 0\n"] {
            let motif = &parse_jaspar(text).unwrap()[0];
            assert_eq!((motif.id.as_str(), motif.name.as_str()), ("X1", "tf"));
            assert_eq!(motif.counts(), [[8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 8.0, 0.0]]);
        }
    }

    #[test]
    fn bad_matrices_name_their_line() {
        let message = |text: &str| parse_jaspar(text).unwrap_err().to_string();
        assert_eq!(message("A [ 1 ]\n"), "line 1: a matrix begins with '>ID name'");
        assert!(message(">X\nA [ 1 ]\nC [ 1 ]\n").contains("2 rows, not 4"));
        assert!(message(">X\nA [ 1 ]\nC [ b ]\nG [ 1 ]\nT [ 1 ]\n").starts_with("line 3: row C"));
        assert!(message(">X\nA [ 1 ]\nG [ 1 ]\nC [ 1 ]\nT [ 1 ]\n").starts_with("line 3: expected row C"));
        assert!(message(">X\nA [ 1 2 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n").contains("differ in length"));
        assert!(message(">X\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n").contains("column 1"));
    }
}
