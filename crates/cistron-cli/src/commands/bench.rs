//! `bench`: speed on this machine. Each prints one JSON line with `"seconds": [...]`, as the scripts beside
//! `docs/performance.md` read it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cistron::data::{Dataset, Split};
use cistron::eval::measure_metric_speed;
use cistron::nn::{
    ChangedCase, ChangedMode, ModelConfig, StepMode, StepNetwork, measure_changed, measure_layers, measure_step,
};
use cistron::{CistronError, DeviceChoice};
use cistron_core::{BatchSource, Pass, Reporter, TargetKind, TargetSpec, one_hot_u8, peak_memory_bytes};
use serde_json::json;

#[derive(clap::Subcommand)]
pub(crate) enum BenchCommand {
    /// One-hot encoding of a chromosome, one thread
    OneHot(OneHotArgs),
    /// Windows read from a bigWig at base resolution, one thread
    Windows(WindowsArgs),
    /// Training batches read from a dataset directory (shifted, reverse complemented, binned)
    Loader(LoaderArgs),
    /// Whole-chromosome metrics
    Metrics(MetricsArgs),
    /// Training steps or inference batches of a reference network, for comparison with PyTorch
    Step(StepArgs),
    /// Each convolution of a reference network alone, beside plain matrix products
    Layers(LayersArgs),
    /// Substitutions predicted by a preset of initial weights: variants in their own windows, or saturation mutagenesis of one sequence
    Variants(VariantsArgs),
}

#[derive(clap::Args)]
pub(crate) struct VariantsArgs {
    /// Name of the preset
    #[arg(long, default_value = "cnn")]
    preset: String,
    /// Length of the input
    #[arg(long, default_value_t = 2048, value_name = "BP")]
    input_bp: usize,
    /// Width of a profile's bins; without it the preset predicts labels
    #[arg(long, value_name = "BP")]
    bin_bp: Option<usize>,
    /// Number of tasks
    #[arg(long, default_value_t = 15)]
    tasks: usize,
    /// Sequences, each with the three substitutions at its centre
    #[arg(long, default_value_t = 64, value_name = "N")]
    sequences: usize,
    /// Every substitution of one sequence instead
    #[arg(long, conflicts_with = "sequences")]
    saturation: bool,
    /// whole: both alleles in batches; changed: each reference once, and of each copy what the change can reach
    #[arg(long, default_value = "changed")]
    mode: ChangedMode,
    /// Repetitions that are timed; one more goes before them
    #[arg(long, default_value_t = 3)]
    iters: usize,
    /// Threads [default: all]
    #[arg(long)]
    threads: Option<usize>,
    /// Where the network runs
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
}

#[derive(clap::Args)]
pub(crate) struct StepArgs {
    /// basset, residualbind, bpnet, dream-cnn or dream-rnn
    #[arg(long)]
    network: StepNetwork,
    /// train or infer
    #[arg(long)]
    mode: StepMode,
    /// Steps that are timed; one more goes before them
    #[arg(long, default_value_t = 5)]
    iters: usize,
    /// Threads [default: all]
    #[arg(long)]
    threads: Option<usize>,
    /// Where the network runs
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: DeviceChoice,
}

#[derive(clap::Args)]
pub(crate) struct LayersArgs {
    /// basset, residualbind, bpnet, dream-cnn or dream-rnn
    #[arg(long)]
    network: StepNetwork,
    /// Rounds of which the fastest counts
    #[arg(long, default_value_t = 3)]
    iters: usize,
    /// Threads [default: all]
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(clap::Args)]
pub(crate) struct OneHotArgs {
    /// Length of the chromosome
    #[arg(long, default_value_t = 249_000_000, value_name = "BP")]
    length_bp: usize,
    /// Repetitions
    #[arg(long, default_value_t = 3)]
    iters: usize,
}

#[derive(clap::Args)]
pub(crate) struct WindowsArgs {
    /// The bigWig
    #[arg(long, value_name = "FILE")]
    bigwig: PathBuf,
    /// Width of a window
    #[arg(long, default_value_t = 2048, value_name = "BP")]
    window_bp: usize,
    /// Repetitions
    #[arg(long, default_value_t = 3)]
    iters: usize,
}

#[derive(clap::Args)]
pub(crate) struct LoaderArgs {
    /// The dataset directory (RUN/dataset)
    dataset: PathBuf,
    /// Sequences a batch
    #[arg(long, default_value_t = 64)]
    batch_size: usize,
    /// Repetitions: passes over the training split
    #[arg(long, default_value_t = 5)]
    iters: u64,
}

#[derive(clap::Args)]
pub(crate) struct MetricsArgs {
    /// Positions per task
    #[arg(long, default_value_t = 100_000_000)]
    positions: u64,
    /// Tasks
    #[arg(long, default_value_t = 15)]
    tasks: usize,
}

