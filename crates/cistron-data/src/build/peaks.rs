//! Kind `peaks`: windows on the merged peaks of all tracks, and windows without a peak.

use cistron_core::{Interval, Reporter};
use rayon::prelude::*;

use super::genome_inputs::GenomeInputs;
use super::genome_windows::GenomeWindow;
use super::{merge_peaks, negatives};
use crate::DataError;
use crate::config::DatasetConfig;

pub(super) fn select(
    inputs: &mut GenomeInputs,
    dataset: &DatasetConfig,
    seed: u64,
    reporter: &dyn Reporter,
) -> Result<Vec<GenomeWindow>, DataError> {
    let task = reporter.start("merging peaks", inputs.contigs.len() as u64);
    let shared: &GenomeInputs = inputs;
    let found: Vec<Found> = (0..shared.contigs.len())
        .into_par_iter()
        .map(|contig| select_contig(shared, dataset, seed, contig))
        .collect::<Result<_, DataError>>()?;
    let sum = |f: fn(&Found) -> u64| found.iter().map(f).sum::<u64>();
    let (refused, wanted, missing) = (sum(|f| f.refused), sum(|f| f.wanted), sum(|f| f.wanted - f.negatives));
    let windows: Vec<GenomeWindow> = found.into_iter().flat_map(|f| f.windows).collect();
    task.finish(&format!("{} windows", windows.len()));
    if refused > 0 {
        inputs.warnings.push(format!(
            "{refused} of {} peak windows are left out: they touch excluded regions or hold too much N",
            refused + windows.iter().filter(|w| !w.tasks.is_empty()).count() as u64
        ));
    }
    if missing > 0 {
        inputs.warnings.push(format!(
            "only {} of {wanted} wanted non-peak windows were found: there is not enough peak-free sequence of like GC on \
             the same contigs; lower dataset.negatives.ratio or window_bp, or set match_gc = false",
            wanted - missing
        ));
    }
    if !windows.iter().any(|w| !w.tasks.is_empty()) {
        return Err(DataError::NoWindows {
            message:
                "no peak lies on a usable contig outside excluded regions; check the peak files, dataset.select and \
                      genome.exclude"
                    .into(),
        });
    }
    Ok(windows)
}

struct Found {
    /// Sorted by start, a negative after a positive of the same start.
    windows: Vec<GenomeWindow>,
    refused: u64,
    wanted: u64,
    negatives: u64,
}

fn select_contig(inputs: &GenomeInputs, dataset: &DatasetConfig, seed: u64, contig: usize) -> Result<Found, DataError> {
    let of = &inputs.contigs[contig];
    let codes = inputs.genome.contig_codes(&of.name)?;
    let peaks: Vec<(u64, u64, u32)> = (0u32..)
        .zip(&inputs.tracks)
        .flat_map(|(task, track)| track.peaks[contig].iter().map(move |(start, end)| (start, end, task)))
        .collect();
    let overlap = dataset.merge_overlap_bp.unwrap_or(200) as u64;
    let merged = merge_peaks(&peaks, of.length_bp, inputs.window_bp, overlap);
    let total = merged.len() as u64;
    let mut windows: Vec<GenomeWindow> =
        merged.into_iter().filter_map(|m| inputs.admit(contig, m.start_0, codes, m.tasks.into_boxed_slice())).collect();
    let refused = total - windows.len() as u64;
    let (mut wanted, mut found) = (0, 0);
    if let Some(config) = &dataset.negatives {
        let gcs: Vec<f32> = windows.iter().map(|w| w.gc).collect();
        let drawn = negatives::draw(inputs, config, seed, contig, codes, &gcs);
        (wanted, found) = (drawn.wanted, drawn.windows.len() as u64);
        windows.extend(drawn.windows);
        windows.sort_by_key(|w| (w.start_0, w.tasks.is_empty()));
    }
    inputs.genome.release(&Interval::new(of.name.clone(), 0, of.length_bp));
    Ok(Found { windows, refused, wanted, negatives: found })
}
