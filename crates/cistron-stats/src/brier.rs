//! Brier score of probabilities.

use crate::Undefined;

/// Mean of (probability − label)² (Brier 1950); labels are 0 or 1.
///
/// # Errors
/// [`Undefined::TooFew`] without samples.
pub fn brier(probabilities: &[f64], labels: &[bool]) -> Result<f64, Undefined> {
    let n = probabilities.len().min(labels.len());
    let sum: f64 = probabilities.iter().zip(labels).map(|(p, y)| (p - f64::from(u8::from(*y))).powi(2)).sum();
    if n == 0 { Err(Undefined::TooFew) } else { Ok(sum / n as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(brier(&[0.5; 4], &[true, false, true, true]), Ok(0.25));
        assert_eq!(brier(&[1.0, 0.0], &[true, false]), Ok(0.0));
        assert_eq!(brier(&[], &[]), Err(Undefined::TooFew));
    }
}
