//! `models list`, `models show`.

use std::process::ExitCode;

use cistron::CistronError;
use cistron::nn::blocks::Activation;
use cistron::nn::{ModelConfig, presets, summarise};
use cistron_core::{TargetKind, TargetSpec};

#[derive(clap::Subcommand)]
pub(crate) enum ModelsCommand {
    /// The presets
    List,
    /// Layers, shapes, receptive field and parameters of a preset
    Show(ShowArgs),
}

#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// Name of the preset
    preset: String,
    /// Factor on every width
    #[arg(long, default_value_t = 1.0)]
    width_factor: f64,
    /// Length of the input
    #[arg(long, default_value_t = 2048, value_name = "BP")]
    input_bp: usize,
    /// Width of a profile's bins
    #[arg(long, default_value_t = 32, value_name = "BP")]
    bin_bp: usize,
    /// Number of tasks
    #[arg(long, default_value_t = 1)]
    tasks: usize,
    /// What is predicted: profile, scalar or binary
    #[arg(long, default_value = "profile", value_parser = ["profile", "scalar", "binary"])]
    target: String,
    /// With task-specific heads
    #[arg(long)]
    task_heads: bool,
    /// Activation of the first convolution, in the place of the preset's own
    #[arg(long, value_parser = ["relu", "exponential"])]
    first_activation: Option<String>,
    /// Kernel of the first convolution, in the place of the preset's own
    #[arg(long, value_name = "BP")]
    first_kernel_bp: Option<usize>,
}

pub(super) fn run(command: ModelsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ModelsCommand::List => {
            println!("{:<19}{:<25}{:>12}{:>7}  what", "preset", "targets", "shortest bp", "heads");
            for preset in presets() {
                let (targets, heads) = (preset.targets.describe(), if preset.task_heads { "yes" } else { "" });
                println!(
                    "{:<19}{targets:<25}{:>12}{heads:>7}  {}",
                    preset.name, preset.minimum_input_bp, preset.summary
                );
            }
        }
        ModelsCommand::Show(args) => {
            let ShowArgs { preset, width_factor, input_bp, bin_bp, tasks, target, .. } = args;
            let first_activation = args.first_activation.map(|name| match name.as_str() {
                "relu" => Activation::Relu,
                _ => Activation::Exponential,
            });
            let config = ModelConfig {
                width_factor,
                task_heads: args.task_heads,
                first_activation,
                first_kernel_bp: args.first_kernel_bp,
                ..ModelConfig::new(&preset)
            };
            let kind = match target.as_str() {
                "scalar" => TargetKind::Scalar,
                "binary" => TargetKind::Binary,
                _ => TargetKind::Profile,
            };
            let bin_bp = if kind == TargetKind::Profile { bin_bp.max(1) } else { input_bp };
            let tasks = (1..=tasks).map(|t| format!("task{t}")).collect();
            let spec = TargetSpec { kind, tasks, bins: input_bp / bin_bp.max(1), bin_bp, input_bp };
            let summary =
                summarise(&config, &spec).map_err(|source| CistronError::Network { model: preset.clone(), source })?;
            println!("{:<22}{:<44}{:>16}{:>14}", "layer", "what", "channels x bp", "parameters");
            for layer in &summary.layers {
                let shape = format!("{} x {}", layer.output.channels, layer.output.positions);
                println!("{:<22}{:<44}{shape:>16}{:>14}", layer.name, layer.what, layer.parameters);
            }
            println!("\n{} parameters, receptive field {} bp", summary.parameters, summary.receptive_field_bp);
        }
    }
    Ok(ExitCode::SUCCESS)
}
