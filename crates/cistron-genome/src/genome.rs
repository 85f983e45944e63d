use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use cistron_core::mapped::release_pages;
use cistron_core::{AtomicFile, HashingReader, Interval, alphabet, hash_bytes};
use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use crate::error::some_names;
use crate::fasta::header_of;
use crate::text_file::{Lines, wrap};
use crate::{Contig, GenomeError};

/// Version of the decoded form; another version is decoded anew.
const CACHE_VERSION: u32 = 1;

/// All base codes of a FASTA (A C G T N = 0 … 4), memory-mapped.
///
/// The FASTA (plain, gzip, bgzip) is decoded once, in a stream, into the cache directory: one byte a base and a JSON index.
/// IUPAC ambiguity letters become N. The decoded form is used again while the FASTA's size and time of change are the same.
#[derive(Debug)]
pub struct Genome {
    path: PathBuf,
    contigs: Vec<Contig>,
    offsets: Vec<usize>,
    hash: String,
    codes: Mmap,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    source_bytes: u64,
    source_modified_ns: u128,
    /// BLAKE3 of the FASTA file as it is on disk.
    source_hash: String,
    contigs: Vec<Contig>,
}

impl Genome {
    /// Opens a FASTA, decoding it into `cache_dir` unless that was done before.
    ///
    /// # Errors
    /// A missing, empty or truncated file, text before the first header, a letter that is no nucleotide (with contig
    /// and line), an empty or repeated contig; a full disk.
    pub fn open(fasta: &Path, cache_dir: &Path) -> Result<Self, GenomeError> {
        let io = GenomeError::io(fasta);
        let absolute = fs::canonicalize(fasta).map_err(&io)?;
        let metadata = fs::metadata(&absolute).map_err(&io)?;
        let modified =
            metadata.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
        let stem = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = hash_bytes(absolute.to_string_lossy().as_bytes());
        let codes_path = cache_dir.join(format!("{stem}-{}.codes", &key[..8]));
        let index_path = codes_path.with_extension("json");

        let fresh = |index: &Index| {
            let total: u64 = index.contigs.iter().map(|c| c.length_bp).sum();
            index.version == CACHE_VERSION
                && index.source_bytes == metadata.len()
                && index.source_modified_ns == modified
                && fs::metadata(&codes_path).is_ok_and(|m| m.len() == total)
        };
        let cached = fs::read(&index_path).ok().and_then(|b| serde_json::from_slice::<Index>(&b).ok()).filter(fresh);
        let index = match cached {
            Some(index) => index,
            None => {
                let (contigs, source_hash) = decode(fasta, &codes_path)?;
                let index = Index {
                    version: CACHE_VERSION,
                    source_bytes: metadata.len(),
                    source_modified_ns: modified,
                    source_hash,
                    contigs,
                };
                let text =
                    serde_json::to_vec_pretty(&index).map_err(|e| GenomeError::file(&index_path, e.to_string()))?;
                AtomicFile::write(&index_path, &text).map_err(GenomeError::io(&index_path))?;
                index
            }
        };
        let file = File::open(&codes_path).map_err(GenomeError::io(&codes_path))?;
        // SAFETY: the decoded file is ours, complete (it was renamed into place) and never written again in place.
        let codes = unsafe { Mmap::map(&file) }.map_err(GenomeError::io(&codes_path))?;
        let mut offsets = Vec::with_capacity(index.contigs.len());
        let mut offset = 0;
        for contig in &index.contigs {
            offsets.push(offset);
            offset += contig.length_bp as usize;
        }
        Ok(Self { path: fasta.to_owned(), contigs: index.contigs, offsets, hash: index.source_hash, codes })
    }

    /// The contigs in the order of the FASTA.
    pub fn contigs(&self) -> &[Contig] {
        &self.contigs
    }

    /// The FASTA.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// BLAKE3 of the FASTA file, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// All codes of one contig.
    ///
    /// # Errors
    /// [`GenomeError::NoContig`].
    pub fn contig_codes(&self, contig: &str) -> Result<&[u8], GenomeError> {
        let index = self.contigs.iter().position(|c| c.name == contig).ok_or_else(|| GenomeError::NoContig {
            path: self.path.clone(),
            contig: contig.to_owned(),
            known: some_names(self.contigs.iter().map(|c| c.name.as_str())),
        })?;
        let start = self.offsets[index];
        Ok(&self.codes[start..start + self.contigs[index].length_bp as usize])
    }

