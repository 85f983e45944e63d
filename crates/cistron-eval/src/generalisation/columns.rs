//! Metrics that follow from sums over windows.

use cistron_stats::{Bootstrap, PearsonSums, Undefined};

use super::Measured;

/// Adds up per-window columns, for all windows and for every resample, and turns each total into metrics.
pub(crate) fn measure<const C: usize>(
    bootstrap: Bootstrap,
    windows: &[[f64; C]],
    finish: impl Fn(&[f64; C]) -> Vec<Result<f64, Undefined>> + Sync,
) -> Measured {
    let total = |weight: &dyn Fn(usize) -> f64| {
        let mut total = [0.0; C];
        for (window, columns) in windows.iter().enumerate() {
            let weight = weight(window);
            if weight > 0.0 {
                for (sum, column) in total.iter_mut().zip(columns) {
                    *sum += weight * column;
                }
            }
        }
        total
    };
    let values = finish(&total(&|_| 1.0));
    let per_replicate: Vec<Vec<Option<f64>>> = bootstrap.run(windows.len(), |resample| {
        finish(&total(&|window| resample.weight(window))).into_iter().map(Result::ok).collect()
    });
    let replicates =
        (0..values.len()).map(|metric| per_replicate.iter().map(|values| values[metric]).collect()).collect();
    Measured { values, replicates, windows: windows.len() as u64 }
}

/// The sums of Pearson's r as columns.
pub(crate) fn to_columns(sums: &PearsonSums) -> [f64; 6] {
    [sums.n, sums.x, sums.y, sums.xx, sums.yy, sums.xy]
}

/// The sums of Pearson's r from columns.
pub(crate) fn from_columns(columns: &[f64]) -> PearsonSums {
    PearsonSums { n: columns[0], x: columns[1], y: columns[2], xx: columns[3], yy: columns[4], xy: columns[5] }
}

/// Mean of values that were summed with their number.
pub(crate) fn mean(sum: f64, n: f64) -> Result<f64, Undefined> {
    if n > 0.0 { Ok(sum / n) } else { Err(Undefined::TooFew) }
}
