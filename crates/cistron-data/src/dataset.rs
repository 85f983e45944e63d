use std::path::{Path, PathBuf};
use std::sync::Arc;

use cistron_core::{Interval, TargetKind, hash_file};
use ndarray::ArrayView2;

use crate::window_table::{self, WindowTable};
use crate::{DataError, DatasetConfig, DatasetSource, Manifest, NpyArray, SourceOptions, Split};

/// Base codes `[windows, window_bp]`, u8.
pub(crate) const SEQUENCE: &str = "sequence.npy";
/// Raw signal `[windows, tracks, window_bp]`, f32.
pub(crate) const SIGNAL: &str = "signal.npy";
/// 0/1 labels `[windows, tasks]`, f32 (NaN = not measured).
pub(crate) const LABEL: &str = "label.npy";
/// Real values `[windows, tasks]`, f32 (NaN = not measured).
pub(crate) const VALUE: &str = "value.npy";
/// Mean of the raw signal of each window `[windows, tracks]`, f32.
pub(crate) const TRACK_MEAN: &str = "track_mean.npy";
/// Maximum of the raw signal of each window `[windows, tracks]`, f32.
pub(crate) const TRACK_MAX: &str = "track_max.npy";

/// A dataset on disk, memory-mapped; cloning shares the maps.
///
/// The directory holds `manifest.json`, `windows.parquet` (name, contig, start_0, end_0, split, gc, n_share) and arrays
/// whose first axis is the window: `sequence.npy` u8 `[windows, window_bp]`; for tracks `signal.npy` f32
/// `[windows, tracks, window_bp]` (raw, base resolution), `track_mean.npy` and `track_max.npy` f32 `[windows, tracks]`;
/// `label.npy` and `value.npy` f32 `[windows, tasks]`.
#[derive(Debug, Clone)]
pub struct Dataset {
    inner: Arc<DatasetFiles>,
}

#[derive(Debug)]
pub(crate) struct DatasetFiles {
    pub dir: PathBuf,
    pub manifest: Manifest,
    pub windows: WindowTable,
    pub sequence: NpyArray<u8>,
    pub signal: Option<NpyArray<f32>>,
    pub label: Option<NpyArray<f32>>,
    pub value: Option<NpyArray<f32>>,
    pub track_mean: Option<NpyArray<f32>>,
    pub track_max: Option<NpyArray<f32>>,
}

/// One window of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowRow {
    /// Unique name: `contig:start-end` of the stored window on a genome, else a FASTA header or the table's name.
    pub name: String,
    /// The stored window's place, where it has one.
    pub interval: Option<Interval>,
    /// Its side.
    pub split: Split,
    /// Share of G and C among A, C, G and T.
    pub gc: f32,
    /// Share of N.
    pub n_share: f32,
}