    /// Gives back the memory of an interval's pages, which count as resident once they were read: a walk over a large genome stays
    /// small. The codes can be read again at any time. Unknown contigs and ends past the contig are ignored.
    pub fn release(&self, interval: &Interval) {
        let Some(index) = self.contigs.iter().position(|c| c.name == interval.contig) else { return };
        let length = self.contigs[index].length_bp;
        let (start, end) = (interval.start_0.min(length) as usize, interval.end_0.min(length) as usize);
        if end > start {
            release_pages(&self.codes, self.offsets[index] + start, end - start);
        }
    }

    /// The codes of an interval.
    ///
    /// # Errors
    /// [`GenomeError::NoContig`], or [`GenomeError::PastEnd`] when it reaches past the contig's end.
    pub fn codes(&self, interval: &Interval) -> Result<&[u8], GenomeError> {
        let contig = self.contig_codes(&interval.contig)?;
        if interval.end_0 > contig.len() as u64 {
            return Err(GenomeError::PastEnd {
                path: self.path.clone(),
                contig: interval.contig.clone(),
                start_0: interval.start_0,
                end_0: interval.end_0,
                length_bp: contig.len() as u64,
            });
        }
        Ok(&contig[interval.start_0 as usize..interval.end_0 as usize])
    }
}

/// Writes one code a base to `codes_path`; returns the contigs and the hash of the FASTA.
fn decode(fasta: &Path, codes_path: &Path) -> Result<(Vec<Contig>, String), GenomeError> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let source =
        ReportHash { reader: Some(HashingReader::new(File::open(fasta).map_err(GenomeError::io(fasta))?)), sender };
    let mut lines = Lines::new(fasta, wrap(fasta, source)?);
    let mut out = AtomicFile::create(codes_path).map_err(GenomeError::io(codes_path))?;
    let mut contigs: Vec<Contig> = Vec::new();
    let mut names = std::collections::HashSet::new();
    let mut codes = Vec::new();
    let mut header_line = 0;
    while let Some((line, number)) = lines.next_line()? {
        let text = line.trim_ascii();
        if text.first() == Some(&b'>') || (contigs.is_empty() && !text.is_empty()) {
            let header = header_of(fasta, text, number)?;
            refuse_empty(fasta, contigs.last(), header_line)?;
            let name = header.split_whitespace().next().unwrap_or_default().to_owned();
            if name.is_empty() {
                return Err(GenomeError::line(fasta, number, "the contig has no name"));
            }
            if !names.insert(name.clone()) {
                return Err(GenomeError::line(fasta, number, format!("contig {name:?} stands twice in the file")));
            }
            header_line = number;
            contigs.push(Contig { name, length_bp: 0 });
        } else if let Some(contig) = contigs.last_mut() {
            codes.resize(text.len(), 0);
            alphabet::encode_lossy(text, &mut codes)
                .map_err(|bad| GenomeError::line(fasta, number, format!("contig {:?}: {bad}", contig.name)))?;
            contig.length_bp += codes.len() as u64;
            out.write_all(&codes).map_err(GenomeError::io(codes_path))?;
        }
    }
    refuse_empty(fasta, contigs.last(), header_line)?;
    if contigs.is_empty() {
        return Err(GenomeError::file(fasta, "holds no FASTA record: no line begins with '>'"));
    }
    drop(lines);
    out.commit().map_err(GenomeError::io(codes_path))?;
    let hash = receiver.recv().map_err(|_| GenomeError::file(fasta, "the file was not read to its end"))?;
    Ok((contigs, hash))
}

fn refuse_empty(fasta: &Path, contig: Option<&Contig>, line: u64) -> Result<(), GenomeError> {
    match contig {
        Some(contig) if contig.length_bp == 0 => {
            Err(GenomeError::line(fasta, line, format!("contig {:?} has no sequence", contig.name)))
        }
        _ => Ok(()),
    }
}

