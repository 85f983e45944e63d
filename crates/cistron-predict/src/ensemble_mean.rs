use cistron_core::{PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch};

use crate::LoadError;

/// The mean of several predictors with the same heads, head by head on the scale of the head (logits are averaged as logits).
pub struct EnsembleMean {
    spec: PredictorSpec,
    members: Vec<Box<dyn Predictor>>,
}

impl EnsembleMean {
    /// Joins predictors.
    ///
    /// # Errors
    /// When there are none, or their heads differ.
    pub fn new(name: &str, members: Vec<Box<dyn Predictor>>) -> Result<Self, LoadError> {
        let Some(first) = members.first() else {
            return Err(LoadError::Options { message: "an ensemble needs at least one member".into() });
        };
        if let Some(other) = members.iter().find(|m| m.spec().heads != first.spec().heads) {
            return Err(LoadError::Options {
                message: format!("the heads of {:?} and {:?} differ", first.spec().name, other.spec().name),
            });
        }
        let spec = PredictorSpec { name: name.to_owned(), ..first.spec().clone() };
        Ok(Self { spec, members })
    }
}

impl Predictor for EnsembleMean {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let mut members = self.members.iter();
        let mut sum = match members.next() {
            Some(first) => first.predict(batch)?,
            None => Prediction { heads: Vec::new() },
        };
        for member in members {
            for (total, head) in sum.heads.iter_mut().zip(member.predict(batch)?.heads) {
                *total += &head;
            }
        }
        let share = 1.0 / self.members.len() as f32;
        sum.heads.iter_mut().for_each(|head| head.mapv_inplace(|v| v * share));
        Ok(sum)
    }
}
