//! Resolution (GOPHER, fig. 2c and supplement B.3): predictions of fine models averaged to each coarser bin, box-car smoothing at a fixed
//! bin, and the scaling of predictions to the observed total before and after.

use cistron_core::BatchSource;
use cistron_stats::{Bootstrap, PearsonSums, Undefined};
use serde::{Deserialize, Serialize};

use crate::generalisation::columns::{from_columns, measure, to_columns};
use crate::generalisation::rows::{difference_rows, metric_rows};
use crate::generalisation::{EvaluatedModel, Measured};
use crate::profile_walk::{BATCH, common_windows, walk};
use crate::{EvalError, FurtherReport};

/// How resolutions are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionOptions {
    /// Bins to average to, in bp; multiples of the predictions' bin.
    pub bins_bp: Vec<usize>,
    /// Widths of the box-car filter in bp; multiples of the predictions' bin.
    pub smoothing_bp: Vec<usize>,
    /// Bootstrap replicates.
    pub bootstrap_replicates: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

/// A way of looking at a profile.
#[derive(Debug, Clone, Copy)]
enum View {
    /// Means of so many neighbouring bins.
    Binned(usize),
    /// Running means of so many bins; places where the filter would reach past an end are left out.
    Smoothed(usize),
}

impl View {
    fn of(self, profile: &[f32]) -> Vec<f32> {
        let mean = |part: &[f32]| (part.iter().map(|v| f64::from(*v)).sum::<f64>() / part.len() as f64) as f32;
        match self {
            Self::Binned(bins) => profile.chunks_exact(bins).map(mean).collect(),
            Self::Smoothed(bins) => profile.windows(bins.min(profile.len()).max(1)).map(mean).collect(),
        }
    }
}

/// Compares profile models at several resolutions. Rows, per task and averaged: for each bin `pearson_whole_chromosome_at_B_bp`,
/// `mse_at_B_bp`, `mse_scaled_at_B_bp` (predictions times observed ÷ predicted total), and `scaling_factor_at_B_bp`; for each width
/// `pearson_whole_chromosome_smoothed_W_bp`. NaN in a target makes every mean that it enters unmeasured.
///
/// `own_bins_bp` gives the bin at which each model predicts by itself: averages finer than that are left out with a reason.
///
/// # Errors
/// Predictions of another dataset, data that cannot be read.
pub fn resolution(
    models: &[EvaluatedModel],
    own_bins_bp: &[usize],
    source: &dyn BatchSource,
    options: &ResolutionOptions,
) -> Result<FurtherReport, EvalError> {
    const PER_VIEW: [&str; 4] = ["pearson_whole_chromosome", "mse", "mse_scaled", "scaling_factor"];
    let present = common_windows(models, source)?;
    let target = source.target();
    let bin = target.bin_bp;
    let whole =
        |width: &&usize| width.is_multiple_of(bin) && target.bins.is_multiple_of(**width / bin) && **width >= bin;
    let mut views: Vec<(View, usize, String)> = options
        .bins_bp
        .iter()
        .filter(whole)
        .map(|width| (View::Binned(width / bin), *width, format!("_at_{width}_bp")))
        .collect();
    let fits = |width: &&usize| width.is_multiple_of(bin) && **width >= bin && **width <= bin * target.bins;
    views.extend(
        options
            .smoothing_bp
            .iter()
            .filter(fits)
            .map(|width| (View::Smoothed(width / bin), *width, format!("_smoothed_{width}_bp"))),
    );
    let mut notes = Vec::new();
    let left_out: Vec<String> = options
        .bins_bp
        .iter()
        .filter(|w| !whole(w))
        .chain(options.smoothing_bp.iter().filter(|w| !fits(w)))
        .map(|w| format!("{w} bp"))
        .collect();
    if !left_out.is_empty() {
        notes.push(format!(
            "{} cannot be made of whole bins of {bin} bp in windows of {} bp and are left out",
            left_out.join(", "),
            bin * target.bins
        ));
    }
    let bootstrap = Bootstrap { replicates: options.bootstrap_replicates, seed: options.seed };
    let mut rows = Vec::new();
    let mut differences = Vec::new();
    for (view, width, suffix) in &views {
        let metrics: Vec<String> = match view {
            View::Binned(_) => PER_VIEW.map(|m| format!("{m}{suffix}")).to_vec(),
            View::Smoothed(_) => vec![format!("{}{suffix}", PER_VIEW[0])],
        };
        let able: Vec<usize> = (0..models.len())
            .filter(|m| matches!(view, View::Smoothed(_)) || own_bins_bp.get(*m).is_none_or(|own| own <= width))
            .collect();
        let measured = measure_view(models, &able, *view, metrics.len(), source, &present, bootstrap)?;
        let names: Vec<&str> = able.iter().map(|m| models[*m].predictions.name()).collect();
        rows.extend(metric_rows(&names, &target.tasks, &metrics, &measured));
        differences.extend(difference_rows(&names, &target.tasks, &metrics[..1], &measured));
    }
    let options = serde_json::to_value(options).unwrap_or_default();
    Ok(FurtherReport { options, rows, differences, notes })
}

fn measure_view(
    models: &[EvaluatedModel],
    able: &[usize],
    view: View,
    metrics: usize,
    source: &dyn BatchSource,
    present: &[bool],
    bootstrap: Bootstrap,
) -> Result<Vec<Vec<Measured>>, EvalError> {
    let tasks = source.target().tasks.len();
    let mut windows: Vec<Vec<Vec<[f64; 6]>>> = vec![vec![Vec::new(); tasks]; able.len()];
    walk(source, present, BATCH, |window, task, observed| {
        let observed = view.of(observed);
        for (windows, model) in windows.iter_mut().zip(able) {
            let predicted = view.of(models[*model].predictions.values(window, task));
            windows[task].push(to_columns(&PearsonSums::of(&predicted, &observed)));
        }
    })?;
    let finish = |total: &[f64; 6]| -> Vec<Result<f64, Undefined>> {
        let sums = from_columns(total);
        let factor = sums.scaling_factor();
        let scaled =
            factor.and_then(|s| PearsonSums { x: s * sums.x, xx: s * s * sums.xx, xy: s * sums.xy, ..sums }.mse());
        let mut all = vec![sums.pearson(), sums.mse(), scaled, factor];
        all.truncate(metrics);
        all
    };
    Ok(windows.iter().map(|tasks| tasks.iter().map(|w| measure(bootstrap, w, finish)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_by_hand() {
        let profile = [1.0, 3.0, 5.0, 7.0];
        assert_eq!(View::Binned(2).of(&profile), [2.0, 6.0]);
        assert_eq!(View::Smoothed(3).of(&profile), [3.0, 5.0]);
        assert!(View::Binned(2).of(&[1.0, f32::NAN, 1.0, 1.0])[0].is_nan());
    }
}
