use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use bigtools::beddata::BedParserStreamingIterator;
use bigtools::{BigWigWrite, Value};

use crate::{Contig, GenomeError};

/// Writes a bigWig from `(contig, start_0, end_0, value)` in a stream. The contigs must come in the order of `contigs` and
/// the intervals of each sorted and disjoint. The file appears under its name only when it is whole.
///
/// # Errors
/// Intervals that are empty, unsorted, overlapping, past the contig's end or on a contig that is not listed; no interval at
/// all; a full disk.
pub fn write_bigwig(
    path: &Path,
    contigs: &[Contig],
    intervals: impl Iterator<Item = (String, u32, u32, f32)> + Send + 'static,
) -> Result<(), GenomeError> {
    let mut sizes = HashMap::new();
    for contig in contigs {
        let length = u32::try_from(contig.length_bp).map_err(|_| {
            GenomeError::file(path, format!("contig {:?} is longer than a bigWig can hold (4 Gb)", contig.name))
        })?;
        sizes.insert(contig.name.clone(), length);
    }
    let mut intervals = intervals.peekable();
    if intervals.peek().is_none() {
        return Err(GenomeError::file(path, "a bigWig needs at least one interval, but there is none to write"));
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(GenomeError::io(parent))?;
    }
    let partial = Partial(with_suffix(path));
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(GenomeError::io(path))?;
    let checked = Checked { intervals, contigs: contigs.to_vec(), contig: 0, end: 0, failed: false };
    let data = BedParserStreamingIterator::wrap_iter(checked, true);
    let writer = BigWigWrite::create_file(&partial.0, sizes).map_err(GenomeError::io(path))?;
    writer
        .write(data, runtime)
        .map_err(|error| GenomeError::file(path, format!("the bigWig cannot be written: {error}")))?;
    fs::rename(&partial.0, path).map_err(GenomeError::io(path))
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    path.with_file_name(name)
}

/// Removes the partial file when it was not renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // After the rename there is nothing to remove, and that is fine.
        fs::remove_file(&self.0).unwrap_or_default();
    }
}

/// Passes intervals on as long as they are sorted, disjoint and on listed contigs.
struct Checked<I: Iterator> {
    intervals: std::iter::Peekable<I>,
    contigs: Vec<Contig>,
    contig: usize,
    end: u32,
    failed: bool,
}

impl<I: Iterator<Item = (String, u32, u32, f32)>> Iterator for Checked<I> {
    type Item = Result<(String, Value), std::io::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let (name, start, end, value) = self.intervals.next()?;
        while self.contigs.get(self.contig).is_some_and(|c| c.name != name) {
            self.contig += 1;
            self.end = 0;
        }
        let problem = match self.contigs.get(self.contig) {
            None => Some("its contig is not listed, or not in the order of the genome".to_owned()),
            Some(c) if u64::from(end) > c.length_bp => {
                Some(format!("it reaches past the contig's end ({} bp)", c.length_bp))
            }
            Some(_) if start >= end => Some("it is empty".to_owned()),
            Some(_) if start < self.end => Some("it begins before the end of the one before".to_owned()),
            Some(_) => None,
        };
        if let Some(problem) = problem {
            self.failed = true;
            return Some(Err(std::io::Error::other(format!("interval {name}:{start}-{end}: {problem}"))));
        }
        self.end = end;
        Some(Ok((name, Value { start, end, value })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsorted_input_is_refused_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.bw");
        let contigs = ["a", "b"].map(|n| Contig { name: n.into(), length_bp: 100 });
        let write = |intervals: &[(&str, u32, u32)]| {
            let owned: Vec<_> = intervals.iter().map(|&(c, s, e)| (c.to_owned(), s, e, 1.0)).collect();
            write_bigwig(&path, &contigs, owned.into_iter()).map_err(|e| e.to_string())
        };
        assert!(write(&[("a", 5, 9), ("a", 8, 10)]).unwrap_err().contains("a:8-10: it begins before"));
        assert!(write(&[("b", 5, 9), ("a", 8, 10)]).unwrap_err().contains("order of the genome"));
        assert!(write(&[("a", 95, 101)]).unwrap_err().contains("past the contig's end"));
        assert!(write(&[]).unwrap_err().contains("at least one interval"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        write(&[("a", 5, 9), ("b", 0, 1)]).unwrap();
        assert!(path.exists());
    }
}
