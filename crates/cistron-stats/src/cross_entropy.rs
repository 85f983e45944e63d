//! Binary cross-entropy of logits.

/// −ln of the probability that the logit gives to the label: ln(1 + e^z) − y·z, without overflow.
pub fn cross_entropy(logit: f64, label: bool) -> f64 {
    logit.max(0.0) - if label { logit } else { 0.0 } + (-logit.abs()).exp().ln_1p()
}

/// The probability of a logit.
pub fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert!((cross_entropy(0.0, true) - 2.0f64.ln()).abs() < 1e-15);
        assert!((cross_entropy(2.0, true) + probability(2.0).ln()).abs() < 1e-12);
        assert!((cross_entropy(2.0, false) + (1.0 - probability(2.0)).ln()).abs() < 1e-12);
        assert_eq!(cross_entropy(-1000.0, true), 1000.0);
        assert_eq!(cross_entropy(1000.0, true), 0.0);
    }
}
