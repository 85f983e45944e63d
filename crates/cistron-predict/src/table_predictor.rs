mod read;

use std::collections::HashMap;
use std::path::PathBuf;

use cistron_core::alphabet::{N, decode};
use cistron_core::{PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind, TargetSpec};
use ndarray::Array3;

use self::read::read_columns;
use crate::LoadError;
use crate::main_head::spec_for;

/// What identifies a row of a table of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKey {
    /// The window's name.
    Name,
    /// The sequence, case ignored; N at the ends of a window (padding) is ignored too.
    Sequence,
}

/// Predictions of scalar or binary targets in TSV, CSV (plain or gzip) or Parquet: one row per window, one column per task, on
/// the natural scale of the target (values or logits). Windows without a row are NaN.
pub struct TablePredictor {
    spec: PredictorSpec,
    key: TableKey,
    rows: HashMap<String, Vec<f32>>,
}

impl TablePredictor {
    /// Reads all rows.
    ///
    /// # Errors
    /// A profile target, a number of columns that differs from the number of tasks, missing columns, values that are no
    /// numbers, and keys that stand twice with different values.
    pub fn open(
        name: &str,
        files: &[PathBuf],
        key_column: &str,
        key: TableKey,
        columns: &[String],
        target: &TargetSpec,
    ) -> Result<Self, LoadError> {
        if target.kind == TargetKind::Profile {
            return Err(LoadError::Options {
                message: "a profile's predictions come as bigWig or .npy, not as table".into(),
            });
        }
        if columns.len() != target.tasks.len() {
            return Err(LoadError::Options {
                message: format!(
                    "{} column(s) of predictions for {} task(s); give one per task, in the order {}",
                    columns.len(),
                    target.tasks.len(),
                    target.tasks.join(", ")
                ),
            });
        }
        let mut rows: HashMap<String, Vec<f32>> = HashMap::new();
        for path in files {
            for row in read_columns(path, key_column, columns)? {
                let id = if key == TableKey::Sequence { row.key.to_ascii_uppercase() } else { row.key };
                if rows.get(&id).is_some_and(|old| !same(old, &row.values)) {
                    return Err(LoadError::file(
                        path,
                        format!("row {}: the key {id:?} stood before with other predictions", row.number),
                    ));
                }
                rows.insert(id, row.values);
            }
        }
        Ok(Self { spec: spec_for(name, target, None), key, rows })
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

impl Predictor for TablePredictor {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let tasks = self.spec.heads[0].tasks.len();
        let mut out = Array3::from_elem((batch.len(), tasks, 1), f32::NAN);
        for (sample, codes) in batch.codes.outer_iter().enumerate() {
            let found = match self.key {
                TableKey::Name => batch.windows.get(sample).and_then(|w| self.rows.get(&w.name)),
                TableKey::Sequence => {
                    let codes = codes.to_vec();
                    let known = |code: &u8| *code != N;
                    let first = codes.iter().position(known).unwrap_or(0);
                    let last = codes.iter().rposition(known).map_or(0, |i| i + 1);
                    self.rows.get(String::from_utf8_lossy(&decode(&codes[first..last])).as_ref())
                }
            };
            if let Some(values) = found {
                for (task, value) in values.iter().enumerate() {
                    out[[sample, task, 0]] = *value;
                }
            }
        }
        Ok(Prediction { heads: vec![out] })
    }
}
