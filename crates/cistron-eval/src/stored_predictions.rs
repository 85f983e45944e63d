use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cistron_core::npy::{NpyArray, NpyWriter};
use cistron_core::{
    BatchSource, HeadSpec, Interval, OutputKind, Pass, Predictor, Reporter, StagedDir, TargetKind, WindowId,
};
use serde::{Deserialize, Serialize};

use crate::EvalError;

/// Predictions of one model over one split: `predictions.npy` `[windows, tasks, bins]`, `windows.tsv`, `spec.json`.
#[derive(Debug)]
pub struct StoredPredictions {
    name: String,
    head: HeadSpec,
    values: NpyArray<f32>,
    windows: Vec<WindowId>,
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    name: String,
    head: HeadSpec,
    /// What the predictions were made from; other inputs have another fingerprint.
    fingerprint: String,
}

/// Predicts every sample of a source and stores the answers in `dir`. What is there already with the same `fingerprint` is
/// taken as it is. Log-counts are stored as counts.
///
/// # Errors
/// When the predictor has no head for the target or fails, or nothing can be written.
pub fn predict_to_disk(
    predictor: &dyn Predictor,
    source: &dyn BatchSource,
    batch_size: usize,
    dir: &Path,
    fingerprint: &str,
    reporter: &dyn Reporter,
) -> Result<StoredPredictions, EvalError> {
    if let Some(stored) = reusable(dir, fingerprint)? {
        return Ok(stored);
    }
    let target = source.target();
    let index = predictor.spec().head_for(target)?;
    let mut head = predictor.spec().heads[index].clone();
    let logarithmic = head.kind == OutputKind::LogCounts;
    if logarithmic {
        head.kind = OutputKind::Counts;
    }
    let staged = StagedDir::create(dir).map_err(EvalError::io(dir))?;
    let shape = [source.samples() as u64, head.tasks.len() as u64, head.bins as u64];
    let writer = NpyWriter::<f32>::create(&staged.path().join("predictions.npy"), &shape)?;
    let task = reporter.start(&format!("predict {}", predictor.spec().name), source.samples() as u64);
    let mut table = String::from("name\tcontig\tstart_0\tend_0\n");
    let mut row = 0u64;
    for batch in source.batches(Pass::Evaluate, batch_size) {
        let batch = batch?;
        let mut values = predictor.predict(&batch.sequences)?.heads.swap_remove(index);
        if logarithmic {
            values.mapv_inplace(f32::exp);
        }
        writer.write_rows(row, values.as_standard_layout().as_slice().unwrap_or_default())?;
        for window in &batch.sequences.windows {
            let place = window
                .interval
                .as_ref()
                .map_or_else(|| "\t\t".to_owned(), |i| format!("{}\t{}\t{}", i.contig, i.start_0, i.end_0));
            // Writing to a string cannot fail.
            writeln!(table, "{}\t{place}", window.name.replace(['\t', '\n'], " ")).unwrap_or_default();
        }
        row += batch.sequences.len() as u64;
        task.set_position(row);
    }
    task.finish("");
    writer.finish()?;
    let path = staged.path().join("windows.tsv");
    fs::write(&path, table).map_err(EvalError::io(&path))?;
    let spec = Spec { name: predictor.spec().name.clone(), head, fingerprint: fingerprint.to_owned() };
    let path = staged.path().join("spec.json");
    let text = serde_json::to_vec_pretty(&spec)
        .map_err(|e| EvalError::Stored { path: path.clone(), message: e.to_string() })?;
    fs::write(&path, text).map_err(EvalError::io(&path))?;
    staged.commit().map_err(EvalError::io(dir))?;
    StoredPredictions::open(dir)
}

fn reusable(dir: &Path, fingerprint: &str) -> Result<Option<StoredPredictions>, EvalError> {
    let Ok(text) = fs::read(dir.join("spec.json")) else { return Ok(None) };
    match serde_json::from_slice::<Spec>(&text) {
        Ok(spec) if spec.fingerprint == fingerprint => StoredPredictions::open(dir).map(Some),
        // Of other inputs, or of another version: made anew.
        _ => Ok(None),
    }
}

impl StoredPredictions {
    /// Opens what [`predict_to_disk`] wrote.
    ///
    /// # Errors
    /// Missing or damaged files.
    pub fn open(dir: &Path) -> Result<Self, EvalError> {
        let bad = |message: String| EvalError::Stored { path: dir.to_owned(), message };
        let path = dir.join("spec.json");
        let spec: Spec = serde_json::from_slice(&fs::read(&path).map_err(EvalError::io(&path))?)
            .map_err(|e| bad(format!("spec.json is damaged ({e}); remove the directory to predict anew")))?;
        let values = NpyArray::<f32>::open(&dir.join("predictions.npy"))?;
        let path = dir.join("windows.tsv");
        let table = fs::read_to_string(&path).map_err(EvalError::io(&path))?;
        let windows = table.lines().skip(1).map(window_of).collect::<Option<Vec<_>>>();
        let windows =
            windows.ok_or_else(|| bad("windows.tsv is damaged; remove the directory to predict anew".into()))?;
        if windows.len() as u64 != values.shape()[0] {
            return Err(bad(
                "windows.tsv and predictions.npy differ in length; remove the directory to predict anew".into()
            ));
        }
        Ok(Self { name: spec.name, head: spec.head, values, windows, dir: dir.to_owned() })
    }

    /// Name of the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same predictions under another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Kind, tasks and bins of the values.
    pub fn head(&self) -> &HeadSpec {
        &self.head
    }

    /// The windows, in the order of the rows.
    pub fn windows(&self) -> &[WindowId] {
        &self.windows
    }

    /// Where they lie.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Values of one window and task, one per bin.
    pub fn values(&self, window: usize, task: usize) -> &[f32] {
        &self.values.row(window)[task * self.head.bins..(task + 1) * self.head.bins]
    }

    /// Whether the values are there for a source's windows.
    pub(crate) fn check(&self, source: &dyn BatchSource) -> Result<(), EvalError> {
        let target = source.target();
        let fits = self.head.tasks == target.tasks
            && self.head.bins == target.bins
            && self.windows.len() == source.samples()
            && (target.kind == TargetKind::Binary) == (self.head.kind == OutputKind::Logits);
        if fits {
            Ok(())
        } else {
            Err(EvalError::Stored {
                path: self.dir.clone(),
                message: "the predictions are of another dataset; remove the directory to predict anew".into(),
            })
        }
    }
}

fn window_of(line: &str) -> Option<WindowId> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, contig, start, end] = columns[..] else { return None };
    let interval = if contig.is_empty() {
        None
    } else {
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        (start <= end).then(|| Interval::new(contig, start, end))
    };
    Some(WindowId { name: name.to_owned(), interval })
}
