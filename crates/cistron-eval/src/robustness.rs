//! Robustness to shifts of the input (GOPHER, fig. 3; `definitions.md` §1): the prediction for a base should not depend on where in the window
//! it stands.
//!
//! Each stored window is cropped at random offsets. Predictions are spread to bases and aligned; over the bases that all crops cover, the score
//! of a window and task is the mean of the population standard deviations over crops ÷ the mean over crops and bases. 0 is a model that
//! does not care; scores of models with different bins are not comparable, because coarse bins smooth.

use cistron_core::{
    BatchSource, OutputKind, Pass, PredictError, Predictor, Reporter, SequenceBatch, Stream, keyed_rng,
};
use cistron_stats::{Bootstrap, Undefined};
use ndarray::{Array2, ArrayView2, s};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::generalisation::Measured;
use crate::generalisation::columns::{mean, measure};
use crate::generalisation::rows::{difference_rows, metric_rows};
use crate::{EvalError, FurtherReport};

/// How shifts are drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobustnessOptions {
    /// Crops per window; GOPHER takes 20.
    pub crops: usize,
    /// At most so many windows, evenly spread over the test set.
    pub max_windows: usize,
    /// Bootstrap replicates.
    pub bootstrap_replicates: usize,
    /// Seed of the offsets and resamples.
    pub seed: u64,
}

/// Scores of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariationScores {
    /// Name of the model.
    pub model: String,
    /// The bin at which it predicts, in bp.
    pub bin_bp: usize,
    /// Its tasks.
    pub tasks: Vec<String>,
    /// Names of the windows.
    pub windows: Vec<String>,
    /// `[window][task]`; `None` where the mean prediction is not positive.
    pub scores: Vec<Vec<Option<f64>>>,
}

/// Name of the metric.
pub const METRIC: &str = "variation_score";

/// Crops predicted at once.
const BATCH: usize = 64;

/// Scores one model on the windows of a source, whose input is the whole stored window.
///
/// # Errors
/// A model without a fixed input, windows that leave no base common to all crops (they must be longer than the input, and shorter than
/// twice the input), failing predictions.
pub fn variation_scores(
    predictor: &dyn Predictor,
    source: &dyn BatchSource,
    options: &RobustnessOptions,
    reporter: &dyn Reporter,
) -> Result<VariationScores, EvalError> {
    let spec = predictor.spec();
    let window_bp = source.target().input_bp;
    let failed = |message: String| PredictError::Failed { predictor: spec.name.clone(), message };
    let Some(input) = spec.input_bp else {
        return Err(failed("robustness needs a model that predicts any sequence of a fixed length".into()).into());
    };
    if window_bp <= input || window_bp >= 2 * input {
        return Err(failed(format!(
            "robustness needs stored windows longer than the input and shorter than twice it; window_bp = {window_bp} and input_bp = {input}"
        ))
        .into());
    }
    let head = &spec.heads[0];
    let slack = window_bp - input;
    let total = source.samples();
    let wanted = total.min(options.max_windows.max(1));
    // Evenly spread.
    let chosen: Vec<bool> = {
        let mut chosen = vec![false; total];
        (0..wanted).for_each(|i| chosen[i * total / wanted] = true);
        chosen
    };
    let progress = reporter.start(&format!("shift test of {}", spec.name), wanted as u64);
    let mut found = VariationScores {
        model: spec.name.clone(),
        bin_bp: head.bin_bp,
        tasks: head.tasks.clone(),
        windows: Vec::new(),
        scores: Vec::new(),
    };
    let mut index = 0;
    for batch in source.batches(Pass::Evaluate, BATCH) {
        let sequences = batch?.sequences;
        for (row, codes) in sequences.codes.outer_iter().enumerate() {
            let window = index;
            index += 1;
            if !chosen[window] {
                continue;
            }
            let mut rng = keyed_rng(options.seed, Stream::Shift, 1, window as u64);
            let offsets: Vec<usize> = (0..options.crops).map(|_| rng.random_range(0..=slack)).collect();
            let mut moments = Moments::new(head.tasks.len(), input - slack);
            for offsets in offsets.chunks(BATCH) {
                let mut crops = Array2::zeros((offsets.len(), input));
                for (mut crop, &offset) in crops.outer_iter_mut().zip(offsets) {
                    crop.assign(&codes.slice(s![offset..offset + input]));
                }
                let output = predictor.predict(&SequenceBatch::anonymous(crops))?.heads.swap_remove(0);
                for (values, &offset) in output.outer_iter().zip(offsets) {
                    moments.add(values, head.kind, head.bin_bp, slack - offset);
                }
            }
            found.scores.push(moments.scores());
            found.windows.push(sequences.windows.get(row).map_or_else(String::new, |w| w.name.clone()));
            progress.set_position(found.scores.len() as u64);
        }
    }
    progress.finish("");
    Ok(found)
}

