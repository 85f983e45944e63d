//! Networks that predict regulatory activity from DNA sequence, and their training. The only crate that names burn.
//!
//! A network is data before it is tensors: a preset of the [`zoo`] turns a [`ModelConfig`] and a
//! [`cistron_core::TargetSpec`] into a [`Plan`], a list of named [`blocks`]; [`summarise`] reads shapes, receptive
//! field and parameter counts off the plan without building anything, and [`train`] builds and fits it.
//!
//! # Shapes
//! Everything that passes between blocks is `[batch, channels, positions]`. The input has the four channels A, C, G, T;
//! the output has one channel per task and one position per bin (one position for scalar and binary targets). A dense
//! block works on one position.
//!
//! # Repeatability
//! Initial weights, dropout masks and the order of samples are keyed by the seed, never by a global generator, and sums
//! that depend on scheduling are avoided: on the CPU a run repeats bit for bit, whatever the number of threads, and a
//! resumed run ends with the same weights as an uninterrupted one.

pub mod blocks;
mod changed_bench;
mod checkpoint;
mod device;
mod error;
mod kernels;
mod layer_bench;
mod loss;
mod model_config;
mod model_dir;
mod native_predictor;
mod network;
mod optimiser;
mod plan;
mod prepared_batch;
mod schedule;
mod step_bench;
mod summary;
pub mod tensorboard;
mod train;
mod weight_file;
mod weights;
pub mod zoo;

pub use changed_bench::{ChangedCase, ChangedMode, ChangedReport, measure_changed};
pub use device::DeviceChoice;
pub use error::NnError;
pub use layer_bench::{LayerReport, LayerSpeed, measure_layers};
pub use loss::{Loss, WeightedLoss};
pub use model_config::ModelConfig;
pub use model_dir::{ModelManifest, weights_hash};
pub use native_predictor::NativePredictor;
pub use plan::{Layer, Plan};
pub use step_bench::{StepMode, StepNetwork, StepReport, measure_step};
pub use summary::{LayerSummary, ModelSummary, summarise};
pub use train::{EpochRecord, Monitor, StopReason, TrainJob, TrainOptions, TrainReport, train};
pub use zoo::{Preset, PresetTargets, presets};
