use std::collections::HashMap;
use std::path::Path;

use cistron_core::npy::NpyArray;
use cistron_core::{PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetSpec};
use ndarray::Array3;

use crate::LoadError;
use crate::main_head::spec_for;

/// Predictions as a memory-mapped `.npy` array of `f32`, `[windows, tasks, bins]` (or `[windows, tasks]` with one bin), on
/// the natural scale of the target: counts, logits or values. Rows are found by window name, never by position.
pub struct NpyPredictor {
    spec: PredictorSpec,
    values: NpyArray<f32>,
    rows: HashMap<String, usize>,
}

impl NpyPredictor {
    /// Opens an array and the file with the window name of each of its rows, one a line.
    ///
    /// # Errors
    /// A shape that does not fit the target, a number of names that differs from the number of rows, repeated names.
    pub fn open(name: &str, npy: &Path, names: &Path, target: &TargetSpec) -> Result<Self, LoadError> {
        let values = NpyArray::<f32>::open(npy)?;
        let (tasks, bins) = (target.tasks.len() as u64, target.bins as u64);
        let fits = match *values.shape() {
            [_, t, b] => (t, b) == (tasks, bins),
            [_, t] => (t, 1) == (tasks, bins),
            _ => false,
        };
        if !fits {
            return Err(LoadError::file(
                npy,
                format!("has shape {:?} where [windows, {tasks} tasks, {bins} bins] is needed", values.shape()),
            ));
        }
        let text = std::fs::read_to_string(names).map_err(LoadError::io(names))?;
        let mut rows = HashMap::new();
        for (row, line) in text.lines().enumerate() {
            if rows.insert(line.trim().to_owned(), row).is_some() {
                return Err(LoadError::file(names, format!("line {}: the name {line:?} stands twice", row + 1)));
            }
        }
        if rows.len() as u64 != values.shape()[0] {
            return Err(LoadError::file(
                names,
                format!("has {} names for the {} rows of {}", rows.len(), values.shape()[0], npy.display()),
            ));
        }
        Ok(Self { spec: spec_for(name, target, None), values, rows })
    }
}

impl Predictor for NpyPredictor {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let head = &self.spec.heads[0];
        let mut out = Vec::with_capacity(batch.len() * self.values.row_len());
        for window in &batch.windows {
            match self.rows.get(&window.name) {
                Some(&row) => out.extend_from_slice(self.values.row(row)),
                None => out.extend(std::iter::repeat_n(f32::NAN, self.values.row_len())),
            }
        }
        let shape = (batch.len(), head.tasks.len(), head.bins);
        let out = Array3::from_shape_vec(shape, out).map_err(|_| PredictError::Failed {
            predictor: self.spec.name.clone(),
            message: "stored predictions need windows with names".into(),
        })?;
        Ok(Prediction { heads: vec![out] })
    }
}