/// Sums over crops for each task and base.
struct Moments {
    bases: usize,
    crops: f64,
    /// The first crop, which is subtracted so that squares do not cancel.
    first: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn new(tasks: usize, bases: usize) -> Self {
        let zeros = vec![0.0; tasks * bases];
        Self { bases, crops: 0.0, first: zeros.clone(), sum: zeros.clone(), squares: zeros }
    }

    /// Adds a crop, `[tasks, bins]`; the common bases begin at `from` of the crop.
    fn add(&mut self, values: ArrayView2<'_, f32>, kind: OutputKind, bin_bp: usize, from: usize) {
        let value = |v: f32| match kind {
            OutputKind::Counts | OutputKind::Scalar => f64::from(v),
            OutputKind::LogCounts => f64::from(v).exp(),
            OutputKind::Logits => 1.0 / (1.0 + (-f64::from(v)).exp()),
        };
        for (task, bins) in values.outer_iter().enumerate() {
            for base in 0..self.bases {
                let value = value(bins[((from + base) / bin_bp).min(bins.len() - 1)]);
                let at = task * self.bases + base;
                if self.crops == 0.0 {
                    self.first[at] = value;
                }
                let difference = value - self.first[at];
                self.sum[at] += difference;
                self.squares[at] += difference * difference;
            }
        }
        self.crops += 1.0;
    }

    fn scores(&self) -> Vec<Option<f64>> {
        let n = self.crops.max(1.0);
        self.first
            .chunks(self.bases)
            .zip(self.sum.chunks(self.bases).zip(self.squares.chunks(self.bases)))
            .map(|(first, (sum, squares))| {
                let deviation = |(s, q): (&f64, &f64)| (q / n - (s / n) * (s / n)).max(0.0).sqrt();
                let spread: f64 = sum.iter().zip(squares).map(deviation).sum();
                let total: f64 = first.iter().zip(sum).map(|(f, s)| f + s / n).sum();
                let score = spread / total;
                (total > 0.0 && score.is_finite()).then_some(score)
            })
            .collect()
    }
}

