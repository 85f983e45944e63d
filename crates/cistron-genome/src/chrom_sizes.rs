use std::path::Path;

use crate::text_file::Lines;
use crate::{Contig, GenomeError};

/// Reads a table of contig names and lengths (`name<TAB>length`, further columns ignored).
///
/// # Errors
/// A line with fewer than two columns or a length that is no positive number, a repeated name, a file without contigs.
pub fn read_chrom_sizes(path: &Path) -> Result<Vec<Contig>, GenomeError> {
    let mut lines = Lines::open(path)?;
    let mut contigs: Vec<Contig> = Vec::new();
    while let Some((line, number)) = lines.next_line()? {
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let mut columns = text.split_whitespace();
        let (Some(name), Some(length)) = (columns.next(), columns.next()) else {
            return Err(GenomeError::line(path, number, "a line holds a contig name and its length"));
        };
        let length_bp = match length.parse::<u64>() {
            Ok(length) if length > 0 => length,
            _ => return Err(GenomeError::line(path, number, format!("{length:?} is not a contig length in bp"))),
        };
        if contigs.iter().any(|c| c.name == name) {
            return Err(GenomeError::line(path, number, format!("contig {name:?} stands twice in the file")));
        }
        contigs.push(Contig { name: name.to_owned(), length_bp });
    }
    if contigs.is_empty() {
        return Err(GenomeError::file(path, "holds no contig"));
    }
    Ok(contigs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Contig>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_chrom_sizes(file.path()).map_err(|e| e.to_string())
    }

    #[test]
    fn sizes_and_bad_lines() {
        let contigs = read("# x\nchrI\t230218\nchrII 813184\textra\n").unwrap();
        assert_eq!(contigs[1], Contig { name: "chrII".into(), length_bp: 813_184 });
        assert!(read("chrI\n").unwrap_err().contains(":1: a line holds"));
        assert!(read("chrI\t-4\n").unwrap_err().contains("\"-4\" is not a contig length"));
        assert!(read("a\t1\na\t1\n").unwrap_err().contains(":2: contig \"a\" stands twice"));
        assert!(read("#\n").unwrap_err().contains("no contig"));
    }
}
