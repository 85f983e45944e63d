//! Effects of sequence variants (GOPHER, fig. 5; `definitions.md` §1).
//!
//! - **Standard**: one window per allele with the variant at its centre; the coverage of both windows is compared.
//! - **Robust**: the same random shifts for both alleles, up to a quarter of the window to either side; predictions are aligned and the
//!   central half of the unshifted window, which all shifted ones cover, is averaged over the shifts.

mod benchmark;
mod effect;
mod null;
mod qtl;
mod scorer;
#[cfg(test)]
mod testing;

pub use benchmark::{BenchmarkOptions, MEAN_OVER_ELEMENTS, ModelEffects, SaturationReport, saturation_benchmark};
pub use effect::{Effect, EffectKind};
pub use null::{NullKind, null_windows, p_values};
pub use qtl::{QtlMeasure, QtlReport, QtlVariant, qtl_benchmark};
pub use scorer::{ScoreOptions, Scored, VariantScorer, Windows};
