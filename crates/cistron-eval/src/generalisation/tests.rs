use std::path::Path;

use cistron_core::{
    BatchSource, HeadSpec, MetricRow, Outcome, OutputKind, Pass, PredictError, Prediction, Predictor, PredictorSpec,
    SequenceBatch, SilentReporter, SourceError, TargetBatch, TargetKind, TargetSpec, WindowId,
};
use ndarray::{Array2, Array3, Axis};

use super::{EvaluatedModel, GeneralisationOptions, GeneralisationReport, generalisation};
use crate::predict_to_disk;

struct Toy {
    target: TargetSpec,
    targets: Array3<f32>,
}

impl Toy {
    fn new(kind: TargetKind, targets: Array3<f32>) -> Self {
        let (_, tasks, bins) = targets.dim();
        let tasks = (0..tasks).map(|t| format!("t{t}")).collect();
        Self { target: TargetSpec { kind, tasks, bins, bin_bp: 8, input_bp: 8 * bins }, targets }
    }
}

impl BatchSource for Toy {
    fn target(&self) -> &TargetSpec {
        &self.target
    }
    fn samples(&self) -> usize {
        self.targets.dim().0
    }
    fn batches(
        &self,
        _: Pass,
        batch_size: usize,
    ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
        Box::new((0..self.samples()).step_by(batch_size).map(move |start| {
            let rows: Vec<usize> = (start..(start + batch_size).min(self.samples())).collect();
            let windows = rows.iter().map(|r| WindowId { name: format!("w{r}"), interval: None }).collect();
            let codes = Array2::zeros((rows.len(), self.target.input_bp));
            let sequences = SequenceBatch { codes, windows };
            Ok(TargetBatch { sequences, targets: self.targets.select(Axis(0), &rows) })
        }))
    }
}

/// Answers with stored values, found by the window's number.
struct Known {
    spec: PredictorSpec,
    values: Array3<f32>,
}

impl Predictor for Known {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }
    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let rows: Vec<usize> = batch.windows.iter().map(|w| w.name[1..].parse().unwrap()).collect();
        Ok(Prediction { heads: vec![self.values.select(Axis(0), &rows)] })
    }
}

fn compare(toy: &Toy, models: &[(&str, bool, Array3<f32>)], dir: &Path) -> GeneralisationReport {
    let kind = match toy.target.kind {
        TargetKind::Profile => OutputKind::Counts,
        TargetKind::Scalar => OutputKind::Scalar,
        TargetKind::Binary => OutputKind::Logits,
    };
    let models: Vec<EvaluatedModel> = models
        .iter()
        .map(|(name, baseline, values)| {
            let head = HeadSpec {
                name: "main".into(),
                kind,
                tasks: toy.target.tasks.clone(),
                bins: toy.target.bins,
                bin_bp: toy.target.bin_bp,
            };
            let spec = PredictorSpec { name: (*name).to_owned(), input_bp: None, heads: vec![head] };
            let known = Known { spec, values: values.clone() };
            let stored = predict_to_disk(&known, toy, 7, &dir.join(name), "x", &SilentReporter).unwrap();
            EvaluatedModel { predictions: stored, baseline: *baseline }
        })
        .collect();
    let options = GeneralisationOptions { bootstrap_replicates: 200, seed: 1, batch_size: 5 };
    generalisation(&models, toy, &options, &SilentReporter).unwrap()
}

fn row<'a>(report: &'a GeneralisationReport, model: &str, metric: &str) -> &'a MetricRow {
    report
        .rows
        .iter()
        .find(|r| r.model == model && r.metric == metric && r.task == MetricRow::MEAN_OVER_TASKS)
        .unwrap_or_else(|| panic!("no row {model} {metric}"))
}

fn wave(windows: usize, tasks: usize, bins: usize) -> Array3<f32> {
    Array3::from_shape_fn((windows, tasks, bins), |(w, t, b)| {
        (1.0 + (w * 7 + t) as f32 % 5.0) * (1.0 + ((b + w) as f32 * 0.7).sin()) + 0.1 * ((w * b) % 3) as f32
    })
}

