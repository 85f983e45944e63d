//! Batch normalisation over `[batch, channels, positions]` with the batch's own statistics, and its gradients
//! (Ioffe and Szegedy 2015). Channels are worked on side by side; sums over a channel run in a fixed order.

use std::ops::Range;

use cistron_core::wide;
use rayon::prelude::*;

use super::activation::{Then, silu_gradient_row};
use super::rows::{Shared, rows_together, sum, sum_of_products, sum_of_squares, unset};

/// Sizes of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NormShape {
    pub batch: usize,
    pub channels: usize,
    pub positions: usize,
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NormKind {
    /// Added to the variance.
    pub epsilon: f64,
    /// What follows.
    pub then: Then,
    /// Whether the moments are given and do not depend on the values (evaluation), or are the values' own.
    pub fixed: bool,
}

/// Gradients of a normalisation.
pub(crate) struct NormGradients {
    pub x: Vec<f32>,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

wide! {
fn scale_row(x: &[f32], scale: f32, shift: f32, y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = x * scale + shift);
}
}

wide! {
/// The gradient before a rectifier of the scaled values.
fn rectifier_gradient_row(x: &[f32], dy: &[f32], scale: f32, shift: f32, dz: &mut [f32]) {
    for ((dz, x), dy) in dz.iter_mut().zip(x).zip(dy) {
        *dz = if x * scale + shift > 0.0 { *dy } else { 0.0 };
    }
}
}

wide! {
/// γ/σ · (dz − mean(dz) − x̂ · mean(dz · x̂)), in the place of dz.
fn input_gradient_row(dz: &mut [f32], x: &[f32], mean: f32, scale: f32, shift: f32, slope: f32) {
    dz.iter_mut().zip(x).for_each(|(dz, x)| *dz = scale * (*dz - shift - (x - mean) * slope));
}
}

/// What becomes of a channel's values: `scale · x + offset`.
#[derive(Clone, Copy)]
struct Scaling {
    mean: f32,
    /// One over the deviation.
    inverse: f32,
    scale: f32,
    offset: f32,
}

/// Most channels of one task.
const MOST_CHANNELS: usize = 8;

impl NormShape {
    pub(crate) fn len(&self) -> usize {
        self.batch * self.channels * self.positions
    }

    /// Values of one channel.
    fn each(&self) -> f64 {
        (self.batch * self.positions) as f64
    }

    /// The channels of each task: as many as make rows that lie together worth a run through memory.
    fn tasks(&self) -> impl ParallelIterator<Item = Range<usize>> + use<> {
        let channels = self.channels;
        let each = rows_together(self.positions, MOST_CHANNELS);
        (0..channels.div_ceil(each)).into_par_iter().map(move |task| task * each..((task + 1) * each).min(channels))
    }

