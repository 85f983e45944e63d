//! Logistic calibration of a score (Platt 1999, with his smoothed targets).

use serde::{Deserialize, Serialize};

use crate::cross_entropy::probability;

/// logit = slope × score + intercept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platt {
    /// Factor on the score.
    pub slope: f64,
    /// Logit at score 0.
    pub intercept: f64,
}

impl Platt {
    /// Fits by damped Newton steps on the smoothed targets (n₊ + 1) ÷ (n₊ + 2) and 1 ÷ (n₋ + 2).
    pub fn fit(scores: &[f64], labels: &[bool]) -> Self {
        let n = scores.len().max(1) as f64;
        let positives = labels.iter().filter(|l| **l).count() as f64;
        let negatives = labels.len() as f64 - positives;
        let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
        let prior = ((positives + 0.5) / (negatives + 0.5)).ln();
        let mean = scores.iter().sum::<f64>() / n;
        let spread = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n).sqrt();
        if spread.is_nan() || spread <= 1e-12 {
            return Self { slope: 0.0, intercept: prior };
        }
        // Standardised scores, so that the steps are well scaled.
        let (mut a, mut b) = (0.0, prior);
        for _ in 0..100 {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
            for (score, label) in scores.iter().zip(labels) {
                let z = (score - mean) / spread;
                let p = probability(a * z + b);
                let residual = p - if *label { high } else { low };
                let w = p * (1.0 - p);
                ga += residual * z;
                gb += residual;
                haa += w * z * z;
                hab += w * z;
                hbb += w;
            }
            let det = haa * hbb - hab * hab;
            let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
            // Far from the optimum a full step can overshoot where the curvature vanishes.
            let damping = 1.0f64.min(2.0 / da.hypot(db).max(1e-12));
            a -= damping * da;
            b -= damping * db;
            if da.abs() + db.abs() < 1e-10 {
                break;
            }
        }
        Self { slope: a / spread, intercept: b - a * mean / spread }
    }

    /// The logit of a score.
    pub fn logit(&self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_get_their_own_rates() {
        // 30 of 100 positive at score 0, 80 of 100 at score 1: two parameters meet both (smoothed) rates exactly.
        let scores: Vec<f64> = (0..200).map(|i| f64::from(i / 100)).collect();
        let labels: Vec<bool> = (0..200).map(|i| i % 100 < if i < 100 { 30 } else { 80 }).collect();
        let fit = Platt::fit(&scores, &labels);
        let (high, low) = (111.0 / 112.0, 1.0 / 92.0);
        for (score, share) in [(0.0, 0.3), (1.0, 0.8)] {
            let expected = share * high + (1.0 - share) * low;
            assert!((probability(fit.logit(score)) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn degenerate_input_gives_the_prior() {
        let fit = Platt::fit(&[1.0; 4], &[true, false, false, false]);
        assert_eq!(fit.slope, 0.0);
        assert!(fit.intercept < 0.0);
        let separable = Platt::fit(&[0.0, 0.1, 0.9, 1.0], &[false, false, true, true]);
        assert!(separable.slope.is_finite() && separable.slope > 0.0);
    }
}