/// Means over windows with intervals, and differences between models that predict at the same bin.
pub fn robustness_report(models: &[VariationScores], options: &RobustnessOptions) -> FurtherReport {
    let bootstrap = Bootstrap { replicates: options.bootstrap_replicates, seed: options.seed };
    let (mut rows, mut differences, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let mut bins: Vec<usize> = models.iter().map(|m| m.bin_bp).collect();
    bins.sort_unstable();
    bins.dedup();
    for bin in &bins {
        let group: Vec<&VariationScores> = models.iter().filter(|m| m.bin_bp == *bin).collect();
        let Some(first) = group.first() else { continue };
        let names: Vec<&str> = group.iter().map(|m| m.model.as_str()).collect();
        let measured: Vec<Vec<Measured>> = group.iter().map(|m| measured(m, bootstrap)).collect();
        rows.extend(metric_rows(&names, &first.tasks, &[METRIC], &measured));
        differences.extend(difference_rows(&names, &first.tasks, &[METRIC], &measured));
    }
    if bins.len() > 1 {
        let bins: Vec<String> = bins.iter().map(|b| format!("{b} bp")).collect();
        notes.push(format!(
            "Models predict at bins of {}; only scores at the same bin can be compared.",
            bins.join(", ")
        ));
    }
    FurtherReport { options: serde_json::to_value(options).unwrap_or_default(), rows, differences, notes }
}

fn measured(model: &VariationScores, bootstrap: Bootstrap) -> Vec<Measured> {
    (0..model.tasks.len())
        .map(|task| {
            let windows: Vec<[f64; 2]> =
                model.scores.iter().map(|scores| scores[task].map_or([0.0, 0.0], |s| [s, 1.0])).collect();
            let finish = |total: &[f64; 2]| -> Vec<Result<f64, Undefined>> { vec![mean(total[0], total[1])] };
            measure(bootstrap, &windows, finish)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{
        HeadSpec, Prediction, PredictorSpec, SilentReporter, SourceError, TargetBatch, TargetKind, TargetSpec, WindowId,
    };
    use ndarray::Array3;

    /// Coverage that follows the bases (1 + code), or the place in the crop.
    struct Toy {
        spec: PredictorSpec,
        by_place: bool,
    }

    impl Predictor for Toy {
        fn spec(&self) -> &PredictorSpec {
            &self.spec
        }

        fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
            let bin = self.spec.heads[0].bin_bp;
            let value = |(row, _, place): (usize, usize, usize)| {
                if self.by_place { place as f32 } else { 1.0 + f32::from(batch.codes[[row, place * bin]]) }
            };
            let bins = self.spec.heads[0].bins;
            Ok(Prediction { heads: vec![Array3::from_shape_fn((batch.len(), 1, bins), value)] })
        }
    }

    fn toy(name: &str, by_place: bool, bin_bp: usize) -> Toy {
        let head = HeadSpec {
            name: "main".into(),
            kind: OutputKind::Counts,
            tasks: vec!["t".into()],
            bins: 12 / bin_bp,
            bin_bp,
        };
        Toy { spec: PredictorSpec { name: name.into(), input_bp: Some(12), heads: vec![head] }, by_place }
    }

    struct Windows(TargetSpec);

    impl BatchSource for Windows {
        fn target(&self) -> &TargetSpec {
            &self.0
        }
        fn samples(&self) -> usize {
            5
        }
        fn batches(
            &self,
            _pass: Pass,
            _batch_size: usize,
        ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
            let length = self.0.input_bp;
            let codes = Array2::from_shape_fn((5, length), |(i, j)| ((i * 3 + j * j) % 4) as u8);
            let windows = (0..5).map(|i| WindowId { name: format!("w{i}"), interval: None }).collect();
            let batch = TargetBatch { sequences: SequenceBatch { codes, windows }, targets: Array3::zeros((5, 1, 1)) };
            Box::new(std::iter::once(Ok(batch)))
        }
    }

    fn source(input_bp: usize) -> Windows {
        let tasks = vec!["t".into()];
        Windows(TargetSpec { kind: TargetKind::Profile, tasks, bins: 1, bin_bp: input_bp, input_bp })
    }

    fn options() -> RobustnessOptions {
        RobustnessOptions { crops: 6, max_windows: 3, bootstrap_replicates: 50, seed: 4 }
    }

    #[test]
    fn following_the_bases_scores_0_and_following_the_place_the_spread_of_the_offsets() {
        let options = options();
        let even = variation_scores(&toy("even", false, 1), &source(18), &options, &SilentReporter).unwrap();
        assert_eq!(even.windows, ["w0", "w1", "w3"]);
        assert!(even.scores.iter().all(|s| s[0] == Some(0.0)));
        let place = variation_scores(&toy("place", true, 1), &source(18), &options, &SilentReporter).unwrap();
        for (scores, window) in place.scores.iter().zip([0u64, 1, 3]) {
            // Base b of the common part stands at slack − offset + b: the deviation is that of the offsets.
            let mut rng = keyed_rng(4, Stream::Shift, 1, window);
            let offsets: Vec<f64> = (0..6).map(|_| rng.random_range(0..=6usize) as f64).collect();
            let mean = offsets.iter().sum::<f64>() / 6.0;
            let deviation = (offsets.iter().map(|o| (o - mean) * (o - mean)).sum::<f64>() / 6.0).sqrt();
            let truth = deviation / (6.0 - mean + 2.5);
            assert!((scores[0].unwrap() - truth).abs() < 1e-9, "{scores:?} {truth}");
        }
        let coarse = variation_scores(&toy("coarse", true, 4), &source(18), &options, &SilentReporter).unwrap();
        let report = robustness_report(&[even, place, coarse], &options);
        assert_eq!(report.overall("even", METRIC).unwrap().value, Some(0.0));
        // Models with other bins are not compared.
        assert!(report.differences.iter().all(|d| d.model_a == "even" && d.model_b == "place"));
        assert_eq!((report.differences.len(), report.notes.len()), (2, 1));
    }

    #[test]
    fn windows_that_do_not_fit_are_errors() {
        for length in [12, 24] {
            let error = variation_scores(&toy("x", true, 1), &source(length), &options(), &SilentReporter).unwrap_err();
            assert!(error.to_string().contains("shorter than twice it"), "{error}");
        }
    }
}
