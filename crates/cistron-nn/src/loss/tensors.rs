use burn::tensor::{Tensor, activation};

use super::{Loss, WeightedLoss};

impl WeightedLoss {
    /// Mean over the units (see [`WeightedLoss::of_row`]), for training. `measured` is 1 where there is a value and 0 elsewhere (where
    /// `target` holds any number); `None` when all are.
    pub(crate) fn mean(
        self,
        output: Tensor<3>,
        target: Tensor<3>,
        measured: Option<Tensor<3>>,
        units: usize,
    ) -> Tensor<1> {
        let [a, b] = self.weights;
        let rows = Rows { output, target, measured };
        let each = match self.loss {
            Loss::Poisson => rows.sum(rows.poisson()),
            Loss::Mse => rows.sum(rows.squared()),
            Loss::Bce => rows.sum(rows.cross_entropy()),
            Loss::Pearson => rows.whole(rows.one_minus_r()),
            Loss::MsePearson => {
                rows.whole(rows.average(rows.squared()).mul_scalar(a) + rows.one_minus_r().mul_scalar(b))
            }
            Loss::MultinomialMse => rows.whole(rows.shape().mul_scalar(a) + rows.totals().mul_scalar(b)),
        };
        // Row by row first: a sum over millions of values at once would depend on how threads share them.
        each.sum().div_scalar(units.max(1) as f64)
    }
}

fn square(x: Tensor<3>) -> Tensor<3> {
    x.clone() * x
}

/// Sequences and tasks with their profiles, `[batch, tasks, bins]`. What is said of rows is `[batch, tasks, 1]`.
struct Rows {
    output: Tensor<3>,
    target: Tensor<3>,
    measured: Option<Tensor<3>>,
}

impl Rows {
    fn poisson(&self) -> Tensor<3> {
        let logarithm = self.output.clone().add_scalar(Loss::LOG_EPSILON).log();
        self.output.clone() - self.target.clone() * logarithm
    }

    fn squared(&self) -> Tensor<3> {
        square(self.output.clone() - self.target.clone())
    }

    fn cross_entropy(&self) -> Tensor<3> {
        // softplus(x) = −ln σ(−x)
        activation::log_sigmoid(self.output.clone().neg()).neg() - self.target.clone() * self.output.clone()
    }

    /// Of rows, 0 for those without any value.
    fn whole(&self, rows: Tensor<3>) -> Tensor<3> {
        match &self.measured {
            Some(measured) => rows * measured.clone().sum_dim(2).clamp_max(1.0),
            None => rows,
        }
    }

    /// Sum over the measured bins.
    fn sum(&self, x: Tensor<3>) -> Tensor<3> {
        let x = match &self.measured {
            Some(measured) => x * measured.clone(),
            None => x,
        };
        x.sum_dim(2)
    }

    /// Mean over the measured bins.
    fn average(&self, x: Tensor<3>) -> Tensor<3> {
        let sum = self.sum(x);
        match &self.measured {
            Some(measured) => sum / measured.clone().sum_dim(2).clamp_min(1.0),
            None => sum.div_scalar(self.output.dims()[2] as f64),
        }
    }

    fn one_minus_r(&self) -> Tensor<3> {
        let x = self.output.clone() - self.average(self.output.clone());
        let y = self.target.clone() - self.average(self.target.clone());
        let variance = |v: &Tensor<3>| self.average(square(v.clone())).add_scalar(Loss::VARIANCE_EPSILON);
        let spread = (variance(&x) * variance(&y)).sqrt();
        (self.average(x * y) / spread).neg().add_scalar(1.0)
    }

    /// −Σ y · ln(ŷ / Σŷ).
    fn shape(&self) -> Tensor<3> {
        let shifted = self.output.clone().add_scalar(Loss::LOG_EPSILON);
        let logarithms = shifted.clone().log() - self.sum(shifted).clamp_min(Loss::LOG_EPSILON).log();
        self.sum(self.target.clone() * logarithms).neg()
    }

    fn totals(&self) -> Tensor<3> {
        square(self.sum(self.output.clone()).log1p() - self.sum(self.target.clone()).log1p())
    }
}
