//! The means that `scale-by-mean` divides by.

use std::path::Path;

use ndarray::Axis;
use rayon::prelude::*;

use crate::config::DatasetConfig;
use crate::manifest::ResolvedConfig;
use crate::source::bin_means;
use crate::transform::apply_steps;
use crate::window_table::WindowTable;
use crate::{DataError, NpyArray, Split, TrackTransform, dataset};

/// Sets `mean` of every transform that needs it: the mean over the training windows (whole, binned from their start,
/// positions beyond the last whole bin left out) of what the steps before `scale-by-mean` give.
pub(super) fn fill(transforms: &mut [TrackTransform], config: &ResolvedConfig, dir: &Path) -> Result<(), DataError> {
    let signal = NpyArray::<f32>::open(&dir.join(dataset::SIGNAL))?;
    let window_bp = signal.shape()[2] as usize;
    let rows = WindowTable::open(dir)?.rows_of(Split::Train);
    let bin_bp = config.dataset.bin_bp.unwrap_or(DatasetConfig::DEFAULT_BIN_BP).min(window_bp);
    let bins = window_bp / bin_bp;
    let wanted: Vec<usize> = (0..transforms.len()).filter(|&t| transforms[t].needs_mean()).collect();
    // one sum per window and track, added up in order: the same whatever the number of threads
    let sums: Vec<f64> = rows
        .par_iter()
        .map_init(
            || vec![0.0; bins],
            |buffer, &row| {
                let row = signal.row(row as usize);
                let one = |&track: &usize| {
                    bin_means(&row[track * window_bp..(track + 1) * window_bp], bin_bp, buffer);
                    apply_steps(transforms[track].before_scaling(), 1.0, buffer);
                    buffer.iter().map(|&v| f64::from(v)).sum::<f64>()
                };
                wanted.iter().map(one).collect::<Vec<f64>>()
            },
        )
        .flatten()
        .collect();
    let sums = ndarray::ArrayView2::from_shape((rows.len(), wanted.len()), &sums)
        .map_err(|e| DataError::damaged(dir, e.to_string()))?
        .map_axis(Axis(0), |column| column.iter().sum::<f64>());
    for (&track, &sum) in wanted.iter().zip(&sums) {
        let mean = sum / (rows.len() * bins) as f64;
        if !(mean.is_finite() && mean > 0.0) {
            let name = &config.dataset.tracks[track].name;
            let problem = format!(
                "dataset.tracks[{track}].normalise: track {name:?} has mean {mean} over the training windows, so it cannot be \
                 scaled by it; remove \"scale-by-mean\" or check the bigWig"
            );
            return Err(DataError::Config { problems: vec![problem] });
        }
        transforms[track].mean = Some(mean);
    }
    Ok(())
}
