//! Metrics, resampling and small regressions. One metric a file; no input or output.
//!
//! A metric that is not defined on its data is an [`Undefined`] with the reason, never 0 or NaN. Sums are `f64`, whatever the
//! data are.

pub mod auroc;
pub mod average_precision;
pub mod bootstrap;
pub mod brier;
pub mod calibration;
pub mod cross_entropy;
pub mod fisher;
pub mod isotonic;
pub mod jensen_shannon;
mod lanes;
pub mod mse;
pub mod pearson;
pub mod platt;
pub mod poisson_nll;
pub mod q_value;
pub mod quantile;
pub mod rank_sum;
mod ranked_labels;
pub mod ridge;
mod sorted_order;
pub mod spearman;
mod undefined;

pub use bootstrap::{Bootstrap, Resample};
pub use pearson::PearsonSums;
pub use platt::Platt;
pub use q_value::q_values;
pub use ranked_labels::RankedLabels;
pub use ridge::{RidgeAccumulator, RidgeFit};
pub use spearman::RankSketch;
pub use undefined::Undefined;
