use std::path::{Path, PathBuf};

use cistron_core::OutputKind;
use cistron_genome::{Contig, write_bigwig};

use crate::{EvalError, StoredPredictions};

/// Writes profile predictions as one bigWig per task, `TASK.bw` in `dir`. Where windows overlap, the one that begins first
/// holds the shared bases.
///
/// # Errors
/// Predictions that are no profile or windows without a place in the genome; anything that hinders writing.
pub fn write_bigwigs(stored: &StoredPredictions, contigs: &[Contig], dir: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let refuse = |message: &str| EvalError::Stored { path: stored.dir().to_owned(), message: message.to_owned() };
    if stored.head().kind != OutputKind::Counts {
        return Err(refuse("only predicted profiles can be written as bigWig"));
    }
    let mut order = Vec::new();
    for (row, window) in stored.windows().iter().enumerate() {
        let place = window.interval.as_ref().ok_or_else(|| refuse("its windows have no place in a genome"))?;
        let contig = contigs
            .iter()
            .position(|c| c.name == place.contig)
            .ok_or_else(|| refuse(&format!("window {} lies on a contig that the genome does not have", window.name)))?;
        order.push((contig, place.start_0, row));
    }
    order.sort_unstable();
    let bin_bp = stored.head().bin_bp as u64;
    let mut paths = Vec::new();
    for (task, name) in stored.head().tasks.iter().enumerate() {
        let mut intervals = Vec::new();
        let mut last = (usize::MAX, 0);
        for &(contig, start_0, row) in &order {
            let covered = if last.0 == contig { last.1 } else { 0 };
            for (bin, value) in stored.values(row, task).iter().enumerate() {
                let (start, end) = (start_0 + bin as u64 * bin_bp, start_0 + (bin as u64 + 1) * bin_bp);
                if start >= covered && !value.is_nan() {
                    intervals.push((contigs[contig].name.clone(), start as u32, end as u32, *value));
                }
            }
            last = (contig, covered.max(start_0 + stored.head().bins as u64 * bin_bp));
        }
        let file: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        let path = dir.join(format!("{file}.bw"));
        write_bigwig(&path, contigs, intervals.into_iter())?;
        paths.push(path);
    }
    Ok(paths)
}
