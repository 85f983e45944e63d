//! Whether the dataset on disk is the one that would be built.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use cistron_core::{TargetKind, hash_file};
use rayon::prelude::*;

use super::InputPath;
use crate::manifest::{InputFile, Manifest, ResolvedConfig};
use crate::{DataError, Dataset};

/// The manifest in `dir`, if there is a readable one of this format version.
pub(super) fn previous(dir: &Path) -> Option<Manifest> {
    Manifest::read(dir).ok()
}

/// Sizes and hashes of the inputs; a file whose path, size and time of change are those of `previous` is not read again.
pub(super) fn inputs(paths: &[InputPath], previous: Option<&Manifest>) -> Result<Vec<InputFile>, DataError> {
    paths
        .par_iter()
        .map(|InputPath { path, .. }| {
            let path = path.canonicalize().map_err(DataError::io(path))?;
            let metadata = fs::metadata(&path).map_err(DataError::io(&path))?;
            let modified_ns = metadata
                .modified()
                .ok()
                .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
                .and_then(|d| u64::try_from(d.as_nanos()).ok());
            let bytes = metadata.len();
            let known = previous.into_iter().flat_map(|m| &m.inputs).find(|i| {
                i.path == path && i.bytes == bytes && i.modified_ns.is_some() && i.modified_ns == modified_ns
            });
            let blake3 = match known {
                Some(input) => input.blake3.clone(),
                None => hash_file(&path).map_err(DataError::io(&path))?,
            };
            Ok(InputFile { path, bytes, modified_ns, blake3 })
        })
        .collect()
}

/// Whether the arrays in `dir` are those that the configuration asks for. Keys that only matter while reading (bins,
/// normalisation, the input length where labels do not depend on it) may differ.
pub(super) fn reusable(
    manifest: &Manifest,
    config: &ResolvedConfig,
    seed: u64,
    inputs: &[InputFile],
    dir: &Path,
) -> bool {
    let same_inputs = manifest.inputs.len() == inputs.len()
        && manifest.inputs.iter().zip(inputs).all(|(a, b)| a.blake3 == b.blake3 && a.bytes == b.bytes);
    manifest.seed == seed
        && same_inputs
        && stored_part(&manifest.config) == stored_part(config)
        && config.dataset.input_bp.is_none_or(|input| input <= manifest.window_bp)
        && Dataset::open(dir).is_ok()
}

fn stored_part(config: &ResolvedConfig) -> ResolvedConfig {
    let mut config = config.clone();
    config.dataset.bin_bp = None;
    let labels_on_input = config.dataset.tracks.iter().all(|t| t.peaks.is_some());
    if !(labels_on_input && config.dataset.resolved_kind() == crate::DatasetKind::Coverage) {
        config.dataset.input_bp = None;
    }
    for track in &mut config.dataset.tracks {
        track.normalise.clear();
    }
    config
}

/// Writes the keys that only matter while reading into the manifest.
pub(super) fn refresh(
    mut manifest: Manifest,
    config: ResolvedConfig,
    inputs: Vec<InputFile>,
    dir: &Path,
) -> Result<Manifest, DataError> {
    let before = manifest.clone();
    if manifest.config != config {
        manifest.input_bp = config.dataset.input_bp.unwrap_or(manifest.window_bp);
        if config.dataset.resolved_target() == TargetKind::Profile {
            manifest.transforms = super::transforms(&config, dir)?;
        }
        manifest.config = config;
    }
    manifest.inputs = inputs;
    if manifest != before {
        manifest.write(dir)?;
    }
    Ok(manifest)
}
