use serde::{Deserialize, Serialize};

use crate::TrainOptions;

/// The learning rate on a plateau and when to stop (GOPHER, methods): the rate is multiplied by a factor after `lr_patience`
/// epochs without a better score, training stops after `patience` such epochs. Scores are better when lower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    pub(crate) learning_rate: f64,
    /// Best score and its 1-based epoch.
    pub(crate) best: Option<(f64, u64)>,
    /// Epochs without a better score since the last better one or change of the rate.
    since_change: u64,
    /// Epochs without a better score.
    pub(crate) stale: u64,
}

impl Schedule {
    pub(crate) fn new(options: &TrainOptions) -> Self {
        Self { learning_rate: options.learning_rate, best: None, since_change: 0, stale: 0 }
    }

    /// Takes the score of an epoch; whether it is the best so far.
    pub(crate) fn observe(&mut self, epoch: u64, score: f64, options: &TrainOptions) -> bool {
        if !score.is_nan() && self.best.is_none_or(|(best, _)| score < best) {
            self.best = Some((score, epoch));
            self.stale = 0;
            self.since_change = 0;
            return true;
        }
        self.stale += 1;
        self.since_change += 1;
        if self.since_change >= options.lr_patience {
            self.learning_rate = (self.learning_rate * options.lr_factor).max(TrainOptions::MIN_LEARNING_RATE);
            self.since_change = 0;
        }
        false
    }

    pub(crate) fn should_stop(&self, options: &TrainOptions) -> bool {
        self.stale >= options.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plateau_and_stop() {
        let options = TrainOptions { patience: 7, ..TrainOptions::default() };
        let mut schedule = Schedule::new(&options);
        assert!(schedule.observe(1, 1.0, &options));
        assert!(schedule.observe(2, 0.5, &options));
        let mut rates = Vec::new();
        for epoch in 3..=9 {
            assert!(!schedule.should_stop(&options));
            assert!(!schedule.observe(epoch, 0.5, &options));
            rates.push(schedule.learning_rate);
        }
        assert!(schedule.should_stop(&options));
        assert_eq!(schedule.best, Some((0.5, 2)));
        let (a, b) = (1e-3 * 0.2, 1e-3 * 0.2 * 0.2);
        assert_eq!(rates, [1e-3, 1e-3, a, a, a, b, b]);
    }

    #[test]
    fn an_undefined_score_is_never_the_best() {
        let options = TrainOptions::default();
        let mut schedule = Schedule::new(&options);
        assert!(!schedule.observe(1, f64::NAN, &options));
        assert_eq!(schedule.best, None);
        assert!(schedule.observe(2, 3.0, &options));
    }
}
