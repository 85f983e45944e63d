use std::path::Path;

use cistron_core::AtomicFile;
use serde::Serialize;

use crate::CistronError;

/// A value as indented JSON, whole or not at all.
pub(crate) fn write_json(value: &impl Serialize, path: &Path) -> Result<(), CistronError> {
    let text = serde_json::to_vec_pretty(value)
        .map_err(|e| CistronError::RunDirectory { path: path.to_owned(), message: e.to_string() })?;
    AtomicFile::write(path, &text).map_err(CistronError::io(path))
}
