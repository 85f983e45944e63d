//! Ridge regression on standardised features from streamed normal equations; the penalty by generalised cross-validation.

use faer::prelude::Solve;
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

/// What a degree of freedom costs in generalised cross-validation. With 1, and more features than rows, the criterion can
/// choose to interpolate; 1.4 is the usual remedy (Cummins, Filloon and Nychka 2001).
const GCV_COST: f64 = 1.4;

/// Normal equations of a linear regression, added up block by block.
#[derive(Debug, Clone)]
pub struct RidgeAccumulator {
    n: f64,
    sum_x: Array1<f64>,
    sum_y: Array1<f64>,
    yy: Array1<f64>,
    xx: Array2<f64>,
    xy: Array2<f64>,
}

/// A fitted ridge: prediction = intercept + x · weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RidgeFit {
    /// One row per output, one value per feature, on the scale of the raw features.
    pub weights: Vec<Vec<f64>>,
    /// One value per output.
    pub intercept: Vec<f64>,
    /// Penalty chosen for each output, per sample (λ/n on standardised features).
    pub penalty: Vec<f64>,
}

impl RidgeAccumulator {
    /// Empty sums for `features` × `outputs`.
    pub fn new(features: usize, outputs: usize) -> Self {
        Self {
            n: 0.0,
            sum_x: Array1::zeros(features),
            sum_y: Array1::zeros(outputs),
            yy: Array1::zeros(outputs),
            xx: Array2::zeros((features, features)),
            xy: Array2::zeros((features, outputs)),
        }
    }

    /// Adds rows: features `[rows, features]`, outputs `[rows, outputs]`, all finite.
    pub fn add(&mut self, x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) {
        self.n += x.nrows() as f64;
        self.sum_x += &x.sum_axis(Axis(0));
        self.sum_y += &y.sum_axis(Axis(0));
        self.yy += &y.mapv(|v| v * v).sum_axis(Axis(0));
        ndarray::linalg::general_mat_mul(1.0, &x.t(), &x, 1.0, &mut self.xx);
        ndarray::linalg::general_mat_mul(1.0, &x.t(), &y, 1.0, &mut self.xy);
    }

    /// Adds the sums of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum_x += &other.sum_x;
        self.sum_y += &other.sum_y;
        self.yy += &other.yy;
        self.xx += &other.xx;
        self.xy += &other.xy;
    }

    /// Number of rows so far.
    pub fn rows(&self) -> f64 {
        self.n
    }

    /// Solves for the penalty in 10^-6 … 10^3 (per sample, on standardised features) with the least generalised
    /// cross-validation error (Golub, Heath and Wahba 1979), for each output on its own. Features without variance get
    /// weight 0. Without rows, or when the decomposition fails, the fit is the mean.
    pub fn fit(&self) -> RidgeFit {
        let n = self.n.max(1.0);
        let centred = Centred::new(self);
        let (features, outputs) = self.xy.dim();
        let mut fit = centred.constant(outputs);
        let Ok(eigen) = centred.gram().self_adjoint_eigen(Side::Lower) else { return fit };
        let (vectors, values) = (eigen.U(), eigen.S().column_vector());
        let spectrum: Vec<f64> = (0..features).map(|i| values[i].max(0.0)).collect();
        for output in 0..outputs {
            let covariance = centred.covariance(output);
            let rotated: Vec<f64> =
                (0..features).map(|k| (0..features).map(|i| vectors[(i, k)] * covariance[i]).sum()).collect();
            let variance = (self.yy[output] / n - centred.mean_y[output] * centred.mean_y[output]).max(0.0);
            let error = |penalty: f64| {
                let (mut residual, mut freedom) = (variance, 1.0);
                for (d, b) in spectrum.iter().zip(&rotated) {
                    let shrunk = b / (d + penalty);
                    residual += d * shrunk * shrunk - 2.0 * b * shrunk;
                    freedom += d / (d + penalty);
                }
                let left = 1.0 - GCV_COST * freedom / n;
                if left <= 0.0 { f64::INFINITY } else { residual.max(0.0) / (left * left) }
            };
            let penalties = (-24..=12).map(|e| 10f64.powf(f64::from(e) / 4.0));
            let Some((penalty, _)) = penalties.map(|p| (p, error(p))).min_by(|a, b| a.1.total_cmp(&b.1)) else {
                continue;
            };
            let mut standardised = vec![0.0; features];
            for (k, (d, b)) in spectrum.iter().zip(&rotated).enumerate() {
                let shrunk = b / (d + penalty);
                for (i, weight) in standardised.iter_mut().enumerate() {
                    *weight += vectors[(i, k)] * shrunk;
                }
            }
            centred.write(&mut fit, output, &standardised, penalty);
        }
        fit
    }

    /// Solves for a given penalty (as in [`RidgeFit::penalty`]); cheaper than the choice of one. When the system cannot be
    /// solved, the fit is the mean.
    pub fn fit_with_penalty(&self, penalty: f64) -> RidgeFit {
        let centred = Centred::new(self);
        let (features, outputs) = self.xy.dim();
        let mut fit = centred.constant(outputs);
        let mut system = centred.gram();
        for i in 0..features {
            system[(i, i)] += penalty;
        }
        let Ok(factor) = system.llt(Side::Lower) else { return fit };
        for output in 0..outputs {
            let covariance = centred.covariance(output);
            let solved = factor.solve(Mat::from_fn(features, 1, |i, _| covariance[i]));
            let standardised: Vec<f64> = (0..features).map(|i| solved[(i, 0)]).collect();
            centred.write(&mut fit, output, &standardised, penalty);
        }
        fit
    }
}

