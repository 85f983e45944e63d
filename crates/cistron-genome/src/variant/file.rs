use std::path::Path;

use cistron_core::alphabet;

use crate::GenomeError;
use crate::text_file::Lines;

/// One allele of one line of a file of variants, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantLine {
    /// 1-based line.
    pub line: u64,
    /// Contig, as in the file.
    pub contig: String,
    /// Position of the first base of `reference`, 0-based.
    pub position_0: u64,
    /// Reference allele, letters.
    pub reference: String,
    /// Alternative allele, letters; empty for `-`.
    pub alternative: String,
    /// Name, `.` without one.
    pub id: String,
    /// The columns that were asked for.
    pub extra: Vec<String>,
    /// Both alleles as base codes, or why they cannot be (symbolic, breakend, missing, other letters).
    pub alleles: Result<(Vec<u8>, Vec<u8>), String>,
}

/// What [`read_variants`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantFile {
    /// One entry per alternative allele, in the order of the file.
    pub lines: Vec<VariantLine>,
    /// Lines with several alternative alleles, which became several entries.
    pub multi_allelic: usize,
}

/// Names by which tables call their columns, in lower case.
const CONTIG: [&str; 6] = ["chrom", "#chrom", "chr", "#chr", "chromosome", "contig"];
const POSITION_1: [&str; 4] = ["pos", "position", "pos_1", "bp"];
const START_0: [&str; 2] = ["start", "start_0"];
const REFERENCE: [&str; 4] = ["ref", "reference", "ref_allele", "reference_allele"];
const ALTERNATIVE: [&str; 4] = ["alt", "alternative", "alt_allele", "alternative_allele"];
const ID: [&str; 5] = ["id", "rsid", "name", "snp", "variant_id"];
const WHOLE: [&str; 1] = ["variant"];

/// Reads variants from VCF or from a table (tab- or comma-separated, plain or gzip) with a header: contig; `pos` (1-based) or `start`
/// (0-based, as in BED); `ref`; `alt`, `-` for a deletion; or one column `variant` as `chrom:pos:ref:alt`. `extra` names further columns to keep.
///
/// # Errors
/// A file without such a header (with the columns it has), a missing extra column, a position that is none (with line).
pub fn read_variants(path: &Path, extra: &[String]) -> Result<VariantFile, GenomeError> {
    let mut lines = Lines::open(path)?;
    let mut columns: Option<Columns> = None;
    let mut found = VariantFile { lines: Vec::new(), multi_allelic: 0 };
    while let Some((bytes, number)) = lines.next_line()? {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| GenomeError::line(path, number, "not text: is this a VCF or a table?"))?;
        if text.starts_with("##") || text.trim().is_empty() {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(Columns::find(text, extra).map_err(|message| GenomeError::line(path, number, message))?);
            continue;
        };
        let before = found.lines.len();
        columns.parse(text, number, &mut found.lines).map_err(|message| GenomeError::line(path, number, message))?;
        found.multi_allelic += usize::from(found.lines.len() > before + 1);
    }
    if columns.is_none() {
        return Err(GenomeError::file(path, "holds no header: neither #CHROM (VCF) nor names of columns"));
    }
    Ok(found)
}

/// Where things stand in a line.
struct Columns {
    separator: char,
    place: Place,
    id: Option<usize>,
    extra: Vec<usize>,
}

enum Place {
    /// Contig, position, whether that is 1-based, reference, alternative.
    Apart { contig: usize, position: usize, one_based: bool, reference: usize, alternative: usize },
    /// `chrom:pos:ref:alt`.
    Together(usize),
}

