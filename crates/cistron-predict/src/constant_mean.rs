use std::path::Path;

use cistron_core::{BatchSource, Pass, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind};
use ndarray::{Array3, Axis};
use serde::{Deserialize, Serialize};

use crate::main_head::spec_for;
use crate::{LoadError, saved};

/// Predicts each task's training mean everywhere: what can be said without looking at the sequence. For labels it is the
/// log-odds of the prevalence (with one half added to both counts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstantMean {
    spec: PredictorSpec,
    values: Vec<f32>,
}

impl ConstantMean {
    /// Means over a source, NaN left out.
    ///
    /// # Errors
    /// When a batch cannot be read.
    pub fn fit(name: &str, source: &dyn BatchSource, batch_size: usize) -> Result<Self, LoadError> {
        let target = source.target();
        let mut sums = vec![(0.0f64, 0.0f64); target.tasks.len()];
        for batch in source.batches(Pass::Evaluate, batch_size) {
            for (task, (sum, n)) in batch?.targets.axis_iter(Axis(1)).zip(&mut sums) {
                for value in task.iter().filter(|v| !v.is_nan()) {
                    *sum += f64::from(*value);
                    *n += 1.0;
                }
            }
        }
        let value = |&(sum, n): &(f64, f64)| match target.kind {
            TargetKind::Binary => ((sum + 0.5) / (n - sum + 0.5)).ln(),
            TargetKind::Profile | TargetKind::Scalar => sum / n.max(1.0),
        };
        let values = sums.iter().map(|s| value(s) as f32).collect();
        Ok(Self { spec: spec_for(name, target, None), values })
    }

    /// Saves as JSON.
    ///
    /// # Errors
    /// Any error of writing.
    pub fn save(&self, path: &Path) -> Result<(), LoadError> {
        saved::save(self, path)
    }

    /// Loads what [`ConstantMean::save`] wrote.
    ///
    /// # Errors
    /// A missing or damaged file.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        saved::load(path)
    }
}

impl Predictor for ConstantMean {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let shape = (batch.len(), self.values.len(), self.spec.heads[0].bins);
        Ok(Prediction { heads: vec![Array3::from_shape_fn(shape, |(_, task, _)| self.values[task])] })
    }
}
