/// Why a metric has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// The predictions are all the same.
    #[error("constant prediction: no variance")]
    ConstantPrediction,
    /// The observations are all the same.
    #[error("constant observation: no variance")]
    ConstantObservation,
    /// There is no positive label.
    #[error("no positive label")]
    NoPositives,
    /// There is no negative label.
    #[error("no negative label")]
    NoNegatives,
    /// There is nothing to normalise.
    #[error("a profile sums to zero")]
    EmptyProfile,
    /// Too few values.
    #[error("too few values")]
    TooFew,
}
