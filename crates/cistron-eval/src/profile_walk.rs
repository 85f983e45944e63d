//! Walks over observations and stored predictions together.

use cistron_core::{BatchSource, Pass};

use crate::generalisation::EvaluatedModel;
use crate::{EvalError, StoredPredictions};

/// Windows read at once at most, unless a caller says otherwise.
pub(crate) const BATCH: usize = 256;

/// Checks that all models answer for the source's windows; which windows all of them have whole predictions for.
pub(crate) fn common_windows(models: &[EvaluatedModel], source: &dyn BatchSource) -> Result<Vec<bool>, EvalError> {
    for model in models {
        model.predictions.check(source)?;
    }
    let tasks = source.target().tasks.len();
    let whole = |stored: &StoredPredictions, window: usize| {
        (0..tasks).all(|task| !stored.values(window, task).iter().any(|v| v.is_nan()))
    };
    Ok((0..source.samples()).map(|window| models.iter().all(|m| whole(&m.predictions, window))).collect())
}

/// `visit(window, task, observed)` for the windows that `wanted` names, `most_at_once` windows or fewer read at a time.
pub(crate) fn walk(
    source: &dyn BatchSource,
    wanted: &[bool],
    most_at_once: usize,
    mut visit: impl FnMut(usize, usize, &[f32]),
) -> Result<(), EvalError> {
    let mut window = 0;
    for batch in source.batches(Pass::Evaluate, source.target().batch_size(most_at_once)) {
        let targets = batch?.targets;
        let targets = targets.as_standard_layout();
        for sample in targets.outer_iter() {
            if wanted[window] {
                for (task, observed) in sample.outer_iter().enumerate() {
                    visit(window, task, observed.as_slice().unwrap_or_default());
                }
            }
            window += 1;
        }
    }
    Ok(())
}
