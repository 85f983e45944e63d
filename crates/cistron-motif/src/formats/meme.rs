use std::fmt::Write as _;

use super::{DEFAULT_SITES, FormatError, error, four, of_motif};
use crate::Motif;

/// Parses MEME's minimal text format: `MOTIF id name`, `letter-probability matrix: … w= … nsites= …`, a line of frequencies per
/// position. Other lines are passed over.
///
/// # Errors
/// An alphabet other than ACGT, a motif without a matrix, a matrix shorter than its `w=`, columns that do not sum to 1.
pub fn parse_meme(text: &str) -> Result<Vec<Motif>, FormatError> {
    let lines: Vec<&str> = text.lines().collect();
    let mut motifs = Vec::new();
    let mut named: Option<(usize, &str, &str)> = None;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        if let Some(alphabet) = line.strip_prefix("ALPHABET=")
            && alphabet.trim() != "ACGT"
        {
            return Err(error(at, format!("the alphabet is {:?}; motifs of DNA have ACGT", alphabet.trim())));
        }
        if let Some(rest) = line.strip_prefix("MOTIF ") {
            if let Some((line, id, _)) = named {
                return Err(error(line, format!("motif {id} has no letter-probability matrix")));
            }
            let (id, name) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            named = Some((at, id, name.trim()));
        }
        if let Some(keys) = line.strip_prefix("letter-probability matrix:") {
            let (line, id, name) = named.take().ok_or_else(|| error(at, "a matrix without a MOTIF line before it"))?;
            let value = |key: &str| {
                let mut words = keys.split_whitespace();
                words.by_ref().find(|w| *w == key)?;
                words.next()?.parse::<f64>().ok()
            };
            let sites = value("nsites=").filter(|n| *n > 0.0).unwrap_or(DEFAULT_SITES);
            let width = value("w=").map(|w| w as usize);
            let mut columns = Vec::new();
            let begins_with_a_number =
                |l: &&str| l.split_whitespace().next().is_some_and(|word| word.parse::<f64>().is_ok());
            while let Some(row) = lines.get(at + 1).filter(|l| begins_with_a_number(l)) {
                at += 1;
                columns.push(four(at, row)?);
            }
            if width.is_some_and(|w| w != columns.len()) {
                let message = format!("motif {id} has {} lines, not w= {}", columns.len(), width.unwrap_or(0));
                return Err(error(line, message));
            }
            motifs.push(Motif::from_frequencies(id, name, columns, sites).map_err(of_motif(line, id))?);
        }
        at += 1;
    }
    match named {
        Some((line, id, _)) => Err(error(line, format!("motif {id} has no letter-probability matrix"))),
        None => Ok(motifs),
    }
}

/// Writes MEME's minimal text format, version 4.
pub fn write_meme(motifs: &[Motif]) -> String {
    let mut out = String::from(
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n",
    );
    for motif in motifs {
        // Writing to a string cannot fail.
        let (width, sites) = (motif.len(), motif.sites());
        write!(
            out,
            "\nMOTIF {} {}\nletter-probability matrix: alength= 4 w= {width} nsites= {sites:.3} E= 0\n",
            motif.id, motif.name
        )
        .unwrap_or_default();
        for [a, c, g, t] in motif.frequencies() {
            writeln!(out, " {a:.8}  {c:.8}  {g:.8}  {t:.8}").unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_files_name_the_line() {
        let message = |text: &str| parse_meme(text).unwrap_err().to_string();
        assert!(message("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n").starts_with("line 2: the alphabet"));
        assert_eq!(message("MEME version 4\nMOTIF a b\nMOTIF c\n"), "line 2: motif a has no letter-probability matrix");
        assert!(message("MEME version 4\nletter-probability matrix: w= 1\n").contains("without a MOTIF line"));
        let short =
            "MEME version 4\nMOTIF a\nletter-probability matrix: alength= 4 w= 2 nsites= 5\n0.25 0.25 0.25 0.25\n";
        assert_eq!(message(short), "line 2: motif a has 1 lines, not w= 2");
        let sum = "MEME version 4\nMOTIF a\nletter-probability matrix:\n0.5 0.25 0.5 0.25\n";
        assert_eq!(message(sum), "line 2: motif a: column 1 does not sum to 1");
    }
}
