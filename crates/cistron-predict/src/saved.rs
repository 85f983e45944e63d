//! Fitted baselines as JSON.

use std::path::Path;

use cistron_core::AtomicFile;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::LoadError;

pub(crate) fn save(value: &impl Serialize, path: &Path) -> Result<(), LoadError> {
    let text = serde_json::to_vec(value).map_err(|e| LoadError::file(path, e.to_string()))?;
    AtomicFile::write(path, &text).map_err(LoadError::io(path))
}

pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = std::fs::read(path).map_err(LoadError::io(path))?;
    serde_json::from_slice(&text)
        .map_err(|e| LoadError::file(path, format!("not a saved baseline ({e}); fit it again")))
}
