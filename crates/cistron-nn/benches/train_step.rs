//! Seconds a training step on random data, reading included: `cargo bench -p cistron-nn --bench train_step -- basset`.
//! Networks and sizes are those of the PyTorch reference (shared/peers/torch_step.py): `basset` 64 × 600 bp with 164 labels,
//! `residualbind-32` 32 × 2048 bp with 15 tracks of 64 bins, `cnn` 64 × 2048 bp likewise. Prints one JSON line a network.

use cistron_core::{
    BatchSource, Pass, SequenceBatch, SilentReporter, SourceError, Stream, TargetBatch, TargetKind, TargetSpec,
    keyed_rng, peak_memory_bytes,
};
use cistron_nn::{DeviceChoice, ModelConfig, TrainJob, TrainOptions, train};
use ndarray::{Array2, Array3};
use rand::RngExt;

/// The same batch again and again.
struct Repeated {
    batch: TargetBatch,
    spec: TargetSpec,
    times: usize,
}

impl BatchSource for Repeated {
    fn target(&self) -> &TargetSpec {
        &self.spec
    }
    fn samples(&self) -> usize {
        self.batch.sequences.len() * self.times
    }
    fn batches(&self, _: Pass, _: usize) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
        Box::new((0..self.times).map(|_| Ok(self.batch.clone())))
    }
}

fn source(preset: &str, steps: usize) -> Repeated {
    let (batch, input_bp, kind, tasks, bins) = match preset {
        "basset" => (64, 600, TargetKind::Binary, 164, 1),
        "residualbind-32" => (32, 2048, TargetKind::Profile, 15, 64),
        _ => (64, 2048, TargetKind::Profile, 15, 64),
    };
    let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
    let codes = Array2::from_shape_fn((batch, input_bp), |_| rng.random_range(0..4u8));
    let targets = Array3::from_shape_fn((batch, tasks, bins), |_| f32::from(u8::from(rng.random::<f64>() < 0.1)));
    let tasks = (0..tasks).map(|t| t.to_string()).collect();
    let spec = TargetSpec { kind, tasks, bins, bin_bp: input_bp / bins, input_bp };
    Repeated { batch: TargetBatch { sequences: SequenceBatch::anonymous(codes), targets }, spec, times: steps }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let device: DeviceChoice =
        std::env::var("CISTRON_DEVICE").map_or(Ok(DeviceChoice::Cpu), |d| d.parse()).expect("device");
    let chosen = if arguments.is_empty() { vec!["basset".to_string()] } else { arguments };
    for preset in chosen {
        let dir = std::env::temp_dir().join(format!("cistron-train-step-{}", std::process::id()));
        let training = source(&preset, 3);
        let valid = source(&preset, 1);
        let (model, options) = (ModelConfig::new(&preset), TrainOptions { epochs: 4, ..TrainOptions::default() });
        let batch = training.batch.sequences.len();
        let job = TrainJob {
            model: &model,
            options: &options,
            train: &training,
            valid: &valid,
            dir: &dir,
            resume: false,
            device,
        };
        let report = train(&job, &SilentReporter).expect("training");
        std::fs::remove_dir_all(&dir).expect("temporary directory");
        // The first epoch warms up.
        let seconds: Vec<f64> = report.history[1..].iter().map(|r| batch as f64 / r.samples_per_s).collect();
        println!(
            "{{\"engine\": \"cistron\", \"network\": {preset:?}, \"params\": {}, \"batch\": {batch}, \"device\": {:?}, \
             \"seconds\": {seconds:.3?}, \"peak_mb\": {}}}",
            report.parameters,
            report.device,
            peak_memory_bytes().unwrap_or(0) >> 20
        );
    }
}
