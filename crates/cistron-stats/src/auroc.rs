//! Area under the receiver operating characteristic.

use crate::{RankedLabels, Undefined};

/// AUROC of scores against labels; ties count one half.
///
/// # Errors
/// [`Undefined`] without positives or without negatives.
pub fn auroc(scores: &[f32], labels: &[bool]) -> Result<f64, Undefined> {
    RankedLabels::new(scores, labels).auroc(|_| 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        assert_eq!(auroc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Ok(0.75));
        assert_eq!(auroc(&[1.0, 1.0, 1.0], &[false, true, true]), Ok(0.5));
        assert_eq!(auroc(&[3.0, 2.0, 1.0], &[true, false, false]), Ok(1.0));
        assert_eq!(auroc(&[3.0], &[true]), Err(Undefined::NoNegatives));
        assert_eq!(auroc(&[3.0], &[false]), Err(Undefined::NoPositives));
    }

    #[test]
    fn weights_equal_repetition() {
        let ranked = RankedLabels::new(&[0.1, 0.4, 0.4, 0.8], &[false, true, false, true]);
        let weighted = ranked.auroc(|i| [2.0, 1.0, 3.0, 0.0][i]).unwrap();
        let repeated = auroc(&[0.1, 0.1, 0.4, 0.4, 0.4, 0.4], &[false, false, true, false, false, false]).unwrap();
        assert_eq!(weighted, repeated);
    }
}
