//! Do predicted probabilities mean what they say?

use serde::{Deserialize, Serialize};

/// Number of equal-width bins of [0, 1].
pub const BINS: usize = 10;

/// Weighted sums per probability bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    weight: Vec<f64>,
    probability: Vec<f64>,
    positive: Vec<f64>,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { weight: vec![0.0; BINS], probability: vec![0.0; BINS], positive: vec![0.0; BINS] }
    }
}

impl Calibration {
    /// Adds one prediction.
    pub fn push(&mut self, probability: f64, label: bool, weight: f64) {
        let bin = ((probability * BINS as f64) as usize).min(BINS - 1);
        self.weight[bin] += weight;
        self.probability[bin] += weight * probability;
        self.positive[bin] += if label { weight } else { 0.0 };
    }

    /// Expected calibration error: mean over samples of |mean probability − share of positives| of their bin (Naeini et al.
    /// 2015; [`BINS`] equal-width bins). `None` without samples.
    pub fn expected_error(&self) -> Option<f64> {
        let total: f64 = self.weight.iter().sum();
        let gap: f64 = self.probability.iter().zip(&self.positive).map(|(p, y)| (p - y).abs()).sum();
        (total > 0.0).then(|| gap / total)
    }

    /// Reliability curve: (mean probability, share of positives) of each bin that has samples.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let bins = self.weight.iter().zip(&self.probability).zip(&self.positive);
        bins.filter(|((w, _), _)| **w > 0.0).map(|((w, p), y)| (p / w, y / w)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        let mut calibration = Calibration::default();
        assert_eq!(calibration.expected_error(), None);
        for label in [true, true, true, false] {
            calibration.push(0.75, label, 1.0);
        }
        assert_eq!(calibration.expected_error(), Some(0.0));
        calibration.push(1.0, false, 4.0);
        assert!((calibration.expected_error().unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(calibration.curve(), [(0.75, 0.75), (1.0, 0.0)]);
    }
}
