//! Predictors that are no networks: trivial baselines (constant mean, ridge on sequence composition) and predictions made
//! elsewhere (bigWig, `.npy`, tables), all behind [`cistron_core::Predictor`].

mod adapted;
mod bigwig_predictor;
mod constant_mean;
mod ensemble_mean;
mod error;
mod features;
mod main_head;
mod npy_predictor;
mod ridge_baseline;
mod saved;
mod table_predictor;

pub use adapted::{Adapted, adapt};
pub use bigwig_predictor::BigWigPredictor;
pub use constant_mean::ConstantMean;
pub use ensemble_mean::EnsembleMean;
pub use error::LoadError;
pub use npy_predictor::NpyPredictor;
pub use ridge_baseline::{Ridge, RidgeFeatures};
pub use table_predictor::{TableKey, TablePredictor};
