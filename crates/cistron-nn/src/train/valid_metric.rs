use cistron_core::TargetKind;

/// Collects a validation metric per task: Pearson's r in a stream for profiles and values, AUROC for labels.
pub(super) enum ValidMetric {
    Pearson(Vec<Correlation>),
    Auroc(Vec<Vec<(f32, bool)>>),
}

impl ValidMetric {
    pub(super) fn new(kind: TargetKind, tasks: usize) -> Self {
        match kind {
            TargetKind::Binary => Self::Auroc(vec![Vec::new(); tasks]),
            _ => Self::Pearson(vec![Correlation::default(); tasks]),
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
            Self::Pearson(tasks) => tasks[task].add(f64::from(predicted), f64::from(observed)),
            Self::Auroc(tasks) => tasks[task].push((predicted, observed >= 0.5)),
        }
    }

    /// Mean over the tasks where it is defined.
    pub(super) fn mean(self) -> Option<f64> {
        let values: Vec<f64> = match self {
            Self::Pearson(tasks) => tasks.iter().filter_map(Correlation::value).collect(),
            Self::Auroc(tasks) => tasks.into_iter().filter_map(auroc).collect(),
        };
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// Pearson's r in a stream (Welford's update).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Correlation {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Correlation {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx / self.n;
        self.mean_y += dy / self.n;
        self.xx += dx * (x - self.mean_x);
        self.yy += dy * (y - self.mean_y);
        self.xy += dx * (y - self.mean_y);
    }

    fn value(&self) -> Option<f64> {
        let r = self.xy / (self.xx.sqrt() * self.yy.sqrt());
        r.is_finite().then(|| r.clamp(-1.0, 1.0))
    }
}

/// Area under the ROC curve: the share of pairs of a positive and a negative in the right order, ties counting half.
fn auroc(mut scored: Vec<(f32, bool)>) -> Option<f64> {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut positives, mut negatives, mut ordered) = (0.0, 0.0, 0.0);
    for ties in scored.chunk_by(|a, b| a.0 == b.0) {
        let p = ties.iter().filter(|s| s.1).count() as f64;
        let n = ties.len() as f64 - p;
        ordered += p * (negatives + n / 2.0);
        positives += p;
        negatives += n;
    }
    (positives > 0.0 && negatives > 0.0).then(|| ordered / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pearson_and_auroc_of_known_answer() {
        let mut metric = ValidMetric::new(TargetKind::Scalar, 2);
        for (x, y) in [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)] {
            metric.add(0, x, y);
            metric.add(1, 1.0, y);
        }
        // Σ(x−x̄)(y−ȳ) = 3, Σ(x−x̄)² = Σ(y−ȳ)² = 5; the constant task is left out.
        assert!((metric.mean().unwrap() - 0.6).abs() < 1e-12);
        let mut metric = ValidMetric::new(TargetKind::Binary, 1);
        for (x, y) in [(0.1, 0.0), (0.4, 0.0), (0.35, 1.0), (0.8, 1.0)] {
            metric.add(0, x, y);
        }
        assert_eq!(metric.mean(), Some(0.75));
        assert_eq!(auroc(vec![(1.0, true), (1.0, false)]), Some(0.5));
        assert_eq!(auroc(vec![(1.0, true)]), None);
    }
}
