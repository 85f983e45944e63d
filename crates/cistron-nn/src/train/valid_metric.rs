use cistron_core::TargetKind;
use cistron_stats::PearsonSums;
use cistron_stats::auroc::auroc;

/// Collects a validation metric per task: Pearson's r in a stream for profiles and values, AUROC for labels.
pub(super) enum ValidMetric {
    Pearson(Vec<PearsonSums>),
    Auroc(Vec<(Vec<f32>, Vec<bool>)>),
}

impl ValidMetric {
    pub(super) fn new(kind: TargetKind, tasks: usize) -> Self {
        match kind {
            TargetKind::Binary => Self::Auroc(vec![Default::default(); tasks]),
            TargetKind::Profile | TargetKind::Scalar => Self::Pearson(vec![PearsonSums::default(); tasks]),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Pearson(_) => "pearson",
            Self::Auroc(_) => "auroc",
        }
    }

    /// Adds one measured value. A label of at least 0.5 is positive.
    pub(super) fn add(&mut self, task: usize, predicted: f32, observed: f32) {
        match self {
            Self::Pearson(tasks) => tasks[task].push(f64::from(predicted), f64::from(observed)),
            Self::Auroc(tasks) => {
                tasks[task].0.push(predicted);
                tasks[task].1.push(observed >= 0.5);
            }
        }
    }

    /// Mean over the tasks where it is defined.
    pub(super) fn mean(&self) -> Option<f64> {
        let values: Vec<f64> = match self {
            Self::Pearson(tasks) => tasks.iter().filter_map(|sums| sums.pearson().ok()).collect(),
            Self::Auroc(tasks) => tasks.iter().filter_map(|(scores, labels)| auroc(scores, labels).ok()).collect(),
        };
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_tasks_are_left_out_of_the_mean() {
        let mut metric = ValidMetric::new(TargetKind::Scalar, 2);
        for (x, y) in [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)] {
            metric.add(0, x, y);
            metric.add(1, 1.0, y);
        }
        // Σ(x−x̄)(y−ȳ) = 3, Σ(x−x̄)² = Σ(y−ȳ)² = 5; the constant task is left out.
        assert!((metric.mean().unwrap() - 0.6).abs() < 1e-12);
        let mut metric = ValidMetric::new(TargetKind::Binary, 2);
        for (x, y) in [(0.1, 0.0), (0.4, 0.0), (0.35, 1.0), (0.8, 1.0)] {
            metric.add(0, x, y);
        }
        assert_eq!(metric.mean(), Some(0.75));
        assert_eq!(ValidMetric::new(TargetKind::Binary, 1).mean(), None);
    }
}