    /// The rows of some channels, sample by sample as they lie: the channel's place among them and where the row starts.
    fn rows(&self, channels: Range<usize>) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Self { batch, channels: all, positions } = *self;
        (0..batch).flat_map(move |sample| {
            let start = move |(place, channel)| (place, (sample * all + channel) * positions);
            channels.clone().enumerate().map(start)
        })
    }

    /// Means, then biased variances, of the channels: `[2, channels]`.
    pub(crate) fn moments(&self, x: &[f32]) -> Vec<f32> {
        assert_eq!(x.len(), self.len());
        let of = |channels: Range<usize>| -> Vec<(f32, f32)> {
            let rows = || self.rows(channels.clone()).map(|(place, start)| (place, &x[start..start + self.positions]));
            let mut sums = [0.0f64; MOST_CHANNELS];
            rows().for_each(|(place, row)| sums[place] += sum(row));
            let means = sums.map(|sum| (sum / self.each()) as f32);
            let mut squares = [0.0f64; MOST_CHANNELS];
            rows().for_each(|(place, row)| squares[place] += sum_of_squares(row, means[place]));
            (0..channels.len()).map(|i| (means[i], (squares[i] / self.each()) as f32)).collect()
        };
        let (mut moments, variances): (Vec<f32>, Vec<f32>) = self.tasks().flat_map_iter(of).unzip();
        moments.extend(variances);
        moments
    }

    /// `gamma · (x − mean) / √(variance + epsilon) + beta`, then the activation.
    pub(crate) fn normalise(
        &self,
        x: &[f32],
        gamma: &[f32],
        beta: &[f32],
        moments: &[f32],
        kind: NormKind,
    ) -> Vec<f32> {
        assert_eq!(x.len(), self.len());
        let mut y = unset(x.len());
        if self.positions == 0 {
            return y;
        }
        y.par_chunks_exact_mut(self.positions).zip(x.par_chunks_exact(self.positions)).enumerate().for_each(
            |(row, (y, x))| {
                let Scaling { scale, offset, .. } = self.scaling(row % self.channels, gamma, beta, moments, kind);
                scale_row(x, scale, offset, y);
                kind.then.apply(y);
            },
        );
        y
    }

    /// Gradients of all three inputs; unless they are fixed, the statistics' dependence on `x` is included.
    pub(crate) fn gradients(
        &self,
        x: &[f32],
        gamma: &[f32],
        beta: &[f32],
        moments: &[f32],
        kind: NormKind,
        dy: &[f32],
    ) -> NormGradients {
        assert_eq!((x.len(), dy.len()), (self.len(), self.len()));
        let mut dx = unset(x.len());
        let out = Shared::new(&mut dx);
        let of = |channels: Range<usize>| -> Vec<(f32, f32)> {
            let parts: Vec<Scaling> = channels.clone().map(|c| self.scaling(c, gamma, beta, moments, kind)).collect();
            // The rows of dx hold the gradient before the activation until the sums are known.
            let mut sums = [(0.0f64, 0.0f64); MOST_CHANNELS];
            for (place, start) in self.rows(channels.clone()) {
                // SAFETY: the rows of a channel belong to this task alone.
                let dz = unsafe { out.slice(start, self.positions) };
                let (x, dy) = (&x[start..start + self.positions], &dy[start..start + self.positions]);
                let Scaling { mean, scale, offset, .. } = parts[place];
                match kind.then {
                    Then::Nothing => dz.copy_from_slice(dy),
                    Then::Relu => rectifier_gradient_row(x, dy, scale, offset, dz),
                    Then::Silu => silu_gradient_row(x, dy, scale, offset, dz),
                }
                sums[place].0 += sum(dz);
                sums[place].1 += sum_of_products(x, dz, mean);
            }
            // dx = γ/σ · (dz − mean(dz) − x̂ · mean(dz · x̂)); with given moments only γ/σ · dz.
            let weight = if kind.fixed { 0.0 } else { 1.0 / self.each() };
            for (place, start) in self.rows(channels) {
                // SAFETY: as above.
                let dx = unsafe { out.slice(start, self.positions) };
                let Scaling { mean, scale, inverse, .. } = parts[place];
                let (total, product) = sums[place];
                let shift = (total * weight) as f32;
                let slope = (product * f64::from(inverse) * weight) as f32 * inverse;
                input_gradient_row(dx, &x[start..start + self.positions], mean, scale, shift, slope);
            }
            let pair = |(part, (total, product)): (&Scaling, &(f64, f64))| {
                ((product * f64::from(part.inverse)) as f32, *total as f32)
            };
            parts.iter().zip(&sums).map(pair).collect()
        };
        let (gamma, beta) = self.tasks().flat_map_iter(of).unzip();
        NormGradients { x: dx, gamma, beta }
    }

    fn scaling(&self, channel: usize, gamma: &[f32], beta: &[f32], moments: &[f32], kind: NormKind) -> Scaling {
        let mean = moments[channel];
        let inverse = (1.0 / (f64::from(moments[self.channels + channel]) + kind.epsilon).sqrt()) as f32;
        let scale = gamma[channel] * inverse;
        Scaling { mean, inverse, scale, offset: beta[channel] - mean * scale }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    /// The definition, in f64.
    fn naive(s: &NormShape, x: &[f64], gamma: &[f64], beta: &[f64], then: Then, given: Option<&[f32]>) -> Vec<f64> {
        let mut y = vec![0.0; x.len()];
        for c in 0..s.channels {
            let at: Vec<usize> = s.rows(c..c + 1).flat_map(|(_, start)| start..start + s.positions).collect();
            let mean = at.iter().map(|&i| x[i]).sum::<f64>() / s.each();
            let variance = at.iter().map(|&i| (x[i] - mean).powi(2)).sum::<f64>() / s.each();
            let (mean, variance) = given.map_or((mean, variance), |g| (f64::from(g[c]), f64::from(g[s.channels + c])));
            for i in at {
                let value = gamma[c] * (x[i] - mean) / (variance + 1e-5).sqrt() + beta[c];
                y[i] = match then {
                    Then::Nothing => value,
                    Then::Relu => value.max(0.0),
                    Then::Silu => value / (1.0 + (-value).exp()),
                };
            }
        }
        y
    }

    fn double(values: &[f32]) -> Vec<f64> {
        values.iter().map(|v| f64::from(*v)).collect()
    }

    proptest! {
        #[test]
        fn values_and_finite_differences(batch in 1usize..4, channels in 1usize..4, positions in 8usize..70, seed in 0u64..500, then in 0usize..3, fixed in any::<bool>()) {
            let then = [Then::Nothing, Then::Relu, Then::Silu][then];
            let kind = NormKind { epsilon: 1e-5, then, fixed };
            let s = NormShape { batch, channels, positions };
            let (x, dy) = (numbers(seed, s.len()), numbers(seed + 9, s.len()));
            let (gamma, beta) = (numbers(seed + 1, channels), numbers(seed + 2, channels));
            let mut moments = s.moments(&x);
            if fixed {
                moments.iter_mut().for_each(|m| *m = 0.9 * *m + 0.1);
            }
            let given = fixed.then_some(moments.as_slice());
            let y = s.normalise(&x, &gamma, &beta, &moments, kind);
            let (x64, gamma64, beta64) = (double(&x), double(&gamma), double(&beta));
            // At the rectifier's kink there is no derivative to compare with.
            let before = naive(&s, &x64, &gamma64, &beta64, Then::Nothing, given);
            prop_assume!(then != Then::Relu || before.iter().all(|v| v.abs() > 1e-4));
            for (y, truth) in y.iter().zip(naive(&s, &x64, &gamma64, &beta64, then, given)) {
                prop_assert!((f64::from(*y) - truth).abs() < 1e-4, "{y} {truth}");
            }
            let loss = |x: &[f64], gamma: &[f64], beta: &[f64]| -> f64 {
                naive(&s, x, gamma, beta, then, given).iter().zip(&dy).map(|(y, d)| y * f64::from(*d)).sum()
            };
            let found = s.gradients(&x, &gamma, &beta, &moments, kind, &dy);
            let step = 1e-5;
            let difference = |values: &[f64], i: usize, of: &dyn Fn(&[f64]) -> f64| {
                let (mut up, mut down) = (values.to_vec(), values.to_vec());
                up[i] += step;
                down[i] -= step;
                (of(&up) - of(&down)) / (2.0 * step)
            };
            for i in [0, s.len() / 2, s.len() - 1] {
                let truth = difference(&x64, i, &|x| loss(x, &gamma64, &beta64));
                prop_assert!((f64::from(found.x[i]) - truth).abs() < 1e-3 * (1.0 + truth.abs()), "{} {truth}", found.x[i]);
            }
            let truth = difference(&gamma64, 0, &|g| loss(&x64, g, &beta64));
            prop_assert!((f64::from(found.gamma[0]) - truth).abs() < 1e-3 * (1.0 + truth.abs()));
            let truth = difference(&beta64, 0, &|b| loss(&x64, &gamma64, b));
            prop_assert!((f64::from(found.beta[0]) - truth).abs() < 1e-3 * (1.0 + truth.abs()));
        }
    }
}
