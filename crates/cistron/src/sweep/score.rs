//! What trials are compared by.

use cistron_nn::TrainReport;
use serde::{Deserialize, Serialize};

/// See [`Goal::limit`].
const LIMIT: f64 = 4.0;

/// The score of a trial: a number of the validation data at the epoch whose weights are kept, averaged over the trial's networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The validation loss; of no use when the sweep changes the loss itself.
    #[default]
    ValidLoss,
    /// The validation metric: Pearson's r or AUROC, averaged over tasks.
    ValidMetric,
}

/// Which scores are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Low ones.
    Minimise,
    /// High ones.
    Maximise,
}

impl Metric {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::ValidLoss => "valid_loss",
            Self::ValidMetric => "valid_metric",
        }
    }

    /// Which of its values are good.
    pub fn goal(self) -> Goal {
        match self {
            Self::ValidLoss => Goal::Minimise,
            Self::ValidMetric => Goal::Maximise,
        }
    }

    /// The score of one network; `None` where the metric was undefined.
    pub(super) fn of(self, report: &TrainReport) -> Option<f64> {
        let best = report.history.iter().find(|record| record.epoch == report.best_epoch)?;
        match self {
            Self::ValidLoss => Some(best.valid_loss),
            Self::ValidMetric => best.valid_metric,
        }
        .filter(|score| score.is_finite())
    }
}

impl Goal {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimise => "minimise",
            Self::Maximise => "maximise",
        }
    }

    /// Better scores come first.
    pub fn order(self, a: f64, b: f64) -> std::cmp::Ordering {
        match self {
            Self::Minimise => a.total_cmp(&b),
            Self::Maximise => b.total_cmp(&a),
        }
    }

    /// The score beyond which others only say that they are bad: four times as far from the best as the median is. Trials that nearly
    /// diverge have scores many powers of ten from the others, which would hide every difference between those. `None` when half of
    /// the trials score the same as the best.
    pub fn limit(self, scores: &[f64]) -> Option<f64> {
        let mut sorted = scores.to_vec();
        sorted.sort_by(|a, b| self.order(*a, *b));
        let (best, median) = (*sorted.first()?, *sorted.get(sorted.len() / 2)?);
        let limit = best + LIMIT * (median - best);
        (limit != best && limit.is_finite()).then_some(limit)
    }

    /// A score, or the limit when it is worse.
    pub fn limited(self, score: f64, limit: Option<f64>) -> f64 {
        limit.filter(|limit| self.order(*limit, score).is_lt()).unwrap_or(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_far_behind_the_median_are_cut() {
        let scores = [2.0, 1.0, 1e12, 3.0, 1.5];
        let limit = Goal::Minimise.limit(&scores);
        assert_eq!(limit, Some(5.0));
        assert_eq!(scores.map(|s| Goal::Minimise.limited(s, limit)), [2.0, 1.0, 5.0, 3.0, 1.5]);
        let limit = Goal::Maximise.limit(&[0.9, 0.8, -7.0]);
        assert!((limit.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(Goal::Maximise.limited(0.6, limit), 0.6);
        assert_eq!(Goal::Minimise.limit(&[1.0, 1.0, 1.0, 9.0]), None);
        assert_eq!(Goal::Minimise.limit(&[]), None);
    }
}
