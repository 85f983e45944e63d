use std::path::{Path, PathBuf};

use cistron_core::{StagedDir, TargetSpec};
use serde::{Deserialize, Serialize};

use crate::train::{EpochRecord, TrainJob};
use crate::weight_file::WeightFile;
use crate::{ModelConfig, NnError, TrainOptions};

/// `model.json` of a model directory, which with `weights.safetensors` beside it says all that is needed to predict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelManifest {
    /// Version of this format.
    pub format: u32,
    /// Version of cistron that wrote it.
    pub cistron: String,
    /// The network.
    pub model: ModelConfig,
    /// What it predicts.
    pub target: TargetSpec,
    /// How it was trained.
    pub options: TrainOptions,
    /// Values that training changed.
    pub parameters: usize,
    /// BLAKE3 of the weights: see [`weights_hash`].
    pub weights_hash: String,
    /// The epoch that the weights are of.
    pub best: EpochRecord,
}

const FORMAT: u32 = 1;
const MANIFEST: &str = "model.json";
const WEIGHTS: &str = "weights.safetensors";

/// Writes `model/` in the run's directory; its path and the hash of the weights.
pub(crate) fn write(
    job: &TrainJob<'_>,
    weights: &WeightFile,
    parameters: usize,
    best_epoch: u64,
    history: &[EpochRecord],
) -> Result<(PathBuf, String), NnError> {
    let dir = job.dir.join("model");
    let Some(best) = history.iter().find(|r| r.epoch == best_epoch).cloned() else {
        return Err(NnError::file(&dir, format!("epoch {best_epoch} is not in the history")));
    };
    let manifest = ModelManifest {
        format: FORMAT,
        cistron: env!("CARGO_PKG_VERSION").into(),
        model: job.model.clone(),
        target: job.train.target().clone(),
        options: job.options.clone(),
        parameters,
        weights_hash: weights.hash(),
        best,
    };
    // A run that is resumed after its end leaves its model alone.
    if read(&dir).is_ok_and(|(there, ..)| there == manifest) {
        return Ok((dir, manifest.weights_hash));
    }
    let staged = StagedDir::create(&dir).map_err(NnError::io(&dir))?;
    WeightFile::write(&staged.path().join(WEIGHTS), &weights.named(), "")?;
    let path = staged.path().join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| NnError::file(&path, e.to_string()))?;
    std::fs::write(&path, text + "\n").map_err(NnError::io(&path))?;
    staged.commit().map_err(NnError::io(&dir))?;
    Ok((dir, manifest.weights_hash))
}

/// The model directory: `dir` itself, or `dir/model` when `dir` is a run's directory.
fn locate(dir: &Path) -> Result<PathBuf, NnError> {
    for candidate in [dir.to_path_buf(), dir.join("model")] {
        if candidate.join(MANIFEST).is_file() {
            return Ok(candidate);
        }
    }
    Err(NnError::file(
        dir,
        format!("no {MANIFEST} in it or in its folder model: train it to the end first (resume does)"),
    ))
}

/// Reads manifest and weights of a model or run directory; also the path of the weights.
pub(crate) fn read(dir: &Path) -> Result<(ModelManifest, WeightFile, PathBuf), NnError> {
    let dir = locate(dir)?;
    let path = dir.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(NnError::io(&path))?;
    let manifest: ModelManifest = serde_json::from_str(&text).map_err(|e| NnError::file(&path, e.to_string()))?;
    if manifest.format != FORMAT {
        return Err(NnError::file(
            &path,
            format!("format {} is not {FORMAT}: use the cistron that wrote it", manifest.format),
        ));
    }
    let path = dir.join(WEIGHTS);
    let weights = WeightFile::read(&path)?;
    let found = weights.hash();
    if found != manifest.weights_hash {
        let message =
            format!("its weights hash to {found}, not to the manifest's {}: it was changed", manifest.weights_hash);
        return Err(NnError::file(&path, message));
    }
    Ok((manifest, weights, path))
}

/// BLAKE3 over the weights of a model (or run) directory, sorted by name: name, shape and little-endian f32 values. The same
/// weights give the same hash, however the file is laid out.
///
/// # Errors
/// When there is no whole model there.
pub fn weights_hash(dir: &Path) -> Result<String, NnError> {
    read(dir).map(|(manifest, ..)| manifest.weights_hash)
}