/// Means and scales of what an accumulator saw.
struct Centred<'a> {
    sums: &'a RidgeAccumulator,
    n: f64,
    mean_x: Array1<f64>,
    mean_y: Array1<f64>,
    /// 1 ÷ standard deviation; 0 for features without variance.
    scale: Vec<f64>,
}

impl<'a> Centred<'a> {
    fn new(sums: &'a RidgeAccumulator) -> Self {
        let n = sums.n.max(1.0);
        let mean_x = &sums.sum_x / n;
        let mean_y = &sums.sum_y / n;
        let scale = (0..mean_x.len())
            .map(|i| {
                let square = sums.xx[[i, i]] / n;
                let variance = square - mean_x[i] * mean_x[i];
                if variance > 1e-12 * square.max(1e-300) { variance.sqrt().recip() } else { 0.0 }
            })
            .collect();
        Self { sums, n, mean_x, mean_y, scale }
    }

    /// Correlation matrix of the features.
    fn gram(&self) -> Mat<f64> {
        let features = self.mean_x.len();
        Mat::from_fn(features, features, |i, j| {
            (self.sums.xx[[i, j]] / self.n - self.mean_x[i] * self.mean_x[j]) * self.scale[i] * self.scale[j]
        })
    }

    /// Covariance of the standardised features with one output.
    fn covariance(&self, output: usize) -> Vec<f64> {
        (0..self.mean_x.len())
            .map(|i| (self.sums.xy[[i, output]] / self.n - self.mean_x[i] * self.mean_y[output]) * self.scale[i])
            .collect()
    }

    fn constant(&self, outputs: usize) -> RidgeFit {
        RidgeFit {
            weights: vec![vec![0.0; self.mean_x.len()]; outputs],
            intercept: self.mean_y.to_vec(),
            penalty: vec![f64::MAX; outputs],
        }
    }

    fn write(&self, fit: &mut RidgeFit, output: usize, standardised: &[f64], penalty: f64) {
        let weights: Vec<f64> = standardised.iter().zip(&self.scale).map(|(w, s)| w * s).collect();
        fit.intercept[output] = self.mean_y[output] - weights.iter().zip(&self.mean_x).map(|(w, m)| w * m).sum::<f64>();
        fit.weights[output] = weights;
        fit.penalty[output] = penalty;
    }
}

impl RidgeFit {
    /// The prediction of one output for one row of raw features.
    pub fn predict(&self, output: usize, features: &[f64]) -> f64 {
        self.intercept[output] + self.weights[output].iter().zip(features).map(|(w, x)| w * x).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, keyed_rng};
    use rand::RngExt;

    fn sample(rows: usize, features: usize, noise: f64) -> (Array2<f64>, Array2<f64>) {
        let mut rng = keyed_rng(5, Stream::Simulate, 0, 0);
        let x = Array2::from_shape_fn((rows, features), |_| rng.random::<f64>());
        let y = Array2::from_shape_fn((rows, 2), |(i, o)| {
            let signal = if o == 0 { 3.0 + 2.0 * x[[i, 0]] - x[[i, 1]] } else { 0.0 };
            signal + noise * (rng.random::<f64>() - 0.5)
        });
        (x, y)
    }

    #[test]
    fn without_noise_the_line_is_found() {
        let (x, y) = sample(200, 4, 0.0);
        let mut sums = RidgeAccumulator::new(4, 2);
        sums.add(x.slice(ndarray::s![..90, ..]), y.slice(ndarray::s![..90, ..]));
        sums.add(x.slice(ndarray::s![90.., ..]), y.slice(ndarray::s![90.., ..]));
        let fit = sums.fit();
        for (weight, truth) in fit.weights[0].iter().zip([2.0, -1.0, 0.0, 0.0]) {
            assert!((weight - truth).abs() < 1e-4, "{fit:?}");
        }
        assert!((fit.predict(0, &[0.5, 0.5, 0.1, 0.9]) - 3.5).abs() < 1e-4);
        assert!(fit.weights[1].iter().all(|w| w.abs() < 1e-12));
        let fixed = sums.fit_with_penalty(fit.penalty[0]);
        let close = fixed.weights[0].iter().zip(&fit.weights[0]).all(|(a, b)| (a - b).abs() < 1e-8);
        assert!(close && (fixed.intercept[0] - fit.intercept[0]).abs() < 1e-8, "two ways to the same fit");
    }

    #[test]
    fn pure_noise_is_shrunk_and_constant_features_are_harmless() {
        let (mut x, y) = sample(60, 40, 1.0);
        x.column_mut(7).fill(2.0);
        let mut sums = RidgeAccumulator::new(40, 2);
        sums.add(x.view(), y.view());
        let fit = sums.fit();
        assert_eq!(fit.weights[0][7], 0.0);
        assert!(fit.penalty[1] > 0.1, "noise must be shrunk: {}", fit.penalty[1]);
        assert!(RidgeAccumulator::new(3, 1).fit().predict(0, &[1.0, 2.0, 3.0]) == 0.0);
    }

    #[test]
    fn more_features_than_rows_stay_finite() {
        let (x, y) = sample(20, 50, 0.1);
        let mut sums = RidgeAccumulator::new(50, 2);
        sums.add(x.view(), y.view());
        assert!(sums.fit().weights[0].iter().all(|w| w.is_finite()));
    }
}
