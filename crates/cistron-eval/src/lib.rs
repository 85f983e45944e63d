//! Evaluations. Each takes stored predictions and the source of the observations, streams over both, and returns plain data.

mod error;
mod further;
pub mod generalisation;
mod metric_direction;
mod metric_speed;
mod predictions_bigwig;
mod profile_walk;
pub mod resolution;
pub mod robustness;
mod stored_predictions;
pub mod task_conversion;
pub mod test_selection;
pub mod variants;

pub use error::EvalError;
pub use further::FurtherReport;
pub use generalisation::{GeneralisationOptions, GeneralisationReport, generalisation};
pub use metric_direction::higher_is_better;
pub use metric_speed::{MetricSpeed, measure_metric_speed};
pub use predictions_bigwig::write_bigwigs;
pub use stored_predictions::{StoredPredictions, predict_to_disk};