impl Dataset {
    /// Opens a dataset; checks the format version and that every file has the shape and size that the manifest says.
    ///
    /// # Errors
    /// When the directory is not a whole dataset of this version; the message says to build it again.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, DataError> {
        let dir = dir.as_ref();
        if !dir.join(Manifest::FILE).is_file() {
            return Err(DataError::damaged(dir, "holds no dataset (no manifest.json); build it first"));
        }
        let manifest = Manifest::read(dir)?;
        for array in &manifest.arrays {
            let path = dir.join(&array.file);
            let bytes = std::fs::metadata(&path).map_err(DataError::io(&path))?.len();
            if bytes != array.bytes {
                return Err(DataError::damaged(
                    &path,
                    format!("has {bytes} bytes where the manifest says {}; build the dataset again", array.bytes),
                ));
            }
        }
        fn optional(dir: &Path, manifest: &Manifest, file: &str) -> Result<Option<NpyArray<f32>>, DataError> {
            let Some(entry) = manifest.array(file) else { return Ok(None) };
            let path = dir.join(file);
            let array = NpyArray::open(&path)?;
            check_shape(&path, array.shape(), &entry.shape)?;
            Ok(Some(array))
        }
        let sequence = NpyArray::<u8>::open(&dir.join(SEQUENCE))?;
        check_shape(&dir.join(SEQUENCE), sequence.shape(), &[manifest.windows, manifest.window_bp as u64])?;
        let windows = WindowTable::open(dir)?;
        check_shape(&dir.join(window_table::FILE), &[windows.len() as u64], &[manifest.windows])?;
        let inner = DatasetFiles {
            signal: optional(dir, &manifest, SIGNAL)?,
            label: optional(dir, &manifest, LABEL)?,
            value: optional(dir, &manifest, VALUE)?,
            track_mean: optional(dir, &manifest, TRACK_MEAN)?,
            track_max: optional(dir, &manifest, TRACK_MAX)?,
            dir: dir.to_owned(),
            manifest,
            windows,
            sequence,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads every file and compares its BLAKE3 hash with the manifest.
    ///
    /// # Errors
    /// The first file that differs.
    pub fn verify(&self) -> Result<(), DataError> {
        for array in &self.manifest().arrays {
            let path = self.dir().join(&array.file);
            if hash_file(&path).map_err(DataError::io(&path))? != array.blake3 {
                return Err(DataError::damaged(
                    &path,
                    "its content changed since it was built; build the dataset again",
                ));
            }
        }
        Ok(())
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// What the dataset is.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// The configuration it was built from.
    pub fn config(&self) -> &DatasetConfig {
        &self.inner.manifest.config.dataset
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.inner.windows.len()
    }

    /// Whether there are no windows; a built dataset has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Task names, in the order of the task axis.
    pub fn tasks(&self) -> &[String] {
        &self.inner.manifest.tasks
    }

    /// One window.
    ///
    /// # Panics
    /// If `window` is past the end, as for all accessors by window.
    pub fn window(&self, window: usize) -> WindowRow {
        let table = &self.inner.windows;
        WindowRow {
            name: table.name(window),
            interval: table.place(window).map(|(contig, start, end)| Interval::new(contig, start, end)),
            split: table.split(window),
            gc: table.gc(window),
            n_share: table.n_share(window),
        }
    }

    /// All windows, in stored order.
    pub fn windows(&self) -> impl ExactSizeIterator<Item = WindowRow> + '_ {
        (0..self.len()).map(|i| self.window(i))
    }

    /// Indices of the windows of one split, ascending.
    pub fn rows_of(&self, split: Split) -> Vec<u32> {
        self.inner.windows.rows_of(split)
    }

    /// Share of G and C among the known bases of a window.
    pub fn gc(&self, window: usize) -> f32 {
        self.inner.windows.gc(window)
    }

    /// Share of N of a window.
    pub fn n_share(&self, window: usize) -> f32 {
        self.inner.windows.n_share(window)
    }

    /// Base codes `[window_bp]` of a window.
    pub fn codes(&self, window: usize) -> &[u8] {
        self.inner.sequence.row(window)
    }

    /// Raw signal `[tracks, window_bp]` of a window.
    pub fn signal(&self, window: usize) -> Option<ArrayView2<'_, f32>> {
        let signal = self.inner.signal.as_ref()?;
        let shape = (signal.shape()[1] as usize, signal.shape()[2] as usize);
        ArrayView2::from_shape(shape, signal.row(window)).ok()
    }

    /// Labels `[tasks]` of a window: 0, 1, or NaN where not measured.
    pub fn labels(&self, window: usize) -> Option<&[f32]> {
        self.inner.label.as_ref().map(|l| l.row(window))
    }

    /// Values `[tasks]` of a window; NaN where not measured.
    pub fn values(&self, window: usize) -> Option<&[f32]> {
        self.inner.value.as_ref().map(|v| v.row(window))
    }

    /// Mean of the raw signal of a window per track `[tracks]`.
    pub fn track_means(&self, window: usize) -> Option<&[f32]> {
        self.inner.track_mean.as_ref().map(|m| m.row(window))
    }

    /// Maximum of the raw signal of a window per track `[tracks]`.
    pub fn track_maxima(&self, window: usize) -> Option<&[f32]> {
        self.inner.track_max.as_ref().map(|m| m.row(window))
    }

    /// The options of the study that the dataset was built from, without augmentation.
    pub fn source_options(&self, seed: u64) -> SourceOptions {
        let manifest = self.manifest();
        let target = manifest.config.dataset.resolved_target();
        let bin_bp = match target {
            TargetKind::Profile => manifest.config.dataset.bin_bp.unwrap_or(DatasetConfig::DEFAULT_BIN_BP),
            _ => manifest.input_bp,
        };
        SourceOptions {
            target,
            input_bp: manifest.input_bp,
            bin_bp,
            seed,
            reverse_complement: false,
            random_shift: false,
            transforms: manifest.transforms.clone(),
        }
    }

    /// The batches of one split.
    ///
    /// # Errors
    /// When the options do not fit the dataset: no such target stored, input longer than the windows, bins that do not
    /// divide the input.
    pub fn source(&self, split: Split, options: &SourceOptions) -> Result<DatasetSource, DataError> {
        self.source_of_rows(self.rows_of(split), options)
    }

    /// The batches of chosen windows, e.g. those of a split whose coverage exceeds a threshold.
    ///
    /// # Errors
    /// As [`Dataset::source`], and when an index is past the end.
    pub fn source_of_rows(&self, rows: Vec<u32>, options: &SourceOptions) -> Result<DatasetSource, DataError> {
        DatasetSource::new(self.inner.clone(), rows, options)
    }
}

fn check_shape(path: &Path, found: &[u64], wanted: &[u64]) -> Result<(), DataError> {
    if found == wanted {
        return Ok(());
    }
    Err(DataError::damaged(
        path,
        format!("has the shape {found:?} where the manifest says {wanted:?}; build the dataset again"),
    ))
}
