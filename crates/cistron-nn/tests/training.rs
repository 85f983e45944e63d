//! Training end to end on toys whose answer is known.

use std::path::Path;
use std::sync::Mutex;

use cistron_core::{
    BatchSource, OutputKind, Pass, Predictor, Reporter, SequenceBatch, SilentReporter, SourceError, Stream,
    TargetBatch, TargetKind, TargetSpec, Task, keyed_rng,
};
use cistron_nn::{
    DeviceChoice, EpochRecord, ModelConfig, NativePredictor, NnError, StopReason, TrainJob, TrainOptions, TrainReport,
    train, weights_hash,
};
use ndarray::{Array2, Array3, Axis};
use rand::RngExt;

const INPUT_BP: usize = 64;
/// TGACTCATTTCC, an AP-1 site with flanks: long enough to be learned from a few hundred sequences.
const MOTIF: [u8; 12] = [3, 2, 0, 1, 3, 1, 0, 3, 3, 3, 1, 1];

/// Random sequences, every second one with a motif at a random place; targets made from (row, place of the motif).
struct Toy {
    codes: Array2<u8>,
    targets: Array3<f32>,
    spec: TargetSpec,
    /// Reading fails in this 0-based epoch after two batches, like a run that is killed.
    fail_in_epoch: Option<u64>,
}

impl Toy {
    fn new(
        seed: u64,
        rows: usize,
        kind: TargetKind,
        bins: usize,
        value: impl Fn(usize, usize, Option<usize>) -> f32,
    ) -> Self {
        let tasks = 2;
        let mut rng = keyed_rng(seed, Stream::Simulate, 0, 0);
        let mut codes = Array2::from_shape_fn((rows, INPUT_BP), |_| rng.random_range(0..4u8));
        let mut targets = Array3::zeros((rows, tasks, bins));
        for row in 0..rows {
            let place = (row % 2 == 0).then(|| rng.random_range(0..INPUT_BP - MOTIF.len()));
            if let Some(place) = place {
                for (i, base) in MOTIF.iter().enumerate() {
                    codes[[row, place + i]] = *base;
                }
            }
            for task in 0..tasks {
                for bin in 0..bins {
                    targets[[row, task, bin]] = value(task, bin, place);
                }
            }
        }
        let spec =
            TargetSpec { kind, tasks: vec!["a".into(), "b".into()], bins, bin_bp: INPUT_BP / bins, input_bp: INPUT_BP };
        Self { codes, targets, spec, fail_in_epoch: None }
    }

    /// Task a: whether the motif is there; task b: whether it is not.
    fn labels(seed: u64, rows: usize) -> Self {
        Self::new(seed, rows, TargetKind::Binary, 1, |task, _, place| f32::from(place.is_some() == (task == 0)))
    }

    fn read(&self, rows: &[usize]) -> TargetBatch {
        TargetBatch {
            sequences: SequenceBatch::anonymous(self.codes.select(Axis(0), rows)),
            targets: self.targets.select(Axis(0), rows),
        }
    }
}

impl BatchSource for Toy {
    fn target(&self) -> &TargetSpec {
        &self.spec
    }

    fn samples(&self) -> usize {
        self.codes.nrows()
    }

    fn batches(
        &self,
        pass: Pass,
        size: usize,
    ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
        let mut order: Vec<usize> = (0..self.samples()).collect();
        let mut failing = false;
        if let Pass::Train { epoch } = pass {
            let mut rng = keyed_rng(5, Stream::Shuffle, epoch, 0);
            for i in (1..order.len()).rev() {
                order.swap(i, rng.random_range(0..=i));
            }
            failing = self.fail_in_epoch == Some(epoch);
        }
        let batches = order.len().div_ceil(size);
        Box::new((0..batches).map(move |b| {
            if failing && b == 2 {
                return Err(SourceError { message: "the power went out".into() });
            }
            Ok(self.read(&order[b * size..order.len().min((b + 1) * size)]))
        }))
    }
}

fn tiny(preset: &str) -> ModelConfig {
    ModelConfig { width_factor: 0.04, dropout_factor: 0.3, ..ModelConfig::new(preset) }
}

fn options(epochs: u64) -> TrainOptions {
    TrainOptions { epochs, batch_size: 32, learning_rate: 5e-3, seed: 3, ..TrainOptions::default() }
}

