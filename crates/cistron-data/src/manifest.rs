use std::path::{Path, PathBuf};

use cistron_core::AtomicFile;
use serde::{Deserialize, Serialize};

use crate::{DataError, DatasetConfig, GenomeConfig, Split, TrackTransform};

/// Version of the layout on disk; another version is rebuilt.
pub const FORMAT_VERSION: u32 = 1;

/// The configuration that a dataset was built from, defaults written out, paths as the study gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolvedConfig {
    /// `[genome]`.
    pub genome: Option<GenomeConfig>,
    /// `[dataset]`.
    pub dataset: DatasetConfig,
}

/// A file that the dataset was built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Absolute path at the time.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Time of last change, nanoseconds since 1970, where the file system says.
    pub modified_ns: Option<u64>,
    /// BLAKE3 of the content, hex.
    pub blake3: String,
}

/// A file of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrayFile {
    /// Name in the directory.
    pub file: String,
    /// Length of each axis (the number of rows for the window table).
    pub shape: Vec<u64>,
    /// NumPy type, or `parquet`.
    pub dtype: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content, hex.
    pub blake3: String,
}

/// Size of one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitCounts {
    /// The split.
    pub split: Split,
    /// Its windows.
    pub windows: u64,
    /// Windows labelled 1 per task, where there are labels.
    pub positives: Option<Vec<u64>>,
}

/// `manifest.json`: what a dataset is and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Name and version of the writer.
    pub software: String,
    /// What was asked.
    pub config: ResolvedConfig,
    /// Seed of splits and negatives.
    pub seed: u64,
    /// Task names, in the order of the arrays' task axis.
    pub tasks: Vec<String>,
    /// Number of windows.
    pub windows: u64,
    /// Length of the stored windows in bp.
    pub window_bp: usize,
    /// Length that a model sees unless asked otherwise, in bp.
    pub input_bp: usize,
    /// Windows and labels per split, in the order train, valid, test.
    pub splits: Vec<SplitCounts>,
    /// Transforms per track, with the means over the training windows.
    pub transforms: Vec<TrackTransform>,
    /// Files read.
    pub inputs: Vec<InputFile>,
    /// Files written.
    pub arrays: Vec<ArrayFile>,
    /// Windows that repeat another's sequence or reverse complement: dropped, or kept within a split.
    pub duplicates: u64,
    /// What a person should know, e.g. numbers of duplicates.
    pub warnings: Vec<String>,
}

impl Manifest {
    /// Name of the file in a dataset's directory.
    pub const FILE: &'static str = "manifest.json";

    /// Reads the manifest of a dataset.
    ///
    /// # Errors
    /// When there is none, it cannot be parsed, or its format version is not ours.
    pub fn read(dir: &Path) -> Result<Self, DataError> {
        let path = dir.join(Self::FILE);
        let text = std::fs::read_to_string(&path).map_err(DataError::io(&path))?;
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|e| DataError::damaged(&path, format!("is not valid JSON ({e}); build the dataset again")))?;
        let version = value.get("format_version").and_then(serde_json::Value::as_u64);
        if version != Some(u64::from(FORMAT_VERSION)) {
            let found = version.map_or_else(|| "none".into(), |v| v.to_string());
            return Err(DataError::damaged(
                &path,
                format!("format version {found}, this program reads {FORMAT_VERSION}; build the dataset again"),
            ));
        }
        serde_json::from_value(value)
            .map_err(|e| DataError::damaged(&path, format!("cannot be read ({e}); build the dataset again")))
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), DataError> {
        let path = dir.join(Self::FILE);
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|e| DataError::damaged(&path, format!("cannot be written as JSON: {e}")))?;
        text.push('\n');
        AtomicFile::write(&path, text.as_bytes()).map_err(DataError::io(&path))
    }

    /// The entry of one of the dataset's files.
    pub fn array(&self, file: &str) -> Option<&ArrayFile> {
        self.arrays.iter().find(|a| a.file == file)
    }
}
