use std::path::Path;

use cistron_core::alphabet;
use cistron_genome::variant::{Reference, Segment, Variant, VariantFile, VariantLine};

use crate::CistronError;

/// What to do with variants whose reference allele is not the reference's sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnMismatch {
    /// Stop, saying how many and which.
    #[default]
    Error,
    /// Leave them out, with the reason in their row.
    Skip,
    /// Where the alternative allele is the reference's sequence, score the change back to it; leave the others out.
    Swap,
}

/// A variant with its place in the reference.
#[derive(Debug)]
pub(super) struct Located<'a> {
    pub(super) segment: Segment<'a>,
    /// Normalised; the reference's own sequence is its reference allele.
    pub(super) variant: Variant,
    /// Whether the file has the alleles the other way round.
    pub(super) swapped: bool,
}

/// A line of the file, and its place or why it cannot be scored.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) line: VariantLine,
    pub(super) located: Result<Located<'a>, String>,
}

/// How many mismatches are named.
const NAMED: usize = 5;

/// Finds each variant in the reference and checks its reference allele.
///
/// # Errors
/// With [`OnMismatch::Error`] when alleles do not match; always when no variant can be scored.
pub(super) fn locate<'a>(
    file: VariantFile,
    path: &Path,
    reference: &'a Reference,
    reference_path: &Path,
    on_mismatch: OnMismatch,
) -> Result<Vec<Entry<'a>>, CistronError> {
    let map = reference.contig_map(file.lines.iter().map(|l| l.contig.as_str()));
    let mut mismatches: Vec<String> = Vec::new();
    let entries: Vec<Entry<'a>> = file
        .lines
        .into_iter()
        .map(|line| {
            let contig = map.to_genome(&line.contig).to_owned();
            let located = place(&line, &contig, reference, on_mismatch).map_err(|problem| {
                let Problem { message, mismatch } = problem;
                if mismatch {
                    mismatches.push(format!("line {} ({}:{})", line.line, line.contig, line.position_0 + 1));
                }
                message
            });
            Entry { line, located }
        })
        .collect();
    let found = entries.iter().filter(|e| e.located.is_ok()).count();
    if on_mismatch == OnMismatch::Error && !mismatches.is_empty() {
        let first = entries.iter().find_map(|e| e.located.as_ref().err().filter(|m| m.starts_with(MISMATCH)));
        return Err(CistronError::input(
            path.display().to_string(),
            format!(
                "{} of {} reference alleles are not the sequence of {}: {}{}; the first: {}. Is it the same assembly? \
                 --on-mismatch skip leaves them out, swap turns those whose alternative allele is there",
                mismatches.len(),
                entries.len(),
                reference_path.display(),
                mismatches.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "),
                if mismatches.len() > NAMED { ", …" } else { "" },
                first.map_or("", String::as_str),
            ),
        ));
    }
    if found == 0 {
        let why = entries.iter().find_map(|e| e.located.as_ref().err().map(|m| (e.line.line, m)));
        let message = match why {
            None => "holds no variant".to_owned(),
            Some((line, why)) => format!("none of its {} variants can be scored; line {line}: {why}", entries.len()),
        };
        return Err(CistronError::input(path.display().to_string(), message));
    }
    Ok(entries)
}

const MISMATCH: &str = "reference mismatch";

struct Problem {
    message: String,
    mismatch: bool,
}

fn place<'a>(
    line: &VariantLine,
    contig: &str,
    reference: &'a Reference,
    on_mismatch: OnMismatch,
) -> Result<Located<'a>, Problem> {
    let other = |message: String| Problem { message, mismatch: false };
    let (from, to) = line.alleles.clone().map_err(other)?;
    let segment = reference.segment(contig, line.position_0).map_err(other)?;
    let there =
        |length: usize| -> Vec<Option<u8>> { (0..length as u64).map(|i| segment.base(line.position_0 + i)).collect() };
    let matches = |allele: &[u8]| there(allele.len()).iter().zip(allele).all(|(base, code)| *base == Some(*code));
    let variant = |reference: Vec<u8>, alternative: Vec<u8>| {
        let variant = Variant { contig: contig.to_owned(), position_0: line.position_0, reference, alternative };
        variant.normalised(|at| segment.base(at))
    };
    if matches(&from) {
        return Ok(Located { segment, variant: variant(from, to), swapped: false });
    }
    if on_mismatch == OnMismatch::Swap && matches(&to) && !to.is_empty() {
        return Ok(Located { segment, variant: variant(to, from), swapped: true });
    }
    let codes: Vec<u8> = there(from.len()).into_iter().map(|base| base.unwrap_or(alphabet::N)).collect();
    let letters = |codes: &[u8]| String::from_utf8_lossy(&alphabet::decode(codes)).into_owned();
    Err(Problem {
        message: format!("{MISMATCH}: {} where the sequence has {}", letters(&from), letters(&codes)),
        mismatch: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_genome::variant::read_variants;

    fn entries(table: &str, on_mismatch: OnMismatch) -> Result<Vec<(String, bool)>, String> {
        let dir = tempfile::tempdir().unwrap();
        let (fasta, variants) = (dir.path().join("p.fa"), dir.path().join("v.tsv"));
        std::fs::write(&fasta, ">one chr1:11-18\nACGTTTGA\n").unwrap();
        std::fs::write(&variants, format!("chrom\tpos\tref\talt\n{table}")).unwrap();
        let reference = Reference::pieces(&fasta).unwrap();
        let file = read_variants(&variants, &[]).unwrap();
        let found = locate(file, &variants, &reference, &fasta, on_mismatch).map_err(|e| e.to_string())?;
        Ok(found
            .into_iter()
            .map(|e| match e.located {
                Ok(l) => (
                    format!("{} {:?} {:?}", l.variant.position_0, l.variant.reference, l.variant.alternative),
                    l.swapped,
                ),
                Err(why) => (why, false),
            })
            .collect())
    }

    #[test]
    fn alleles_are_checked_and_turned() {
        let table = "1\t11\tA\tG\n1\t12\tT\tC\n1\t13\tC\tT\n1\t14\tTT\tT\n1\t90\tA\tC\n2\t11\tA\tC\n1\t11\tA\t<DEL>\n";
        let message = entries(table, OnMismatch::Error).unwrap_err();
        assert!(message.contains("2 of 7 reference alleles") && message.contains("line 3 (1:12)"), "{message}");
        let found = entries(table, OnMismatch::Swap).unwrap();
        assert_eq!(found[0], ("10 [0] [2]".into(), false));
        assert_eq!(found[1], ("11 [1] [3]".into(), true));
        assert_eq!(found[2].0, "reference mismatch: C where the sequence has G");
        assert_eq!(found[3], ("13 [3] []".into(), false));
        assert_eq!(found[4].0, "in none of the pieces of chr1");
        assert!(found[5].0.starts_with("no piece of contig"));
        assert!(found[6].0.contains("symbolic"));
        let found = entries(table, OnMismatch::Skip).unwrap();
        assert!(found[1].0.starts_with("reference mismatch: T where the sequence has C"));
        let none = entries("2\t11\tA\tC\n", OnMismatch::Skip).unwrap_err();
        assert!(none.contains("none of its 1 variants can be scored; line 2: no piece"), "{none}");
    }
}
