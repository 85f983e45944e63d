//! Predictions in wider bins than they were made in, so that runs with other bins can be compared.

use std::collections::HashMap;

use cistron_core::{PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind};
use cistron_data::Transform;
use cistron_eval::StoredPredictions;
use ndarray::Array3;

use super::finished_run::FinishedRun;
use crate::Problem;

/// Answers with stored predictions, each `together` bins in a row averaged.
pub(super) struct Averaged {
    spec: PredictorSpec,
    stored: StoredPredictions,
    rows: HashMap<String, usize>,
    together: usize,
}

impl Averaged {
    /// Bins of `bin_bp`, a multiple of the stored ones.
    pub(super) fn new(stored: StoredPredictions, bin_bp: usize) -> Self {
        let mut head = stored.head().clone();
        let together = bin_bp / head.bin_bp;
        head.bins /= together;
        head.bin_bp = bin_bp;
        let rows = stored.windows().iter().enumerate().map(|(row, w)| (w.name.clone(), row)).collect();
        let spec = PredictorSpec { name: stored.name().to_owned(), input_bp: None, heads: vec![head] };
        Self { spec, stored, rows, together }
    }
}

impl Predictor for Averaged {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let head = &self.spec.heads[0];
        let mut out = Vec::with_capacity(batch.len() * head.tasks.len() * head.bins);
        for window in &batch.windows {
            let row = *self.rows.get(&window.name).ok_or_else(|| PredictError::Failed {
                predictor: self.spec.name.clone(),
                message: format!("no prediction for the window {}; evaluate the study again", window.name),
            })?;
            for task in 0..head.tasks.len() {
                let bins = self.stored.values(row, task).chunks_exact(self.together);
                out.extend(bins.map(|bin| bin.iter().sum::<f32>() / self.together as f32));
            }
        }
        let shape = (batch.len(), head.tasks.len(), head.bins);
        let values = Array3::from_shape_vec(shape, out).map_err(|e| PredictError::Failed {
            predictor: self.spec.name.clone(),
            message: format!("the stored predictions are of another dataset ({e}); evaluate the study again"),
        })?;
        Ok(Prediction { heads: vec![values] })
    }
}

/// Why a run's predictions cannot be averaged to bins of `bin_bp`.
pub(super) fn problem(run: &FinishedRun, bin_bp: usize) -> Option<Problem> {
    let options = run.test.options();
    let linear = options.transforms.iter().flat_map(|t| &t.steps).all(|step| *step == Transform::ScaleByMean);
    let message = if options.target != TargetKind::Profile {
        format!("the run {} has {} targets, and bins are of profiles", run.name, options.target.name())
    } else if bin_bp == 0 || !bin_bp.is_multiple_of(options.bin_bp) || !options.input_bp.is_multiple_of(bin_bp) {
        format!(
            "{bin_bp} must be a multiple of the bins of the run {} ({} bp) and divide its input_bp ({})",
            run.name, options.bin_bp, options.input_bp
        )
    } else if !linear {
        format!(
            "the run {} transforms its signal by log1p or clip, and the mean of such values is not that of the signal",
            run.name
        )
    } else {
        return None;
    };
    Some(Problem::new("--bin-bp", message))
}
