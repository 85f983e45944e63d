//! Average precision (the step-wise area under the precision-recall curve).

use crate::{RankedLabels, Undefined};

/// Average precision of scores against labels, as scikit-learn's `average_precision_score`.
///
/// # Errors
/// [`Undefined`] without positives or without negatives.
pub fn average_precision(scores: &[f32], labels: &[bool]) -> Result<f64, Undefined> {
    RankedLabels::new(scores, labels).average_precision(|_| 1.0)
}

/// Area under the precision-recall curve by the trapezoid rule, from precision 1 at recall 0, as scikit-learn's `auc` over its
/// `precision_recall_curve`: optimistic between points, and what GOPHER published.
///
/// # Errors
/// [`Undefined`] without positives or without negatives.
pub fn trapezoid(scores: &[f32], labels: &[bool]) -> Result<f64, Undefined> {
    let positives = labels.iter().filter(|l| **l).count();
    if positives == 0 {
        return Err(Undefined::NoPositives);
    }
    if positives == labels.len() {
        return Err(Undefined::NoNegatives);
    }
    let mut order: Vec<(f32, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut area, mut before) = (0.0, (0.0, 1.0));
    let (mut found, mut taken) = (0.0, 0.0);
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        found += tied.iter().filter(|t| t.1).count() as f64;
        taken += tied.len() as f64;
        let now = (found / positives as f64, found / taken);
        area += (now.0 - before.0) * (now.1 + before.1) / 2.0;
        before = now;
    }
    Ok(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        // scikit-learn's documentation: 0.83…
        let ap = average_precision(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        assert!((ap - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
        // Through (0, 1), (½, 1), (½, ½), (1, ⅔).
        let area = trapezoid(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        assert!((area - (0.5 + 0.5 * (0.5 + 2.0 / 3.0) / 2.0)).abs() < 1e-12);
        assert_eq!(trapezoid(&[1.0], &[false]), Err(Undefined::NoPositives));
        // All tied: precision is the prevalence.
        assert_eq!(average_precision(&[1.0; 4], &[true, false, false, false]), Ok(0.25));
        assert_eq!(average_precision(&[1.0], &[false]), Err(Undefined::NoPositives));
    }

    #[test]
    fn curves_begin_and_end_where_they_must() {
        let scores: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let labels: Vec<bool> = (0..100).map(|i| i % 3 == 0).collect();
        let (roc, recall) = RankedLabels::new(&scores, &labels).curves(11).unwrap();
        assert_eq!((roc.len(), roc[0], roc[10]), (11, (0.0, 0.0), (1.0, 1.0)));
        assert_eq!(recall.last(), Some(&(1.0, 0.34)));
    }
}
