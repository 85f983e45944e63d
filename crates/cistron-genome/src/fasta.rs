use std::path::{Path, PathBuf};

use crate::GenomeError;
use crate::text_file::Lines;

/// One record of a FASTA file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FastaRecord {
    /// The header up to the first white space.
    pub name: String,
    /// The rest of the header.
    pub description: String,
    /// The letters as they stand in the file.
    pub letters: Vec<u8>,
    /// 1-based line of the header.
    pub line: u64,
}

/// Reads FASTA records one after the other; plain, gzip or bgzip. Names may repeat (in sets of sequences the header is
/// often a label); records without letters are errors.
///
/// # Errors
/// A missing or empty file here; text before the first header, an empty record or a truncated file while reading.
pub fn read_fasta(path: &Path) -> Result<FastaRecords, GenomeError> {
    Ok(FastaRecords { lines: Lines::open(path)?, path: path.to_owned(), header: None, done: false })
}

/// Iterator of [`read_fasta`].
pub struct FastaRecords {
    lines: Lines,
    path: PathBuf,
    header: Option<(String, u64)>,
    done: bool,
}

impl FastaRecords {
    fn read(&mut self) -> Result<Option<FastaRecord>, GenomeError> {
        while self.header.is_none() {
            match self.lines.next_line()? {
                None => return Err(GenomeError::file(&self.path, "holds no FASTA record: no line begins with '>'")),
                Some((b"", _)) => {}
                Some((line, number)) => self.header = Some((header_of(&self.path, line, number)?, number)),
            }
        }
        let Some((header, line)) = self.header.take() else { return Ok(None) };
        let mut letters = Vec::new();
        loop {
            match self.lines.next_line()? {
                None => {
                    self.done = true;
                    break;
                }
                Some((text, number)) if text.first() == Some(&b'>') => {
                    self.header = Some((header_of(&self.path, text, number)?, number));
                    break;
                }
                Some((text, _)) => letters.extend_from_slice(text.trim_ascii()),
            }
        }
        if letters.is_empty() {
            return Err(GenomeError::line(&self.path, line, format!("record {header:?} has no sequence")));
        }
        let (name, description) = header.split_once(char::is_whitespace).unwrap_or((&header, ""));
        Ok(Some(FastaRecord { name: name.to_owned(), description: description.trim().to_owned(), letters, line }))
    }
}

/// The text of a header line.
pub(crate) fn header_of(path: &Path, line: &[u8], number: u64) -> Result<String, GenomeError> {
    match line.split_first() {
        Some((b'>', header)) => Ok(String::from_utf8_lossy(header).trim().to_owned()),
        _ => Err(GenomeError::line(path, number, "sequence before the first '>' header: is this a FASTA file?")),
    }
}

impl Iterator for FastaRecords {
    type Item = Result<FastaRecord, GenomeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let record = self.read();
        self.done |= record.is_err();
        record.transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn records(bytes: &[u8]) -> Result<Vec<FastaRecord>, GenomeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read_fasta(file.path())?.collect()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_and_several_gzip_members_read_alike() {
        let text = ">a one two\nACGT\nAC\n\n>b\r\nTT\r\n";
        let expected = records(text.as_bytes()).unwrap();
        assert_eq!(expected[0].letters, b"ACGTAC");
        assert_eq!(
            (expected[0].name.as_str(), expected[0].description.as_str(), expected[0].line),
            ("a", "one two", 1)
        );
        assert_eq!((expected[1].letters.as_slice(), expected[1].line), (b"TT".as_slice(), 5));
        assert_eq!(records(&gzip(text)).unwrap(), expected);
        let members = [gzip(">a one two\nACGT\n"), gzip("AC\n\n>b\r\nTT\r\n")].concat();
        assert_eq!(records(&members).unwrap(), expected);
    }

    #[test]
    fn bad_files_are_named_with_their_line() {
        let message = |bytes: &[u8]| records(bytes).unwrap_err().to_string();
        assert!(message(b"").ends_with("the file is empty"));
        assert!(message(b"ACGT\n").contains(":1: sequence before the first '>'"));
        assert!(message(b">a\n>b\nAC\n").contains(":1: record \"a\" has no sequence"));
        assert!(message(b"\n\n").contains("no FASTA record"));
        let whole = gzip(&format!(">a\n{}\n", "ACGTTGCA".repeat(5000)));
        assert!(message(&whole[..whole.len() / 2]).contains("truncated"));
        assert!(message(&whole[..whole.len() - 4]).contains("truncated"));
        assert!(read_fasta(Path::new("/nowhere/x.fa")).err().unwrap().to_string().starts_with("/nowhere/x.fa: "));
    }
}
