//! Text files, plain or gzip (bgzip is gzip in many members), read line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::GenomeError;

/// Opens a file; the gzip magic, not the name, decides whether it is decompressed.
///
/// # Errors
/// A missing, unreadable or empty file.
pub(crate) fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>, GenomeError> {
    wrap(path, File::open(path).map_err(GenomeError::io(path))?)
}

/// As [`open_text`], over a reader that was opened elsewhere (to hash what is read).
pub(crate) fn wrap(path: &Path, reader: impl Read + Send + 'static) -> Result<Box<dyn BufRead + Send>, GenomeError> {
    let mut plain = BufReader::with_capacity(1 << 18, reader);
    let start = plain.fill_buf().map_err(GenomeError::io(path))?;
    if start.is_empty() {
        return Err(GenomeError::file(path, "the file is empty"));
    }
    if start.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(plain))))
    } else {
        Ok(Box::new(plain))
    }
}

/// Lines of a text file with their 1-based numbers, without line ends.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    path: PathBuf,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(crate) fn open(path: &Path) -> Result<Self, GenomeError> {
        Ok(Self::new(path, open_text(path)?))
    }

    pub(crate) fn new(path: &Path, reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, path: path.to_owned(), line: Vec::new(), number: 0 }
    }

    /// The next line and its number; `None` at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<(&[u8], u64)>, GenomeError> {
        self.line.clear();
        if self.reader.read_until(b'\n', &mut self.line).map_err(GenomeError::io(&self.path))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        while matches!(self.line.last(), Some(b'\n' | b'\r')) {
            self.line.pop();
        }
        Ok(Some((&self.line, self.number)))
    }
}