/// Sends the hash of what was read when it is dropped: the decompressor owns the reader and does not give it back.
struct ReportHash {
    reader: Option<HashingReader<File>>,
    sender: std::sync::mpsc::Sender<String>,
}

impl std::io::Read for ReportHash {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.reader.as_mut().map_or(Ok(0), |reader| reader.read(buffer))
    }
}

impl Drop for ReportHash {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            // Nobody listens after a failure, and then the hash is not wanted.
            self.sender.send(reader.finish()).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<Genome, GenomeError> {
        let dir = tempfile::tempdir().unwrap();
        let fasta = dir.path().join("g.fa");
        fs::write(&fasta, text).unwrap();
        Genome::open(&fasta, &dir.path().join("cache"))
    }

    #[test]
    fn released_codes_can_be_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let fasta = dir.path().join("a.fa");
        let letters: String = (0..50_000).map(|i| ['A', 'C', 'G', 'T'][i * i % 4]).collect();
        std::fs::write(&fasta, format!(">a\n{letters}\n>b\n{letters}\n")).unwrap();
        let genome = Genome::open(&fasta, &dir.path().join("cache")).unwrap();
        let before = genome.contig_codes("b").unwrap().to_vec();
        genome.release(&Interval::new("b", 100, 1 << 40));
        genome.release(&Interval::new("none", 0, 10));
        assert_eq!(genome.contig_codes("b").unwrap(), before);
        assert_eq!(genome.contig_codes("a").unwrap(), before);
    }

    #[test]
    fn codes_by_interval() {
        let genome = open(">chr1 first\nACGT\nnR\n>chr2\nTTT\n").unwrap();
        assert_eq!(genome.contigs()[1], Contig { name: "chr2".into(), length_bp: 3 });
        assert_eq!(genome.contig_codes("chr1").unwrap(), [0, 1, 2, 3, 4, 4]);
        assert_eq!(genome.codes(&Interval::new("chr1", 2, 5)).unwrap(), [2, 3, 4]);
        assert_eq!(genome.codes(&Interval::new("chr2", 0, 3)).unwrap(), [3, 3, 3]);
        let past = genome.codes(&Interval::new("chr2", 1, 4)).unwrap_err().to_string();
        assert!(past.contains("chr2:1-4 reaches past the end of chr2 (3 bp)"), "{past}");
        let none = genome.codes(&Interval::new("2", 0, 1)).unwrap_err().to_string();
        assert!(none.contains("no contig \"2\"; it has chr1, chr2"), "{none}");
    }

    #[test]
    fn bad_fasta_names_contig_and_line() {
        let message = |text: &str| open(text).unwrap_err().to_string();
        assert!(message(">a\nAC\nA!C\n").contains("g.fa:3: contig \"a\": letter '!' at position 2"));
        assert!(message(">a\nAC\n>a\nAC\n").contains(":3: contig \"a\" stands twice"));
        assert!(message(">a\n>b\nAC\n").contains(":1: contig \"a\" has no sequence"));
        assert!(message("ACGT\n").contains(":1: sequence before the first '>'"));
        assert!(message(">\nAC\n").contains("no name"));
    }

    #[test]
    fn the_decoded_form_follows_the_file_and_failures_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (fasta, cache) = (dir.path().join("g.fa"), dir.path().join("cache"));
        fs::write(&fasta, ">a\nACGT\n").unwrap();
        let first = Genome::open(&fasta, &cache).unwrap();
        assert_eq!(first.hash(), cistron_core::hash_file(&fasta).unwrap());
        assert_eq!(Genome::open(&fasta, &cache).unwrap().contig_codes("a").unwrap(), [0, 1, 2, 3]);
        fs::write(&fasta, ">a\nACGTT\n").unwrap();
        assert_eq!(Genome::open(&fasta, &cache).unwrap().contig_codes("a").unwrap().len(), 5);
        fs::write(&fasta, ">a\nACGTT\n>b\n?\n").unwrap();
        let other = dir.path().join("other");
        assert!(Genome::open(&fasta, &other).is_err());
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
    }
}