fn run(
    model: &ModelConfig,
    options: &TrainOptions,
    sources: (&Toy, &Toy),
    dir: &Path,
    resume: bool,
) -> Result<TrainReport, NnError> {
    let (train_source, valid) = sources;
    let job = TrainJob {
        model,
        options,
        train: train_source,
        valid,
        dir,
        resume,
        device: DeviceChoice::Cpu,
        data: &serde_json::Value::Null,
    };
    train(&job, &SilentReporter)
}

/// A history without its clock.
fn timeless(history: &[EpochRecord]) -> Vec<EpochRecord> {
    let clear = |r: &EpochRecord| EpochRecord { samples_per_s: 0.0, seconds: 0.0, finished_unix_s: 0.0, ..r.clone() };
    history.iter().map(clear).collect()
}

fn log_lines(dir: &Path) -> Vec<EpochRecord> {
    let text = std::fs::read_to_string(dir.join("log.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn labels_of_a_motif_are_learned_and_the_model_predicts() {
    let dir = tempfile::tempdir().unwrap();
    let (training, valid) = (Toy::labels(1, 1024), Toy::labels(2, 128));
    let model = ModelConfig { width_factor: 0.1, ..tiny("basset") };
    let report = run(&model, &options(6), (&training, &valid), dir.path(), false).unwrap();
    let best = &report.history[report.best_epoch as usize - 1];
    assert!(best.valid_loss < 0.2 && best.valid_metric.unwrap() > 0.97, "{best:?}");
    assert_eq!(best.metric, "auroc");
    assert_eq!(log_lines(dir.path()), report.history);

    // The model directory needs nothing else: move it away and predict.
    let moved = dir.path().join("elsewhere");
    std::fs::rename(&report.model_dir, &moved).unwrap();
    let predictor = NativePredictor::load(&moved, DeviceChoice::Cpu).unwrap().with_name("toy");
    assert_eq!(weights_hash(&moved).unwrap(), report.weights_hash);
    assert_eq!((predictor.spec().name.as_str(), predictor.spec().heads[0].kind), ("toy", OutputKind::Logits));
    assert_eq!(predictor.spec().head_for(&valid.spec).unwrap(), 0);
    let batch = valid.read(&(0..128).collect::<Vec<_>>());
    let logits = predictor.predict(&batch.sequences).unwrap().heads.remove(0);
    let loss = logits.iter().zip(&batch.targets).map(|(&x, &y)| {
        let (x, y) = (f64::from(x), f64::from(y));
        (1.0 + x.exp()).ln() - x * y
    });
    // The best epoch's weights, in evaluation mode, give the best epoch's loss.
    assert!((loss.sum::<f64>() / logits.len() as f64 - best.valid_loss).abs() < 1e-5);
    // An answer does not depend on the rest of the batch.
    let alone = predictor.predict(&valid.read(&[7]).sequences).unwrap().heads.remove(0);
    for task in 0..2 {
        assert!((alone[[0, task, 0]] - logits[[7, task, 0]]).abs() < 1e-4);
    }
    let short = SequenceBatch::anonymous(Array2::zeros((1, 10)));
    assert!(predictor.predict(&short).unwrap_err().to_string().contains("takes 64 bp but the batch has 10 bp"));
}

#[test]
fn profiles_and_values_are_learned_with_unmeasured_gaps() {
    // Counts of 5 where the motif starts; task b is measured in odd bins only.
    let profile = |seed, rows| {
        Toy::new(seed, rows, TargetKind::Profile, 2, |task, bin, place| match (task, bin) {
            (1, 0) => f32::NAN,
            _ => f32::from(place.is_some_and(|p| p / 32 == bin)) * 5.0,
        })
    };
    let value = |seed, rows| {
        Toy::new(seed, rows, TargetKind::Scalar, 1, |task, _, place| {
            place.map_or(-1.0, |_| if task == 0 { 1.0 } else { 3.0 })
        })
    };
    for (preset, make) in [("residualbind-32", &profile as &dyn Fn(u64, usize) -> Toy), ("cnn", &value)] {
        let dir = tempfile::tempdir().unwrap();
        let mut model = tiny(preset);
        let (mut training, mut valid) = (make(1, 1024), make(2, 128));
        if preset == "cnn" {
            // cnn pools by 128: pad with N.
            for toy in [&mut training, &mut valid] {
                let mut wide = Array2::from_elem((toy.codes.nrows(), 128), 4);
                wide.slice_mut(ndarray::s![.., ..INPUT_BP]).assign(&toy.codes);
                toy.codes = wide;
                (toy.spec.input_bp, toy.spec.bin_bp) = (128, 128);
            }
            model.width_factor = 0.1;
        }
        let report = run(&model, &options(6), (&training, &valid), dir.path(), false).unwrap();
        let best = &report.history[report.best_epoch as usize - 1];
        assert!(best.valid_metric.unwrap() > 0.7, "{preset}: {:?}", report.history);
        assert!(best.valid_loss < report.history[0].valid_loss);
    }
}

#[test]
fn two_runs_are_equal_whatever_the_threads() {
    let (training, valid) = (Toy::labels(1, 128), Toy::labels(2, 32));
    let model = tiny("residualbind-32");
    let hash = |threads: usize, seed: u64| {
        let dir = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = TrainOptions { seed, ..options(2) };
        let report = pool.install(|| run(&model, &options, (&training, &valid), dir.path(), false)).unwrap();
        (report.weights_hash.clone(), timeless(&report.history))
    };
    let first = hash(1, 3);
    assert_eq!(first, hash(1, 3));
    assert_eq!(first, hash(3, 3));
    assert_ne!(first.0, hash(1, 4).0);
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let (mut training, valid) = (Toy::labels(1, 160), Toy::labels(2, 32));
    let model = tiny("basset");
    let straight = tempfile::tempdir().unwrap();
    let whole = run(&model, &options(4), (&training, &valid), straight.path(), false).unwrap();

    // Stopped after two epochs, then continued to four.
    let halves = tempfile::tempdir().unwrap();
    run(&model, &options(2), (&training, &valid), halves.path(), false).unwrap();
    let resumed = run(&model, &options(4), (&training, &valid), halves.path(), true).unwrap();
    assert_eq!(resumed.weights_hash, whole.weights_hash);
    assert_eq!(timeless(&resumed.history), timeless(&whole.history));
    assert_eq!(log_lines(halves.path()), resumed.history);

    // Cut off in the middle of the third epoch.
    let killed = tempfile::tempdir().unwrap();
    training.fail_in_epoch = Some(2);
    let error = run(&model, &options(4), (&training, &valid), killed.path(), true).unwrap_err();
    assert_eq!(error.to_string(), "the power went out");
    assert!(weights_hash(killed.path()).unwrap_err().to_string().contains("train it to the end first"));
    training.fail_in_epoch = None;
    let resumed = run(&model, &options(4), (&training, &valid), killed.path(), true).unwrap();
    assert_eq!(resumed.weights_hash, whole.weights_hash);
    assert_eq!(timeless(&resumed.history), timeless(&whole.history));

    // Resuming what is done changes nothing; resuming with other options names the key; a damaged state is an error.
    let again = run(&model, &options(4), (&training, &valid), killed.path(), true).unwrap();
    assert_eq!(again, resumed);
    let other = TrainOptions { learning_rate: 1e-4, ..options(4) };
    let error = run(&model, &other, (&training, &valid), killed.path(), true).unwrap_err().to_string();
    assert!(error.contains("options.learning_rate was 0.005 and is now 0.0001"), "{error}");
    let wider = ModelConfig { width_factor: 0.08, ..model.clone() };
    let error = run(&wider, &options(4), (&training, &valid), killed.path(), true).unwrap_err().to_string();
    assert!(error.contains("model.width_factor"), "{error}");
    std::fs::write(killed.path().join("checkpoint/state.safetensors"), b"half").unwrap();
    let error = run(&model, &options(4), (&training, &valid), killed.path(), true).unwrap_err().to_string();
    assert!(error.contains("state.safetensors: not a whole safetensors file"), "{error}");
}

#[test]
fn early_stopping_keeps_the_best_epoch() {
    // Validation contradicts training: the better the fit, the worse the validation.
    let (training, mut valid) = (Toy::labels(1, 256), Toy::labels(2, 64));
    valid.targets.mapv_inplace(|v| 1.0 - v);
    let dir = tempfile::tempdir().unwrap();
    let options = TrainOptions { patience: 3, lr_patience: 2, ..options(40) };
    let report = run(&tiny("basset"), &options, (&training, &valid), dir.path(), false).unwrap();
    assert_eq!(report.stop, StopReason::Patience);
    assert_eq!(report.history.len() as u64, report.best_epoch + 3);
    let lowest = report.history.iter().map(|r| r.valid_loss).fold(f64::INFINITY, f64::min);
    assert_eq!(report.history[report.best_epoch as usize - 1].valid_loss, lowest);
    assert!((report.history.last().unwrap().learning_rate - 1e-3).abs() < 1e-12);
    // The kept weights are those of a run that ends at the best epoch.
    let other = tempfile::tempdir().unwrap();
    let short = TrainOptions { epochs: report.best_epoch, ..options };
    let until_best = run(&tiny("basset"), &short, (&training, &valid), other.path(), false).unwrap();
    assert_eq!(until_best.weights_hash, report.weights_hash);
    // Only the best epoch's weights are kept beside the state.
    let kept = std::fs::read_dir(dir.path().join("checkpoint")).unwrap().count();
    assert_eq!(kept, 2);
}

#[test]
fn what_cannot_work_is_an_error_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = dir.path().join("run");
    let (training, valid) = (Toy::labels(1, 64), Toy::labels(2, 32));
    let (model, good) = (tiny("basset"), options(1));
    let message = |model: &ModelConfig, options: &TrainOptions, a: &Toy, b: &Toy| {
        run(model, options, (a, b), &run_dir, false).unwrap_err().to_string()
    };
    let poisson = TrainOptions { loss: Some(cistron_nn::Loss::Poisson), ..good.clone() };
    assert!(message(&model, &poisson, &training, &valid).contains("does not suit"));
    assert!(message(&tiny("cnn"), &good, &training, &valid).contains("at least 128 bp"));
    assert!(message(&model, &good, &training, &Toy::labels(2, 0)).starts_with("validation data: there are no samples"));
    let other = Toy::new(2, 8, TargetKind::Scalar, 1, |_, _, _| 0.0);
    assert!(message(&model, &good, &training, &other).starts_with("validation data: its target"));
    #[cfg(not(any(feature = "gpu", feature = "cuda")))]
    {
        let device = DeviceChoice::Gpu(0);
        let (model, options, valid) = (&model, &good, &valid);
        let job = TrainJob {
            model,
            options,
            train: &training,
            valid,
            dir: &run_dir,
            resume: false,
            device,
            data: &serde_json::Value::Null,
        };
        let error = train(&job, &SilentReporter).unwrap_err().to_string();
        assert!(error.contains("rebuild with --features gpu"), "{error}");
    }
    assert!(!run_dir.exists());
}

#[test]
fn bad_values_and_lost_losses_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let huge = Toy::new(1, 64, TargetKind::Scalar, 1, |_, _, _| 1e30);
    let error = run(&tiny("basset"), &options(1), (&huge, &huge), dir.path(), false).unwrap_err().to_string();
    assert_eq!(
        error,
        "training loss became inf in epoch 1, batch 1: try a learning rate below 5e-3, or look for extreme target values"
    );
    let negative = Toy::new(1, 64, TargetKind::Profile, 2, |_, _, _| -1.0);
    let error = run(&tiny("basset"), &options(1), (&negative, &negative), dir.path(), false).unwrap_err().to_string();
    assert!(error.starts_with("training data: value -1 of task a is negative"), "{error}");
    let unmeasured = Toy::new(1, 64, TargetKind::Scalar, 1, |_, _, _| f32::NAN);
    let error =
        run(&tiny("basset"), &options(1), (&unmeasured, &unmeasured), dir.path(), false).unwrap_err().to_string();
    assert_eq!(error, "training data: no sample has a measured target");
}

