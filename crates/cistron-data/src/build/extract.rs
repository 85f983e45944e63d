//! The second pass: arrays of the kept windows, written by position in parallel.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cistron_core::{Interval, Reporter, TargetKind};
use rayon::prelude::*;

use super::SplitCounter;
use super::genome_inputs::GenomeInputs;
use super::genome_windows::GenomeWindow;
use crate::manifest::{ResolvedConfig, SplitCounts};
use crate::window_table::{WindowRecord, WindowTableWriter};
use crate::{DataError, NpyWriter, Split, dataset};

/// Bytes of signal that one thread holds at a time, about.
const CHUNK_BYTES: usize = 8 << 20;
/// Windows closer than this are read from the bigWig in one go.
const GAP_BP: u64 = 1 << 14;
/// Longest stretch read in one go.
const SPAN_BP: u64 = 1 << 20;

struct Arrays {
    sequence: NpyWriter<u8>,
    signal: Option<NpyWriter<f32>>,
    track_mean: Option<NpyWriter<f32>>,
    track_max: Option<NpyWriter<f32>>,
    label: Option<NpyWriter<f32>>,
}

pub(super) fn write(
    inputs: &GenomeInputs,
    config: &ResolvedConfig,
    windows: &[GenomeWindow],
    splits: &[Split],
    dir: &Path,
    reporter: &dyn Reporter,
) -> Result<Vec<SplitCounts>, DataError> {
    let n = windows.len() as u64;
    let tracks = inputs.tracks.len() as u64;
    let reads = inputs.tracks.iter().all(|t| t.signal.is_some());
    let stores = reads && config.dataset.resolved_target() == TargetKind::Profile;
    let labelled = config.dataset.tracks.iter().all(|t| t.peaks.is_some());
    let float = |file: &str, shape: &[u64], wanted: bool| {
        wanted.then(|| NpyWriter::<f32>::create(&dir.join(file), shape)).transpose()
    };
    let arrays = Arrays {
        sequence: NpyWriter::create(&dir.join(dataset::SEQUENCE), &[n, inputs.window_bp])?,
        signal: float(dataset::SIGNAL, &[n, tracks, inputs.window_bp], stores)?,
        track_mean: float(dataset::TRACK_MEAN, &[n, tracks], reads)?,
        track_max: float(dataset::TRACK_MAX, &[n, tracks], reads)?,
        label: float(dataset::LABEL, &[n, tracks], labelled)?,
    };
    let row_bytes = inputs.window_bp as usize * (1 + if reads { 4 * tracks as usize } else { 0 });
    let per_chunk = (CHUNK_BYTES / row_bytes).clamp(1, 1024);
    let task = reporter.start("extracting windows", n);
    let done = AtomicU64::new(0);
    windows.par_chunks(per_chunk).enumerate().try_for_each(|(chunk, windows)| {
        write_chunk(inputs, &arrays, (chunk * per_chunk) as u64, windows)?;
        let new = windows.len() as u64;
        task.set_position(done.fetch_add(new, Ordering::Relaxed) + new);
        Ok::<(), DataError>(())
    })?;
    let Arrays { sequence, signal, track_mean, track_max, label } = arrays;
    sequence.finish()?;
    for array in [signal, track_mean, track_max, label].into_iter().flatten() {
        array.finish()?;
    }
    let mut table = WindowTableWriter::create(dir)?;
    let mut counter = SplitCounter::new(labelled.then_some(inputs.tracks.len()));
    for (window, &split) in windows.iter().zip(splits) {
        let contig = inputs.contigs[window.contig as usize].name.as_str();
        let (start, end) = (window.start_0, window.start_0 + inputs.window_bp);
        table.push(&WindowRecord {
            name: &format!("{contig}:{start}-{end}"),
            place: Some((contig, start, end)),
            split,
            gc: window.gc,
            n_share: window.n_share,
        })?;
        counter.add(split, window.tasks.iter().map(|&t| t as usize));
    }
    table.finish()?;
    task.finish(&format!("{n} windows"));
    Ok(counter.counts)
}

fn write_chunk(
    inputs: &GenomeInputs,
    arrays: &Arrays,
    first_row: u64,
    windows: &[GenomeWindow],
) -> Result<(), DataError> {
    let window_bp = inputs.window_bp as usize;
    let tracks = inputs.tracks.len();
    let mut codes = vec![0u8; windows.len() * window_bp];
    for (window, out) in windows.iter().zip(codes.chunks_exact_mut(window_bp)) {
        let contig = inputs.genome.contig_codes(&inputs.contigs[window.contig as usize].name)?;
        let start = window.start_0 as usize;
        out.copy_from_slice(&contig[start..start + window_bp]);
    }
    for near in stretches(windows, inputs.window_bp) {
        let (start, end) = (near[0].start_0, near[near.len() - 1].start_0 + inputs.window_bp);
        let contig = inputs.contigs[near[0].contig as usize].name.clone();
        inputs.genome.release(&Interval::new(contig, start, end));
    }
    arrays.sequence.write_rows(first_row, &codes)?;
    drop(codes);
    if let Some(label) = &arrays.label {
        let mut labels = vec![0.0; windows.len() * tracks];
        for (window, out) in windows.iter().zip(labels.chunks_exact_mut(tracks)) {
            for &task in &window.tasks {
                out[task as usize] = 1.0;
            }
        }
        label.write_rows(first_row, &labels)?;
    }
    let (Some(track_mean), Some(track_max)) = (&arrays.track_mean, &arrays.track_max) else { return Ok(()) };
    let stride = tracks * window_bp;
    let mut signal = vec![0.0f32; windows.len() * stride];
    let mut span = Vec::new();
    for (t, track) in inputs.tracks.iter().enumerate() {
        let Some(pool) = &track.signal else { continue };
        let mut at = 0;
        for near in stretches(windows, inputs.window_bp) {
            let (start, end) = (near[0].start_0, near[near.len() - 1].start_0 + inputs.window_bp);
            span.resize((end - start) as usize, 0.0);
            pool.values(&inputs.contigs[near[0].contig as usize].name, start, &mut span)?;
            for window in near {
                let from = (window.start_0 - start) as usize;
                let to = at * stride + t * window_bp;
                signal[to..to + window_bp].copy_from_slice(&span[from..from + window_bp]);
                at += 1;
            }
        }
    }
    let rows = signal.chunks_exact(window_bp);
    let means: Vec<f32> =
        rows.clone().map(|row| (row.iter().map(|&v| f64::from(v)).sum::<f64>() / window_bp as f64) as f32).collect();
    let maxima: Vec<f32> = rows.map(|row| row.iter().copied().fold(f32::NEG_INFINITY, f32::max)).collect();
    track_mean.write_rows(first_row, &means)?;
    track_max.write_rows(first_row, &maxima)?;
    if let Some(array) = &arrays.signal {
        array.write_rows(first_row, &signal)?;
    }
    Ok(())
}

/// Runs of windows on one contig that lie close together.
fn stretches(windows: &[GenomeWindow], window_bp: u64) -> Vec<&[GenomeWindow]> {
    let mut out = Vec::new();
    let mut begin = 0;
    for i in 1..=windows.len() {
        let ends = i == windows.len() || {
            let (first, last, next) = (&windows[begin], &windows[i - 1], &windows[i]);
            next.contig != first.contig
                || next.start_0 > last.start_0 + window_bp + GAP_BP
                || next.start_0 + window_bp - first.start_0 > SPAN_BP
        };
        if ends {
            out.push(&windows[begin..i]);
            begin = i;
        }
    }
    out
}
