use cistron_core::{AtomicFile, hash_bytes, peak_memory_bytes};
use cistron_data::Dataset;
use serde::Serialize;

use crate::train::TrainedNetwork;
use crate::{CistronError, RunDir, RunOptions, Study};

/// What a run was: enough to do it again and to see whether it is the same.
#[derive(Debug, Serialize)]
pub(crate) struct RunManifest {
    cistron: &'static str,
    seed: u64,
    study_blake3: String,
    device: String,
    threads: usize,
    /// Wall time of this invocation; stages that an earlier one finished are not in it.
    wall_seconds: f64,
    peak_memory_bytes: Option<u64>,
    inputs: Vec<cistron_data::InputFile>,
    arrays: Vec<cistron_data::ArrayFile>,
    models: Vec<ModelRecord>,
}

#[derive(Debug, Serialize)]
struct ModelRecord {
    name: String,
    parameters: usize,
    best_epoch: u64,
    epochs: usize,
    train_seconds: f64,
    weights_blake3: String,
}

pub(crate) fn write_manifest(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    trained: &[TrainedNetwork],
    options: &RunOptions,
    wall_seconds: f64,
) -> Result<String, CistronError> {
    let device =
        options.device.describe().map_err(|source| CistronError::Network { model: "device".into(), source })?;
    let data = dataset.manifest();
    let manifest = RunManifest {
        cistron: env!("CARGO_PKG_VERSION"),
        seed: study.study.seed,
        study_blake3: hash_bytes(study.text.as_bytes()),
        device,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        wall_seconds,
        peak_memory_bytes: peak_memory_bytes(),
        inputs: data.inputs.clone(),
        arrays: data.arrays.clone(),
        models: trained
            .iter()
            .map(|t| ModelRecord {
                name: t.name.clone(),
                parameters: t.report.parameters,
                best_epoch: t.report.best_epoch,
                epochs: t.report.history.len(),
                train_seconds: t.report.seconds,
                weights_blake3: t.report.weights_hash.clone(),
            })
            .collect(),
    };
    let path = dir.manifest();
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|e| CistronError::RunDirectory { path: path.clone(), message: e.to_string() })?;
    AtomicFile::write(&path, text.as_bytes()).map_err(CistronError::io(&path))?;
    Ok(text)
}
