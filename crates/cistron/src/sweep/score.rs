//! What trials are compared by.

use cistron_nn::TrainReport;
use serde::{Deserialize, Serialize};

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
}