#[test]
fn perfect_scaled_opposite_and_constant_profiles() {
    let dir = tempfile::tempdir().unwrap();
    let truth = wave(40, 2, 16);
    let toy = Toy::new(TargetKind::Profile, truth.clone());
    let models = [
        ("perfect", false, truth.clone()),
        ("double", false, truth.mapv(|v| 2.0 * v)),
        ("opposite", false, truth.mapv(|v| 20.0 - v)),
        ("constant", true, Array3::from_elem((40, 2, 16), truth.mean().unwrap())),
    ];
    let report = compare(&toy, &models, dir.path());
    let value = |model: &str, metric: &str| row(&report, model, metric).value.unwrap();
    for metric in
        ["pearson_whole_chromosome", "spearman_whole_chromosome", "pearson_per_sequence", "spearman_per_sequence"]
    {
        assert!((value("perfect", metric) - 1.0).abs() < 1e-6, "{metric}");
        assert!((value("opposite", metric) + 1.0).abs() < 1e-3, "{metric} {}", value("opposite", metric));
    }
    assert!(value("perfect", "mse") < 1e-9 && value("perfect", "jensen_shannon_distance_base2") < 1e-3);
    assert!((value("double", "scaling_factor") - 0.5).abs() < 1e-6);
    let square = truth.iter().map(|v| f64::from(v * v)).sum::<f64>() / truth.len() as f64;
    assert!((value("double", "mse") / square - 1.0).abs() < 1e-3);
    let constant = row(&report, "constant", "pearson_whole_chromosome");
    assert_eq!((constant.value, constant.reason.as_deref()), (None, Some("constant prediction: no variance")));
    let verdict = |model: &str| report.verdicts.iter().find(|v| v.model == model).unwrap();
    assert_eq!((verdict("perfect").outcome, verdict("perfect").metric.as_str()), (Outcome::Beats, "poisson_nll"));
    assert_eq!(verdict("opposite").outcome, Outcome::Loses);
    assert_eq!(report.tracks.len(), 6);
    assert_eq!(report.densities[0].counts.iter().flatten().sum::<u64>(), 40 * 16);
}

#[test]
fn perfect_noisy_and_constant_rank_first_second_and_last() {
    let dir = tempfile::tempdir().unwrap();
    let truth = wave(40, 2, 16);
    let toy = Toy::new(TargetKind::Profile, truth.clone());
    let noisy = Array3::from_shape_fn((40, 2, 16), |(w, t, b)| truth[[w, t, b]] + 0.3 * ((w * 31 + b) as f32).sin());
    let constant = Array3::from_elem((40, 2, 16), truth.mean().unwrap());
    let models = [("constant", true, constant), ("noisy", false, noisy), ("perfect", false, truth.clone())];
    let report = compare(&toy, &models, dir.path());
    let rank = |model: &str, metric: &str| {
        let row = report.ranks.iter().find(|r| r.model == model && r.metric == metric).unwrap();
        [row.mean_rank, row.low, row.high, row.share_first]
    };
    for (model, place, share) in [("perfect", 1.0, 1.0), ("noisy", 2.0, 0.0), ("constant", 3.0, 0.0)] {
        assert_eq!(rank(model, "mse"), [Some(place), Some(place), Some(place), Some(share)], "{model}");
    }
    // A constant has no correlation, so it has no rank there.
    assert_eq!(rank("perfect", "pearson_whole_chromosome")[0], Some(1.0));
    assert_eq!(rank("noisy", "pearson_whole_chromosome")[0], Some(2.0));
    assert_eq!(rank("constant", "pearson_whole_chromosome"), [None; 4]);
    // A scale is best in the middle: no order.
    assert!(!report.ranks.iter().any(|r| r.metric == "scaling_factor"));
    // Two models with the same predictions share every rank.
    let twins = [("a", false, truth.clone()), ("b", false, truth.clone())];
    let report = compare(&toy, &twins, &dir.path().join("twins"));
    assert!(report.ranks.iter().all(|r| (r.mean_rank, r.share_first) == (Some(1.5), Some(0.5))));
}

