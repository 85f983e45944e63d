use crate::Pwm;

/// A JASPAR file is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct JasparError {
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Count added to every cell, spread evenly, so that no probability is 0.
const PSEUDOCOUNT: f64 = 0.8;

/// Parses matrices in JASPAR's format (`>ID name`, then rows `A [ … ]` to `T [ … ]`) into probabilities.
///
/// # Errors
/// Rows that are missing, of different lengths, or not numbers; columns that sum to zero.
pub fn parse_jaspar(text: &str) -> Result<Vec<Pwm>, JasparError> {
    let error = |line: usize, message: String| JasparError { line: line + 1, message };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).collect();
    let mut motifs = Vec::new();
    for record in lines.chunk_by(|_, (_, next)| !next.starts_with('>')) {
        let (at, header) = record[0];
        let header = header.strip_prefix('>').ok_or_else(|| error(at, "a matrix begins with '>ID name'".into()))?;
        let (id, name) = header.trim().split_once(char::is_whitespace).unwrap_or((header.trim(), ""));
        if record.len() != 5 {
            return Err(error(at, format!("matrix {id} has {} rows, not 4", record.len() - 1)));
        }
        let mut rows = Vec::new();
        for (&(line, row), letter) in record[1..].iter().zip(["A", "C", "G", "T"]) {
            let numbers =
                row.trim().strip_prefix(letter).ok_or_else(|| error(line, format!("expected row {letter}")))?;
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
        let mut columns = Vec::new();
        for position in 0..rows[0].len() {
            let counts: Vec<f64> = rows.iter().map(|r| r[position]).collect();
            let total: f64 = counts.iter().sum();
            if total <= 0.0 || counts.iter().any(|c| *c < 0.0) {
                return Err(error(at, format!("column {} of matrix {id} has no counts", position + 1)));
            }
            columns.push([0, 1, 2, 3].map(|b| (counts[b] + PSEUDOCOUNT / 4.0) / (total + PSEUDOCOUNT)));
        }
        motifs.push(Pwm::new(id, name.trim(), columns));
    }
    Ok(motifs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_probabilities() {
        let motifs = parse_jaspar(">X1 tf\nA [ 8 0 ]\nC [ 0 0 ]\nG [ 0 8 ]\nT [ 0 0 ]\n").unwrap();
        assert_eq!(
            (motifs[0].id.as_str(), motifs[0].name.as_str(), motifs[0].consensus().as_str()),
            ("X1", "tf", "AG")
        );
        assert!((motifs[0].columns()[0][0] - 8.2 / 8.8).abs() < 1e-12);
    }

    #[test]
    fn bad_matrices_name_their_line() {
        let message = |text: &str| parse_jaspar(text).unwrap_err().to_string();
        assert_eq!(message("A [ 1 ]\n"), "line 1: a matrix begins with '>ID name'");
        assert!(message(">X\nA [ 1 ]\nC [ 1 ]\n").contains("2 rows, not 4"));
        assert!(message(">X\nA [ 1 ]\nC [ b ]\nG [ 1 ]\nT [ 1 ]\n").starts_with("line 3: row C"));
        assert!(message(">X\nA [ 1 2 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n").contains("differ in length"));
        assert!(message(">X\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n").contains("column 1"));
    }
}
