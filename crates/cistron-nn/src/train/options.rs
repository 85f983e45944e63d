use cistron_core::TargetKind;
use serde::{Deserialize, Serialize};

use crate::{Loss, NnError, WeightedLoss};

/// What decides which epoch is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monitor {
    /// The lowest validation loss.
    #[default]
    Loss,
    /// The highest validation metric: Pearson's r for profiles and values, AUROC for labels, averaged over tasks. An epoch
    /// where it is undefined is never the best.
    Metric,
}

/// How to train. The defaults are those of the published CNN and ResidualBind (GOPHER, methods): Adam at 1e-3, batches of 64, at
/// most 100 epochs, rate × 0.2 after 3 epochs and end after 10 epochs without a better validation loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainOptions {
    /// The loss; the kind of target decides when absent ([`Loss::default_for`]).
    pub loss: Option<Loss>,
    /// Weights of the two terms of a combined loss (`mse-pearson`, `multinomial-mse`); both 1 when absent.
    pub loss_weights: Option<[f64; 2]>,
    /// At most so many epochs.
    pub epochs: u64,
    /// Sequences a step.
    pub batch_size: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Epochs without a better score before training ends.
    pub patience: u64,
    /// Epochs without a better score before the learning rate falls.
    pub lr_patience: u64,
    /// Factor on the learning rate when it falls.
    pub lr_factor: f64,
    /// What decides which epoch is the best.
    pub monitor: Monitor,
    /// Seed of initial weights and dropout. (The order and augmentation of samples are keyed by the data's own seed.)
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            loss: None,
            loss_weights: None,
            epochs: 100,
            batch_size: 64,
            learning_rate: 1e-3,
            patience: 10,
            lr_patience: 3,
            lr_factor: 0.2,
            monitor: Monitor::Loss,
            seed: 0,
        }
    }
}

impl TrainOptions {
    /// The learning rate never falls below this.
    pub const MIN_LEARNING_RATE: f64 = 1e-8;

    /// The loss for a kind of target.
    ///
    /// # Errors
    /// [`NnError::LossMismatch`] when the chosen loss does not suit it, [`NnError::Option`] when it has no terms to weigh.
    pub fn loss_for(&self, kind: TargetKind) -> Result<WeightedLoss, NnError> {
        let loss = self.loss.unwrap_or(Loss::default_for(kind));
        loss.check(kind)?;
        match self.loss_weights {
            None => Ok(loss.into()),
            Some(weights) if loss.is_combined() => Ok(WeightedLoss { loss, weights }),
            Some(_) => {
                let message =
                    format!("loss {} has one term: remove it, or use mse-pearson or multinomial-mse", loss.name());
                Err(NnError::Option { key: "loss_weights", message })
            }
        }
    }

    /// Checks that the values can work.
    ///
    /// # Errors
    /// [`NnError::Option`], naming the key.
    pub fn check(&self) -> Result<(), NnError> {
        let bad = |key, message: &str| Err(NnError::Option { key, message: message.into() });
        let Self {
            loss: _,
            loss_weights,
            epochs,
            batch_size,
            learning_rate,
            patience,
            lr_patience,
            lr_factor,
            monitor: _,
            seed: _,
        } = self;
        if loss_weights.is_some_and(|w| !w.iter().all(|w| w.is_finite() && *w >= 0.0) || w == [0.0, 0.0]) {
            return bad("loss_weights", "must be two numbers of at least 0, not both 0, e.g. [1.0, 10.0]");
        }
        if *epochs == 0 {
            return bad("epochs", "must be at least 1");
        }
        if *batch_size == 0 {
            return bad("batch_size", "must be at least 1");
        }
        if !(*learning_rate > 0.0 && *learning_rate <= 1.0) {
            return bad("learning_rate", "must be in (0, 1], e.g. 0.001");
        }
        if *patience == 0 || *lr_patience == 0 {
            return bad(if *patience == 0 { "patience" } else { "lr_patience" }, "must be at least 1");
        }
        if !(*lr_factor > 0.0 && *lr_factor <= 1.0) {
            return bad("lr_factor", "must be in (0, 1], e.g. 0.2");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_name_their_key() {
        TrainOptions::default().check().unwrap();
        let options = TrainOptions { learning_rate: f64::NAN, ..TrainOptions::default() };
        assert!(options.check().unwrap_err().to_string().starts_with("learning_rate: "));
        let options: TrainOptions = serde_json::from_str(r#"{"epochs": 3, "loss": "bce"}"#).unwrap();
        assert_eq!((options.epochs, options.batch_size), (3, 64));
        assert!(options.loss_for(TargetKind::Profile).is_err());
        let weighted: TrainOptions =
            serde_json::from_str(r#"{"loss": "multinomial-mse", "loss_weights": [1, 10]}"#).unwrap();
        weighted.check().unwrap();
        assert_eq!(weighted.loss_for(TargetKind::Profile).unwrap().weights, [1.0, 10.0]);
        let idle = TrainOptions { loss: Some(Loss::Poisson), ..weighted.clone() };
        assert!(idle.loss_for(TargetKind::Profile).unwrap_err().to_string().starts_with("loss_weights: loss poisson"));
        assert!(TrainOptions { loss_weights: Some([-1.0, 1.0]), ..weighted }.check().is_err());
    }
}