pub(super) fn run(command: BenchCommand, _reporter: &dyn Reporter) -> anyhow::Result<ExitCode> {
    match command {
        BenchCommand::OneHot(OneHotArgs { length_bp, iters }) => {
            let letters: Vec<u8> = (0..length_bp).map(|i| b"ACGT"[(i * 7 + i / 11) % 4]).collect();
            let mut codes = vec![0u8; length_bp];
            let mut dense = vec![0u8; 4 * length_bp];
            let seconds: Vec<f64> = (0..iters)
                .map(|_| {
                    let start = Instant::now();
                    cistron_core::alphabet::encode_lossy(&letters, &mut codes).unwrap_or_default();
                    one_hot_u8(&codes, &mut dense);
                    start.elapsed().as_secs_f64()
                })
                .collect();
            println!("{}", json!({ "bench": "one-hot", "length_bp": length_bp, "seconds": seconds }));
        }
        BenchCommand::Windows(WindowsArgs { bigwig, window_bp, iters }) => {
            let mut windows = 0u64;
            let mut seconds = Vec::new();
            for _ in 0..iters {
                let start = Instant::now();
                let mut track = cistron::BigWig::open(&bigwig).map_err(CistronError::from)?;
                let mut values = vec![0.0f32; window_bp];
                let mut total = 0.0f64;
                windows = 0;
                for contig in track.contigs().to_vec() {
                    for first in (0..contig.length_bp.saturating_sub(window_bp as u64)).step_by(window_bp) {
                        track.values(&contig.name, first, &mut values).map_err(CistronError::from)?;
                        total += f64::from(values[0]);
                        windows += 1;
                    }
                }
                std::hint::black_box(total);
                seconds.push(start.elapsed().as_secs_f64());
            }
            println!(
                "{}",
                json!({ "bench": "windows", "windows": windows, "window_bp": window_bp, "seconds": seconds })
            );
        }
        BenchCommand::Loader(LoaderArgs { dataset, batch_size, iters }) => {
            let dataset = Dataset::open(&dataset).map_err(CistronError::from)?;
            let mut options = dataset.source_options(0);
            (options.reverse_complement, options.random_shift) = (true, true);
            let source = dataset.source(Split::Train, &options).map_err(CistronError::from)?;
            let (mut samples, mut seconds) = (0, Vec::new());
            for epoch in 0..iters {
                let start = Instant::now();
                samples = 0;
                for batch in source.batches(Pass::Train { epoch }, batch_size) {
                    samples += batch?.targets.dim().0;
                }
                seconds.push(start.elapsed().as_secs_f64());
            }
            println!(
                "{}",
                json!({ "bench": "loader", "samples": samples, "batch_size": batch_size, "seconds": seconds })
            );
        }
        BenchCommand::Step(StepArgs { network, mode, iters, threads, device }) => {
            let named = |source| CistronError::Network { model: network.name().to_owned(), source };
            let report = measure_step(network, mode, iters, threads, device).map_err(named)?;
            println!(
                "{}",
                json!({
                    "engine": format!("cistron-{}", env!("CARGO_PKG_VERSION")), "network": network.name(),
                    "mode": if mode == StepMode::Train { "train" } else { "infer" },
                    "params": report.parameters, "batch": report.batch, "seconds": report.seconds,
                    "values": report.values, "peak_mb": peak_memory_bytes().map(|bytes| bytes >> 20),
                    "resident_mb": report.resident_bytes.iter().map(|bytes| bytes >> 20).collect::<Vec<_>>(),
                })
            );
        }
        BenchCommand::Layers(LayersArgs { network, iters, threads }) => {
            let named = |source| CistronError::Network { model: network.name().to_owned(), source };
            let report = measure_layers(network, iters, threads).map_err(named)?;
            let share = |speed: f64| format!("{:.0} ({:.0} %)", speed, 100.0 * speed / report.product);
            println!("matrix products: {:.0} GFLOP/s; operations are those of the definition", report.product);
            println!(
                "{:>3}  {:<44}{:>16}{:>16}{:>16}{:>16}",
                "n", "convolution", "inference", "training", "input gradient", "kernel gradient"
            );
            for l in &report.layers {
                let groups = if l.groups > 1 { format!(" in {} groups", l.groups) } else { String::new() };
                let dilation = if l.dilation > 1 { format!(" dilation {}", l.dilation) } else { String::new() };
                let name = format!("{} × {} > {} k{}{dilation}{groups}", l.inputs, l.positions, l.filters, l.taps);
                let speeds = [l.forward, l.forward_float32, l.input_gradient, l.kernel_gradient].map(share);
                println!(
                    "{:>3}  {name:<44}{:>16}{:>16}{:>16}{:>16}",
                    l.layers, speeds[0], speeds[1], speeds[2], speeds[3]
                );
            }
        }
        BenchCommand::Variants(args) => {
            let VariantsArgs { preset, input_bp, bin_bp, tasks, sequences, saturation, mode, iters, threads, device } =
                args;
            let width = bin_bp.unwrap_or(input_bp).max(1);
            let target = TargetSpec {
                kind: if bin_bp.is_some() { TargetKind::Profile } else { TargetKind::Binary },
                tasks: (1..=tasks).map(|t| format!("task{t}")).collect(),
                bins: input_bp / width,
                bin_bp: width,
                input_bp,
            };
            let case = if saturation { ChangedCase::Saturation } else { ChangedCase::Variants(sequences) };
            let report = measure_changed(&ModelConfig::new(&preset), &target, case, mode, iters, (threads, device))
                .map_err(|source| CistronError::Network { model: preset.clone(), source })?;
            let fastest = report.seconds.iter().copied().fold(f64::INFINITY, f64::min);
            println!(
                "{}",
                json!({
                    "engine": format!("cistron-{}", env!("CARGO_PKG_VERSION")), "network": preset, "mode": mode.name(),
                    "params": report.parameters, "variants": report.variants,
                    "variants_per_s": report.variants as f64 / fastest,
                    "largest_difference": report.largest_difference, "seconds": report.seconds,
                    "peak_mb": peak_memory_bytes().map(|bytes| bytes >> 20),
                })
            );
        }
        BenchCommand::Metrics(MetricsArgs { positions, tasks }) => {
            let speed = measure_metric_speed(positions, tasks);
            println!(
                "{}",
                json!({
                    "bench": "metrics", "positions": speed.positions, "tasks": speed.tasks,
                    "pairs_per_second": speed.pairs_per_second, "seconds": [speed.seconds]
                })
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
