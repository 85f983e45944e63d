use cistron_core::OutputKind;
use cistron_stats::jensen_shannon::distance_base2;
use serde::{Deserialize, Serialize};

/// What of an effect stands for it in correlations and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectKind {
    /// log2(alternative ÷ reference) of the predicted coverage.
    Log2Ratio,
    /// Difference of the logits.
    LogitDifference,
    /// Difference of the values.
    Difference,
}

impl EffectKind {
    /// Of a head's kind.
    pub const fn of(kind: OutputKind) -> Self {
        match kind {
            OutputKind::Counts | OutputKind::LogCounts => Self::Log2Ratio,
            OutputKind::Logits => Self::LogitDifference,
            OutputKind::Scalar => Self::Difference,
        }
    }

    /// Name of its column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log2Ratio => "log2_ratio",
            Self::LogitDifference => "logit_difference",
            Self::Difference => "difference",
        }
    }
}

/// The effect of one variant on one task. What a kind of model cannot say is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Prediction for the reference allele: coverage summed over the window (mean per bp × bp), probability, or value.
    pub reference: f64,
    /// Prediction for the alternative allele, likewise.
    pub alternative: f64,
    /// Alternative − reference.
    pub difference: f64,
    /// log2(alternative ÷ reference): of coverage or of probabilities; `None` for values, and where a side is not positive.
    pub log2_ratio: Option<f64>,
    /// Difference of the logits; labels only.
    pub logit_difference: Option<f64>,
    /// Jensen–Shannon distance (base 2) between the profiles of the two alleles; profiles only.
    pub js_distance: Option<f64>,
}

impl Effect {
    /// From total coverages.
    pub(super) fn of_coverage(reference: f64, alternative: f64) -> Self {
        Self {
            reference,
            alternative,
            difference: alternative - reference,
            log2_ratio: log2_ratio(reference, alternative),
            logit_difference: None,
            js_distance: None,
        }
    }

    /// From logits.
    pub(super) fn of_logits(reference: f64, alternative: f64) -> Self {
        let probability = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        Self {
            logit_difference: Some(alternative - reference),
            ..Self::of_coverage(probability(reference), probability(alternative))
        }
    }

    /// From values of any sign.
    pub(super) fn of_values(reference: f64, alternative: f64) -> Self {
        Self { log2_ratio: None, ..Self::of_coverage(reference, alternative) }
    }

    /// With the distance between two profiles.
    pub(super) fn with_profiles(self, reference: &[f32], alternative: &[f32]) -> Self {
        let js_distance = if reference.len() > 1 { distance_base2(alternative, reference).ok() } else { None };
        Self { js_distance, ..self }
    }

    /// The effect of the opposite change.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self {
            reference: self.alternative,
            alternative: self.reference,
            difference: -self.difference,
            log2_ratio: self.log2_ratio.map(|r| -r),
            logit_difference: self.logit_difference.map(|d| -d),
            js_distance: self.js_distance,
        }
    }

    /// What stands for the effect.
    pub fn main(&self, kind: EffectKind) -> Option<f64> {
        match kind {
            EffectKind::Log2Ratio => self.log2_ratio,
            EffectKind::LogitDifference => self.logit_difference,
            EffectKind::Difference => Some(self.difference).filter(|d| d.is_finite()),
        }
    }
}

fn log2_ratio(reference: f64, alternative: f64) -> Option<f64> {
    let ratio = (alternative / reference).log2();
    (reference > 0.0 && alternative > 0.0 && ratio.is_finite()).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let effect = Effect::of_coverage(2.0, 8.0).with_profiles(&[2.0, 0.0], &[0.0, 8.0]);
        assert_eq!((effect.difference, effect.log2_ratio, effect.js_distance), (6.0, Some(2.0), Some(1.0)));
        assert_eq!(Effect::of_coverage(0.0, 8.0).log2_ratio, None);
        // σ(0) = 1/2, σ(ln 3) = 3/4.
        let effect = Effect::of_logits(0.0, 3.0f64.ln());
        assert!((effect.log2_ratio.unwrap() - 1.5f64.log2()).abs() < 1e-12);
        assert_eq!(effect.main(EffectKind::LogitDifference), Some(3.0f64.ln()));
        assert_eq!(Effect::of_values(-1.0, -3.0).main(EffectKind::Difference), Some(-2.0));
    }
}
