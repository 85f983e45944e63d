use cistron_stats::PearsonSums;

use super::{Loss, WeightedLoss};

impl WeightedLoss {
    /// The loss over one sequence and task, on the host in f64: the sum over its units and their number. A unit is a measured value, or the
    /// whole row for losses that are computed by row. `measured` is 0 where there is no value.
    pub(crate) fn of_row(self, predicted: &[f32], observed: &[f32], measured: Option<&[f32]>) -> (f64, usize) {
        let pairs = || {
            let all = predicted.iter().zip(observed).enumerate();
            let there = all.filter(|(i, _)| measured.is_none_or(|m| m[*i] != 0.0));
            there.map(|(_, (&x, &y))| (f64::from(x), f64::from(y)))
        };
        let n = pairs().count();
        let sum = |of: &dyn Fn(f64, f64) -> f64| pairs().map(|(x, y)| of(x, y)).sum::<f64>();
        let squared = || sum(&|x, y| (x - y) * (x - y));
        if n == 0 {
            return (0.0, 0);
        }
        let [a, b] = self.weights;
        let by_row = match self.loss {
            Loss::Poisson => return (sum(&|x, y| x - y * (x + Loss::LOG_EPSILON).ln()), n),
            Loss::Mse => return (squared(), n),
            Loss::Bce => return (sum(&|x, y| x.max(0.0) + (-x.abs()).exp().ln_1p() - y * x), n),
            Loss::Pearson => 1.0 - correlation(pairs()),
            Loss::MsePearson => a * squared() / n as f64 + b * (1.0 - correlation(pairs())),
            Loss::MultinomialMse => {
                let (predicted, observed) = (sum(&|x, _| x), sum(&|_, y| y));
                let total = (predicted + n as f64 * Loss::LOG_EPSILON).ln();
                let shape = sum(&|x, y| -y * ((x + Loss::LOG_EPSILON).ln() - total));
                a * shape + b * (predicted.ln_1p() - observed.ln_1p()).powi(2)
            }
        };
        (by_row, 1)
    }
}

/// Pearson's r with [`Loss::VARIANCE_EPSILON`] added to the variances.
fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut sums = PearsonSums::default();
    pairs.for_each(|(x, y)| sums.push(x, y));
    let (x, y, covariance) = sums.moments();
    covariance / ((x + Loss::VARIANCE_EPSILON) * (y + Loss::VARIANCE_EPSILON)).sqrt()
}
