//! Kind `coverage`: every contig is cut into non-overlapping windows from its start (the incomplete one at the end is left
//! out); a window stays when the maximum of any track exceeds the threshold (GOPHER, Toneyan, Tang & Koo 2022,
//! doi:10.1038/s42256-022-00570-9, Methods).

use std::sync::atomic::{AtomicU64, Ordering};

use cistron_core::{Interval, Reporter};
use rayon::prelude::*;

use super::genome_inputs::GenomeInputs;
use super::genome_windows::GenomeWindow;
use crate::DataError;
use crate::config::DatasetConfig;

/// Bases looked at in one go by one thread (4 bytes each).
const CHUNK_BP: u64 = 1 << 20;

pub(super) fn select(
    inputs: &GenomeInputs,
    dataset: &DatasetConfig,
    reporter: &dyn Reporter,
) -> Result<Vec<GenomeWindow>, DataError> {
    let window_bp = inputs.window_bp;
    let per_chunk = (CHUNK_BP / window_bp).max(1);
    let mut chunks: Vec<(usize, u64, u64)> = Vec::new();
    for (contig, c) in inputs.contigs.iter().enumerate() {
        let windows = c.length_bp / window_bp;
        chunks.extend((0..windows).step_by(per_chunk as usize).map(|w| (contig, w, (w + per_chunk).min(windows))));
    }
    let total: u64 = chunks.iter().map(|c| c.2 - c.1).sum();
    let task = reporter.start("selecting windows", total);
    let done = AtomicU64::new(0);
    let found: Vec<Vec<GenomeWindow>> = chunks
        .par_iter()
        .map(|&(contig, first, end)| {
            let kept = select_chunk(inputs, dataset, contig, first, end)?;
            task.set_position(done.fetch_add(end - first, Ordering::Relaxed) + end - first);
            Ok(kept)
        })
        .collect::<Result<_, DataError>>()?;
    let windows: Vec<GenomeWindow> = found.into_iter().flatten().collect();
    task.finish(&format!("{} of {total} windows", windows.len()));
    if windows.is_empty() {
        return Err(DataError::NoWindows {
            message: format!(
                "none of {total} windows of {window_bp} bp has coverage above {} outside excluded regions; lower \
                 dataset.select.coverage_above",
                dataset.select.coverage_above
            ),
        });
    }
    Ok(windows)
}

fn select_chunk(
    inputs: &GenomeInputs,
    dataset: &DatasetConfig,
    contig: usize,
    first: u64,
    end: u64,
) -> Result<Vec<GenomeWindow>, DataError> {
    let window_bp = inputs.window_bp;
    let name = &inputs.contigs[contig].name;
    let mut passes = vec![false; (end - first) as usize];
    let mut signal = vec![0.0f32; ((end - first) * window_bp) as usize];
    for track in &inputs.tracks {
        let Some(pool) = &track.signal else { continue };
        pool.values(name, first * window_bp, &mut signal)?;
        for (pass, window) in passes.iter_mut().zip(signal.chunks_exact(window_bp as usize)) {
            let max = window.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            *pass |= f64::from(max) > dataset.select.coverage_above;
        }
    }
    let codes = inputs.genome.contig_codes(name)?;
    let windows = (first..end).zip(passes).filter(|(_, pass)| *pass).map(|(w, _)| w * window_bp);
    let found = windows
        .filter_map(|start| inputs.admit(contig, start, codes, labels(inputs, dataset, contig, start)))
        .collect();
    inputs.genome.release(&Interval::new(name.clone(), first * window_bp, end * window_bp));
    Ok(found)
}

/// Tasks with a peak that shares at least half of its length (or of the region's, if shorter) with the central `input_bp`
/// of the window: what a model sees of it in evaluation.
fn labels(inputs: &GenomeInputs, dataset: &DatasetConfig, contig: usize, start: u64) -> Box<[u32]> {
    let input_bp = dataset.input_bp.unwrap_or(inputs.window_bp as usize) as u64;
    let from = start + (inputs.window_bp - input_bp) / 2;
    (0..inputs.tracks.len() as u32)
        .filter(|&t| {
            let peaks = inputs.tracks[t as usize].peaks.get(contig);
            peaks.is_some_and(|p| p.labels(from, from + input_bp))
        })
        .collect()
}
