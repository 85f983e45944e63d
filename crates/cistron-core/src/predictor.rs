use serde::{Deserialize, Serialize};

use crate::{HeadSpec, OutputKind, Prediction, SequenceBatch, TargetKind, TargetSpec};

/// What a predictor takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictorSpec {
    /// Name shown in tables and figures.
    pub name: String,
    /// Length of the input in bp; `None` when any length will do.
    pub input_bp: Option<usize>,
    /// The heads, in the order of [`Prediction::heads`].
    pub heads: Vec<HeadSpec>,
}

impl PredictorSpec {
    /// The head that answers `target`: its tasks are the target's (by name and order), its resolution is equal, and its
    /// kind fits (counts or log-counts for profiles, logits for labels, scalar for values).
    ///
    /// # Errors
    /// [`PredictError::NoHead`], which says what was wanted and what there is.
    pub fn head_for(&self, target: &TargetSpec) -> Result<usize, PredictError> {
        let fits = |head: &HeadSpec| {
            let kind = match target.kind {
                TargetKind::Profile => matches!(head.kind, OutputKind::Counts | OutputKind::LogCounts),
                TargetKind::Scalar => head.kind == OutputKind::Scalar,
                TargetKind::Binary => head.kind == OutputKind::Logits,
            };
            kind && head.tasks == target.tasks && head.bins == target.bins && head.bin_bp == target.bin_bp
        };
        self.heads.iter().position(fits).ok_or_else(|| PredictError::NoHead {
            predictor: self.name.clone(),
            wanted: format!(
                "{:?} of {} task(s) [{}], {} bin(s) of {} bp",
                target.kind,
                target.tasks.len(),
                target.tasks.join(", "),
                target.bins,
                target.bin_bp
            ),
            found: self
                .heads
                .iter()
                .map(|h| {
                    format!(
                        "{}: {:?} of [{}], {} bin(s) of {} bp",
                        h.name,
                        h.kind,
                        h.tasks.join(", "),
                        h.bins,
                        h.bin_bp
                    )
                })
                .collect::<Vec<_>>()
                .join("; "),
        })
    }
}

/// A prediction failed.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// No head answers the target.
    #[error("predictor {predictor:?} has no head for {wanted}; it has {found}")]
    NoHead {
        /// The predictor.
        predictor: String,
        /// What the target asks.
        wanted: String,
        /// What the predictor offers.
        found: String,
    },
    /// The sequences have another length than the predictor takes.
    #[error("predictor {predictor:?} takes {expected} bp but the batch has {found} bp")]
    InputLength {
        /// The predictor.
        predictor: String,
        /// bp that it takes.
        expected: usize,
        /// bp of the batch.
        found: usize,
    },
    /// Anything else, with the file and what to do.
    #[error("{predictor}: {message}")]
    Failed {
        /// The predictor.
        predictor: String,
        /// What went wrong.
        message: String,
    },
}

/// Anything that maps sequences to regulatory activity: a native network, a table of stored predictions, a
/// baseline. Object-safe; evaluations know nothing else of a model.
pub trait Predictor: Send {
    /// What the predictor takes and gives.
    fn spec(&self) -> &PredictorSpec;

    /// Predicts one batch. The answer for a sequence does not depend on the others in the batch.
    ///
    /// # Errors
    /// [`PredictError`] when the batch does not fit the spec or a stored value cannot be read.
    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError>;

    /// Predicts sequences and changed copies of them; `reference_of` gives the row of `references` that each row of `changed` was made
    /// from. The answers are those of [`Predictor::predict`] up to rounding; a predictor that can use what it computed for the unchanged
    /// sequence does so.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    fn predict_changed(
        &self,
        references: &SequenceBatch,
        changed: &SequenceBatch,
        reference_of: &[usize],
    ) -> Result<(Prediction, Prediction), PredictError> {
        debug_assert_eq!(changed.len(), reference_of.len());
        Ok((self.predict(references)?, self.predict(changed)?))
    }
}
