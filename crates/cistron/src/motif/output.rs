use std::fs;
use std::io::Write as _;
use std::path::Path;

use cistron_core::AtomicFile;
use cistron_motif::Motif;
use cistron_motif::formats::{MotifFormat, write_motifs};

use crate::CistronError;

/// Whole or not at all; to standard output without a file.
pub(super) fn write_bytes(out: Option<&Path>, bytes: &[u8]) -> Result<(), CistronError> {
    match out {
        Some(path) => AtomicFile::write(path, bytes).map_err(CistronError::io(path)),
        None => std::io::stdout().lock().write_all(bytes).map_err(CistronError::io(Path::new("standard output"))),
    }
}

/// A text, to standard output without a file.
///
/// # Errors
/// Any error of writing.
pub fn write_text(out: Option<&Path>, text: &str) -> Result<(), CistronError> {
    write_bytes(out, text.as_bytes())
}

/// Motifs in MEME's format as a file of a folder, which is made when it is not there.
///
/// # Errors
/// Any error of writing.
pub fn write_motif_file(motifs: &[Motif], dir: &Path, name: &str) -> Result<(), CistronError> {
    fs::create_dir_all(dir).map_err(CistronError::io(dir))?;
    write_text(Some(&dir.join(name)), &write_motifs(motifs, MotifFormat::Meme))
}