#[test]
fn the_same_numbers_whatever_the_threads() {
    let toy = Toy::new(TargetKind::Profile, wave(30, 1, 8));
    let noisy = wave(30, 1, 8).mapv(|v| v + (v * 91.7).sin());
    let run = |threads| {
        let dir = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compare(&toy, &[("m", false, noisy.clone())], dir.path()))
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn values_against_a_closed_form_and_missing_measurements() {
    let dir = tempfile::tempdir().unwrap();
    let mut truth = Array3::from_shape_fn((50, 1, 1), |(w, _, _)| w as f32);
    let toy_truth = truth.clone();
    truth[[3, 0, 0]] = f32::NAN;
    let toy = Toy::new(TargetKind::Scalar, truth);
    let mut partial = toy_truth.mapv(|v| 3.0 * v + 1.0);
    partial[[9, 0, 0]] = f32::NAN;
    let report =
        compare(&toy, &[("line", false, partial), ("noise", true, toy_truth.mapv(|v| (v * 12.9).sin()))], dir.path());
    assert_eq!((report.windows, report.windows_without_prediction), (49, 1));
    assert!(report.warnings[0].contains("1 of 50 test windows"));
    assert!((row(&report, "line", "pearson").value.unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(row(&report, "line", "pearson").windows, 48);
    assert!(row(&report, "line", "r_squared").value.unwrap() < 0.0);
    assert_eq!(report.verdicts[0].outcome, Outcome::Beats);
    assert_eq!(report.verdicts[0].intervals_overlap, Some(false));
    let difference = report.differences.iter().find(|d| d.metric == "pearson").unwrap();
    assert!(difference.low.unwrap() > 0.5 && difference.difference.unwrap() > 0.9);
}

#[test]
fn labels_ranked_perfectly_reversed_and_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Array3::from_shape_fn((60, 1, 1), |(w, _, _)| f32::from(u8::from(w % 3 == 0)));
    let toy = Toy::new(TargetKind::Binary, truth.clone());
    let logits = |f: fn(f32) -> f32| truth.mapv(f);
    let models = [
        ("right", false, logits(|y| 4.0 * y - 2.0)),
        ("wrong", false, logits(|y| 2.0 - 4.0 * y)),
        ("prevalence", true, logits(|_| 0.5f32.ln())),
    ];
    let report = compare(&toy, &models, dir.path());
    let value = |model: &str, metric: &str| row(&report, model, metric).value.unwrap();
    assert_eq!((value("right", "auroc"), value("right", "average_precision")), (1.0, 1.0));
    assert_eq!((value("wrong", "auroc"), value("prevalence", "auroc")), (0.0, 0.5));
    let loss = (1.0 + (-2.0f64).exp()).ln();
    assert!((value("right", "binary_cross_entropy") - loss).abs() < 1e-6);
    assert!(value("prevalence", "expected_calibration_error") < 1e-6);
    let verdict = |model: &str| report.verdicts.iter().find(|v| v.model == model).unwrap();
    assert_eq!((verdict("right").outcome, verdict("right").metric.as_str()), (Outcome::Beats, "binary_cross_entropy"));
    assert_eq!(verdict("wrong").outcome, Outcome::Loses);
    assert_eq!(report.curves.len(), 6);
}

#[test]
fn stored_predictions_are_reused_only_when_nothing_changed() {
    let dir = tempfile::tempdir().unwrap();
    let toy = Toy::new(TargetKind::Scalar, wave(10, 1, 1));
    let spec = |name: &str| PredictorSpec {
        name: name.to_owned(),
        input_bp: None,
        heads: vec![HeadSpec {
            name: "main".into(),
            kind: OutputKind::Scalar,
            tasks: toy.target.tasks.clone(),
            bins: 1,
            bin_bp: 8,
        }],
    };
    let path = dir.path().join("p");
    let store = |value: f32, fingerprint: &str| {
        let known = Known { spec: spec("m"), values: Array3::from_elem((10, 1, 1), value) };
        predict_to_disk(&known, &toy, 3, &path, fingerprint, &SilentReporter).unwrap().values(4, 0)[0]
    };
    assert_eq!(store(1.0, "a"), 1.0);
    assert_eq!(store(2.0, "a"), 1.0);
    assert_eq!(store(2.0, "b"), 2.0);
    std::fs::write(path.join("windows.tsv"), "name\n").unwrap();
    assert!(crate::StoredPredictions::open(&path).unwrap_err().to_string().contains("differ in length"));
}