/// Remembers what it is told.
#[derive(Default)]
struct Notebook(Mutex<Vec<String>>);

struct Page;

impl Task for Page {
    fn set_position(&self, _done: u64) {}
    fn set_message(&self, _message: &str) {}
    fn finish(&self, _message: &str) {}
}

impl Reporter for Notebook {
    fn start(&self, name: &str, total: u64) -> Box<dyn Task> {
        self.note(&format!("{name} of {total}"));
        Box::new(Page)
    }
    fn note(&self, message: &str) {
        self.0.lock().unwrap().push(message.into());
    }
    fn warn(&self, message: &str) {
        self.note(message);
    }
}

#[test]
fn device_and_throughput_are_said_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let (training, valid) = (Toy::labels(1, 64), Toy::labels(2, 32));
    let notebook = Notebook::default();
    let (model, options) = (tiny("basset"), options(2));
    let job = TrainJob {
        model: &model,
        options: &options,
        train: &training,
        valid: &valid,
        dir: dir.path(),
        resume: false,
        device: DeviceChoice::Cpu,
        data: &serde_json::Value::Null,
    };
    train(&job, &notebook).unwrap();
    let notes = notebook.0.into_inner().unwrap();
    assert!(notes[0].starts_with("training basset (") && notes[0].contains("on cpu, "), "{notes:?}");
    assert_eq!(notes[1], "train basset of 4");
    assert!(notes[2].contains("samples/s on cpu"), "{notes:?}");
    let events = std::fs::read_dir(dir.path().join("tensorboard")).unwrap().count();
    assert_eq!(events, 1);
}