impl Columns {
    fn find(header: &str, extra: &[String]) -> Result<Self, String> {
        let separator = if header.contains('\t') { '\t' } else { ',' };
        let names: Vec<&str> = header.split(separator).map(str::trim).collect();
        let lower: Vec<String> = names.iter().map(|n| n.to_lowercase()).collect();
        let find = |known: &[&str]| known.iter().find_map(|k| lower.iter().position(|n| n == k));
        let one_based = find(&POSITION_1);
        let place = match (find(&CONTIG), one_based.or(find(&START_0)), find(&REFERENCE), find(&ALTERNATIVE)) {
            (Some(contig), Some(position), Some(reference), Some(alternative)) => {
                Place::Apart { contig, position, one_based: one_based.is_some(), reference, alternative }
            }
            _ => Place::Together(find(&WHOLE).ok_or_else(|| {
                format!(
                    "the header needs chrom, pos (1-based) or start (0-based), ref and alt, or variant as chrom:pos:ref:alt; it has {}",
                    names.iter().take(20).copied().collect::<Vec<_>>().join(", ")
                )
            })?),
        };
        let extra = extra
            .iter()
            .map(|wanted| {
                names
                    .iter()
                    .position(|n| n == wanted)
                    .ok_or_else(|| format!("there is no column {wanted:?}; there are {}", names.join(", ")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { separator, place, id: find(&ID), extra })
    }

    fn parse(&self, text: &str, line: u64, out: &mut Vec<VariantLine>) -> Result<(), String> {
        let cells: Vec<&str> = text.split(self.separator).map(str::trim).collect();
        let cell = |index: usize| {
            cells.get(index).copied().ok_or_else(|| format!("{} column(s) where {} are needed", cells.len(), index + 1))
        };
        let (contig, position, one_based, reference, alternatives) = match self.place {
            Place::Apart { contig, position, one_based, reference, alternative } => {
                (cell(contig)?, cell(position)?, one_based, cell(reference)?, cell(alternative)?)
            }
            Place::Together(whole) => {
                let parts: Vec<&str> = cell(whole)?.split([':', '_']).collect();
                let [contig, position, reference, alternative] = parts[..] else {
                    return Err(format!("{:?} is not chrom:pos:ref:alt", cells[whole]));
                };
                (contig, position, true, reference, alternative)
            }
        };
        let parsed = position.parse::<u64>().ok().and_then(|p| if one_based { p.checked_sub(1) } else { Some(p) });
        let position_0 = parsed.ok_or_else(|| {
            format!("position {position:?} is not a number of at least {}", if one_based { 1 } else { 0 })
        })?;
        let extra = self.extra.iter().map(|&i| cell(i).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        for alternative in alternatives.split(',') {
            out.push(VariantLine {
                line,
                contig: contig.to_owned(),
                position_0,
                reference: without_dash(reference),
                alternative: without_dash(alternative),
                id: self.id.and_then(|i| cells.get(i)).map_or(".", |id| *id).to_owned(),
                extra: extra.clone(),
                alleles: alleles(reference, alternative),
            });
        }
        Ok(())
    }
}

fn without_dash(allele: &str) -> String {
    if allele == "-" { String::new() } else { allele.to_owned() }
}

fn alleles(reference: &str, alternative: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    let code = |allele: &str| {
        if allele.starts_with('<') || allele.contains(['[', ']']) || allele == "*" {
            return Err(format!("allele {allele:?} is symbolic and has no sequence"));
        }
        if allele == "." {
            return Err("an allele is missing".to_owned());
        }
        alphabet::encode(without_dash(allele).as_bytes()).map_err(|bad| format!("allele {allele:?}: {bad}"))
    };
    let pair = (code(reference)?, code(alternative)?);
    if pair.0 == pair.1 {
        return Err("both alleles are the same".to_owned());
    }
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, extra: &[&str]) -> Result<VariantFile, GenomeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_variants(file.path(), &extra.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn vcf_with_several_and_symbolic_alleles() {
        let text = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\nchr1\t11\trs1\tA\tC,<DEL>\t.\nchr1\t12\t.\tAT\tA\t.\n";
        let found = read(text, &[]).unwrap();
        assert_eq!((found.lines.len(), found.multi_allelic), (3, 1));
        let first = &found.lines[0];
        assert_eq!((first.contig.as_str(), first.position_0, first.id.as_str(), first.line), ("chr1", 10, "rs1", 3));
        assert_eq!(first.alleles, Ok((vec![0], vec![1])));
        assert!(found.lines[1].alleles.as_ref().unwrap_err().contains("\"<DEL>\" is symbolic"));
        assert_eq!(found.lines[2].alleles, Ok((vec![0, 3], vec![0])));
    }

    #[test]
    fn tables_by_the_names_of_their_columns() {
        let found = read("Chrom\tPos\tRef\tAlt\tValue\n2\t5\tG\t-\t0.5\n", &["Value"]).unwrap();
        assert_eq!((found.lines[0].position_0, found.lines[0].extra[0].as_str()), (4, "0.5"));
        assert_eq!(found.lines[0].alleles, Ok((vec![2], vec![])));
        let found = read("#chr,start,end,ref,alt\nchr9,5,6,a,T\n", &[]).unwrap();
        assert_eq!((found.lines[0].position_0, found.lines[0].alleles.clone()), (5, Ok((vec![0], vec![3]))));
        let found = read("variant\trsid\n1:10:C:T\trs7\n", &[]).unwrap();
        assert_eq!((found.lines[0].position_0, found.lines[0].id.as_str()), (9, "rs7"));
    }

    #[test]
    fn bad_files_name_line_and_column() {
        let message = |text: &str, extra: &[&str]| read(text, extra).unwrap_err().to_string();
        assert!(message("a\tb\n1\t2\n", &[]).contains(":1: the header needs chrom, pos"));
        assert!(
            message("chrom\tpos\tref\talt\n1\t0\tA\tC\n", &[])
                .contains(":2: position \"0\" is not a number of at least 1")
        );
        assert!(message("chrom\tpos\tref\talt\n1\t2\tA\n", &[]).contains(":2: 3 column(s) where 4 are needed"));
        assert!(message("chrom\tpos\tref\talt\n", &["Value"]).contains("no column \"Value\""));
        assert!(message("##only\n", &[]).contains("holds no header"));
        let same = read("chrom\tpos\tref\talt\n1\t2\tA\tA\n1\t2\tA\tQ\n", &[]).unwrap();
        assert!(same.lines.iter().all(|l| l.alleles.is_err()));
    }
}
