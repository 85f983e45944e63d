use cistron_core::NEncoding;
use serde::{Deserialize, Serialize};

use crate::NnError;
use crate::blocks::Activation;

/// Which network to build. Unknown keys are found by the reader of a study, which knows all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Name of a preset: see [`crate::presets`].
    pub preset: String,
    /// Factor on every width (filters and hidden units), 1 = as published. A scaled width is rounded to the nearest
    /// multiple of 4, and is at least 4.
    #[serde(default = "one")]
    pub width_factor: f64,
    /// Activation after the first convolution: `relu` or `exponential`. The preset's own when absent: `exponential` for
    /// `residualbind-32` (better in GOPHER, table 1), `relu` otherwise.
    #[serde(default)]
    pub first_activation: Option<Activation>,
    /// Kernel of the first convolution in bp; the preset's own (19) when absent. GOPHER's search for `basset` settled on 10.
    #[serde(default)]
    pub first_kernel_bp: Option<usize>,
    /// Factor on every dropout rate, 1 = as published, 0 = none.
    #[serde(default = "one")]
    pub dropout_factor: f64,
    /// Task-specific output heads for profile targets of `cnn` and `residualbind-32`: a convolution of 64 filters per
    /// task before its linear output (GOPHER, methods).
    #[serde(default)]
    pub task_heads: bool,
    /// How an unknown base is shown to the network.
    #[serde(default)]
    pub n_encoding: NEncoding,
}

const fn one() -> f64 {
    1.0
}

impl ModelConfig {
    /// The preset as published.
    pub fn new(preset: impl Into<String>) -> Self {
        Self {
            preset: preset.into(),
            width_factor: 1.0,
            first_activation: None,
            first_kernel_bp: None,
            dropout_factor: 1.0,
            task_heads: false,
            n_encoding: NEncoding::default(),
        }
    }

    /// A published width under the factor: the nearest multiple of 4, at least 4; unchanged when the factor is 1.
    pub(crate) fn width(&self, published: usize) -> usize {
        if self.width_factor == 1.0 {
            return published;
        }
        ((published as f64 * self.width_factor / 4.0).round() as usize).max(1) * 4
    }

    pub(crate) fn dropout(&self, published: f64) -> f64 {
        published * self.dropout_factor
    }

    pub(crate) fn check(&self) -> Result<(), NnError> {
        let bad = |key, message: String| Err(NnError::Option { key, message });
        if !(self.width_factor.is_finite() && self.width_factor > 0.0 && self.width_factor <= 64.0) {
            return bad("width_factor", format!("{} is not in (0, 64]", self.width_factor));
        }
        // 0.5 is the highest published rate, so that below 2 every rate stays below 1.
        if !(0.0..2.0).contains(&self.dropout_factor) {
            return bad("dropout_factor", format!("{} is not in [0, 2)", self.dropout_factor));
        }
        if !matches!(self.first_activation, None | Some(Activation::Relu | Activation::Exponential)) {
            return bad("first_activation", "write \"relu\" or \"exponential\"".into());
        }
        if self.first_kernel_bp.is_some_and(|k| k == 0 || k > 1000) {
            return bad("first_kernel_bp", "must be between 1 and 1000".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_scale_to_multiples_of_four() {
        let mut config = ModelConfig::new("basset");
        assert_eq!(config.width(300), 300);
        config.width_factor = 0.25;
        assert_eq!((config.width(300), config.width(192), config.width(8)), (76, 48, 4));
        config.width_factor = 0.001;
        assert_eq!(config.width(300), 4);
    }

    #[test]
    fn bad_values_are_errors() {
        let read = serde_json::from_str::<ModelConfig>;
        assert_eq!(read(r#"{"preset": "cnn"}"#).unwrap(), ModelConfig::new("cnn"));
        assert!(read(r#"{"preset": "cnn", "width_factor": "wide"}"#).is_err());
        let mut config = ModelConfig::new("cnn");
        config.width_factor = f64::NAN;
        assert!(config.check().unwrap_err().to_string().starts_with("width_factor: "));
        let mut config = ModelConfig::new("cnn");
        config.first_activation = Some(Activation::Softplus);
        assert!(config.check().is_err());
    }
}
