use cistron_core::{BatchSource, Predictor, Reporter, TargetKind};
use cistron_predict::{ConstantMean, LoadError, Ridge, RidgeFeatures};

use crate::CistronError;

/// Name of the constant baseline.
pub(crate) const CONSTANT: &str = "constant mean";
/// Name of the composition baseline.
pub(crate) const RIDGE: &str = "ridge (GC + dinucleotides)";
/// Name of the k-mer baseline.
pub(crate) const KMER_RIDGE: &str = "ridge (6-mers)";

/// Sequences read at once at most.
const BATCH: usize = 256;

/// Fits the trivial baselines that every report compares with: they take seconds, so they are fitted anew each time.
pub(crate) fn fit_baselines(
    train: &dyn BatchSource,
    kmers: Option<bool>,
    reporter: &dyn Reporter,
) -> Result<Vec<Box<dyn Predictor>>, CistronError> {
    let failed = |model: &str| {
        let model = model.to_owned();
        move |error: LoadError| CistronError::Predictor { model, message: error.to_string() }
    };
    let profile = train.target().kind == TargetKind::Profile;
    let batch = train.target().batch_size(BATCH);
    let with_kmers = kmers.unwrap_or(!profile);
    let task = reporter.start("baselines", 2 + u64::from(with_kmers));
    let mut fitted: Vec<Box<dyn Predictor>> =
        vec![Box::new(ConstantMean::fit(CONSTANT, train, batch).map_err(failed(CONSTANT))?)];
    task.set_position(1);
    fitted.push(Box::new(Ridge::fit(RIDGE, train, RidgeFeatures::GcDinucleotide, batch).map_err(failed(RIDGE))?));
    task.set_position(2);
    if with_kmers {
        let ridge = Ridge::fit(KMER_RIDGE, train, RidgeFeatures::Kmer(6), batch).map_err(failed(KMER_RIDGE))?;
        fitted.push(Box::new(ridge));
    }
    task.finish("");
    Ok(fitted)
}
