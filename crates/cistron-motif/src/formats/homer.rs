use std::fmt::Write as _;

use super::{DEFAULT_SITES, FormatError, error, four, of_motif};
use crate::Motif;

/// Parses HOMER's format: `>consensus⇥name⇥threshold …`, then a line of four frequencies per position. The part of the name before the
/// first `(` or `/` is the name, all of it the identifier, unless it was written by [`write_homer`] as `name(id)`.
///
/// # Errors
/// Lines that are not four numbers, columns that do not sum to 1, with their line.
pub fn parse_homer(text: &str) -> Result<Vec<Motif>, FormatError> {
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')).collect();
    let mut motifs = Vec::new();
    for record in lines.chunk_by(|_, (_, next)| !next.starts_with('>')) {
        let (at, header) = record[0];
        let header = header.strip_prefix('>').ok_or_else(|| error(at, "a motif begins with '>'"))?;
        let full = header.split('\t').nth(1).unwrap_or(header).trim();
        let name = full.split(['(', '/']).next().unwrap_or(full);
        let id = match full.strip_suffix(')').and_then(|f| f.split_once('(')) {
            Some((_, id)) if !id.contains(['(', '/']) => id,
            _ => full,
        };
        let columns = record[1..].iter().map(|(line, row)| four(*line, row)).collect::<Result<Vec<_>, _>>()?;
        motifs.push(Motif::from_frequencies(id, name, columns, DEFAULT_SITES).map_err(of_motif(at, id))?);
    }
    Ok(motifs)
}

/// Writes HOMER's format; the detection threshold is 60 % of the best log-odds score (natural logarithm).
pub fn write_homer(motifs: &[Motif]) -> String {
    let mut out = String::new();
    for motif in motifs {
        let pwm = motif.pwm(1.0, [0.25; 4]);
        // Writing to a string cannot fail.
        let threshold = 0.6 * pwm.best_score();
        writeln!(out, ">{}\t{}({})\t{threshold:.6}", pwm.consensus(), motif.name, motif.id).unwrap_or_default();
        for [a, c, g, t] in motif.frequencies() {
            writeln!(out, "{a:.8}\t{c:.8}\t{g:.8}\t{t:.8}").unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_homer_itself() {
        let text = ">ASTTCCTCTT\tPU.1(ETS)/ThioMac-PU.1-ChIP-Seq(GSE21512)/Homer\t6.640\t-1000\n0.5\t0.5\t0\t0\n";
        let motif = &parse_homer(text).unwrap()[0];
        assert_eq!((motif.name.as_str(), motif.len()), ("PU.1", 1));
        assert_eq!(motif.id, "PU.1(ETS)/ThioMac-PU.1-ChIP-Seq(GSE21512)/Homer");
        let wrong = parse_homer(">A\tx\t1\n0.5 0.5\n").unwrap_err();
        assert_eq!(wrong.to_string(), "line 2: expected four numbers, not 2");
    }
}
