use std::fmt::Write as _;

use super::{FormatError, error, of_motif};
use crate::Motif;

/// Parses TRANSFAC's format: `AC` or `ID` (identifier; `ID` is the name when both are there), `P0` or `PO` with the letters, numbered lines of
/// counts, `//` at the end.
///
/// # Errors
/// Counts before the letters, letters that are not A C G T in this order, lines without four counts, with their line.
pub fn parse_transfac(text: &str) -> Result<Vec<Motif>, FormatError> {
    let mut motifs = Vec::new();
    let (mut accession, mut name, mut letters) = (String::new(), String::new(), false);
    let mut columns: Vec<[f64; 4]> = Vec::new();
    let mut begin = 0;
    let end = text.lines().count();
    for (at, line) in text.lines().chain(std::iter::once("//")).enumerate() {
        let (code, rest) = line.trim_end().split_once(char::is_whitespace).unwrap_or((line.trim_end(), ""));
        match code {
            "AC" => accession = rest.trim().to_owned(),
            "ID" => name = rest.trim().to_owned(),
            "P0" | "PO" => {
                let found: Vec<&str> = rest.split_whitespace().take(4).collect();
                if found != ["A", "C", "G", "T"] {
                    return Err(error(at, format!("the columns are {}, not A C G T", found.join(" "))));
                }
                (letters, begin) = (true, at);
            }
            "//" => {
                if !columns.is_empty() {
                    let id = if accession.is_empty() { name.clone() } else { accession.clone() };
                    let id = if id.is_empty() { format!("motif{}", motifs.len() + 1) } else { id };
                    let name = if name == id { String::new() } else { std::mem::take(&mut name) };
                    let motif = Motif::from_counts(id.clone(), name, std::mem::take(&mut columns));
                    motifs.push(motif.map_err(of_motif(begin, &id))?);
                } else if letters && at < end {
                    return Err(error(at, "a matrix without positions"));
                }
                (accession, name, letters) = (String::new(), String::new(), false);
            }
            number if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                if !letters {
                    return Err(error(at, "counts before the line of letters (P0  A  C  G  T)"));
                }
                let counts: Vec<f64> = rest.split_whitespace().take(4).map_while(|w| w.parse().ok()).collect();
                let counts = <[f64; 4]>::try_from(counts);
                columns.push(counts.map_err(|n| error(at, format!("expected four counts, not {}", n.len())))?);
            }
            _ => {}
        }
    }
    Ok(motifs)
}

/// Writes TRANSFAC's format.
pub fn write_transfac(motifs: &[Motif]) -> String {
    let mut out = String::new();
    for motif in motifs {
        // Writing to a string cannot fail.
        writeln!(out, "AC  {}\nXX\nID  {}\nXX\nP0      A      C      G      T", motif.id, motif.name)
            .unwrap_or_default();
        for (i, [a, c, g, t]) in motif.counts().iter().enumerate() {
            writeln!(out, "{:02}  {a:.6}  {c:.6}  {g:.6}  {t:.6}", i + 1).unwrap_or_default();
        }
        out.push_str("XX\n//\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consensus_letters_are_passed_over_and_faults_named() {
        let text = "VV  x\nXX\nAC  M1\nID  V$TF\nP0   A C G T\n01   1 2 3 4   N\n02   4 0 0 0   A\nXX\n//\n";
        let motif = &parse_transfac(text).unwrap()[0];
        assert_eq!((motif.id.as_str(), motif.name.as_str(), motif.len()), ("M1", "V$TF", 2));
        let message = |text: &str| parse_transfac(text).unwrap_err().to_string();
        assert_eq!(message("AC  M\nP0 A C T G\n"), "line 2: the columns are A C T G, not A C G T");
        assert!(message("AC  M\n01 1 2 3 4\n").starts_with("line 2: counts before"));
        assert_eq!(message("AC  M\nP0 A C G T\n01 1 2 x 4\n"), "line 3: expected four counts, not 2");
        assert_eq!(message("AC  M\nP0 A C G T\n//\n"), "line 3: a matrix without positions");
    }
}
