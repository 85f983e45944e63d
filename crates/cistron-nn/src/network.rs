mod changed;

use std::ops::Range;

use burn::tensor::{Device, Tensor};

use crate::NnError;
use crate::blocks::{Behind, Block, Pass};
use crate::plan::Plan;
use crate::weight_file::NamedTensor;
use crate::weights::{WeightSpec, Weights, from_values};

pub(crate) use changed::Changes;

/// A plan with its weights on a device.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    plan: Plan,
    ranges: Vec<Range<usize>>,
    pub(crate) weights: Weights,
    device: Device,
}

impl Network {
    /// A network with initial weights keyed by the seed.
    pub(crate) fn new(plan: Plan, seed: u64, device: &Device) -> Self {
        let mut specs: Vec<WeightSpec> = Vec::new();
        let mut ranges = Vec::new();
        for layer in &plan.layers {
            let start = specs.len();
            specs.extend(layer.weights());
            ranges.push(start..specs.len());
        }
        let weights = Weights::initial(&specs, seed, device);
        Self { plan, ranges, weights, device: device.clone() }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// `[batch, 4, length]` to `[batch, tasks, bins]`, with these weights in the place of the network's own.
    pub(crate) fn forward_with(&self, weights: &Weights, x: Tensor<3>, pass: &mut Pass) -> Tensor<3> {
        self.forward_layers(0..self.plan.layers.len(), weights, x, pass)
    }

    /// Some of the layers only, from what goes into the first of them to what comes out of the last.
    pub(crate) fn forward_layers(
        &self,
        layers: Range<usize>,
        weights: &Weights,
        mut x: Tensor<3>,
        pass: &mut Pass,
    ) -> Tensor<3> {
        let mut layers = self.plan.layers[layers.clone()].iter().zip(&self.ranges[layers]).peekable();
        while let Some((layer, range)) = layers.next() {
            // A convolution, a norm and an activation in a row are computed together.
            let norm = match layer.block {
                Block::Conv(_) => layers.next_if(|(next, _)| matches!(next.block, Block::BatchNorm(_))),
                _ => None,
            };
            let activation = match layer.block {
                Block::Conv(_) | Block::BatchNorm(_) => layers.next_if_map(|next| match next.0.block {
                    Block::Activation(activation) => Ok(activation),
                    _ => Err(next),
                }),
                _ => None,
            };
            let weights = weights.slice(range.start..norm.map_or(range.end, |(_, norm)| norm.end));
            x = match &layer.block {
                Block::Conv(conv) => conv.with(Behind { norm: norm.is_some(), activation }, x, weights, pass),
                Block::BatchNorm(norm) => norm.with(activation, x, weights, pass),
                block => block.forward(x, weights, pass),
            };
        }
        x
    }

    /// Layers up to and with the activation of the first convolution; none when it has none of its own.
    pub(crate) fn first_activation(&self) -> Option<usize> {
        let layers = &self.plan.layers;
        let first = layers.iter().position(|l| matches!(l.block, Block::Conv(_)))?;
        let behind = layers[first + 1..].iter().position(|l| !matches!(l.block, Block::BatchNorm(_)))?;
        let at = first + 1 + behind;
        matches!(layers[at].block, Block::Activation(_)).then_some(at + 1)
    }

    /// Evaluates; `[batch, 4, length]` to `[batch, tasks, bins]`.
    pub(crate) fn evaluate(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward_with(&self.weights, x, &mut Pass::evaluate())
    }

    /// Takes over the running statistics of a training pass.
    pub(crate) fn keep(&mut self, pass: Pass) {
        for (place, statistic) in pass.statistics {
            self.weights.entries[place].value = statistic;
        }
    }

    /// All weights as named host arrays.
    pub(crate) fn to_tensors(&self) -> Vec<NamedTensor> {
        let named = |w: &crate::weights::Weight| NamedTensor {
            name: w.name.clone(),
            shape: w.shape.clone(),
            values: w.values(),
        };
        self.weights.entries.iter().map(named).collect()
    }

    /// Replaces all weights by those of the same name.
    ///
    /// # Errors
    /// When one is missing or has another shape; `path` is the file they came from.
    pub(crate) fn set_tensors(
        &mut self,
        mut find: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, NnError>,
    ) -> Result<(), NnError> {
        for weight in &mut self.weights.entries {
            weight.value = from_values(find(&weight.name, &weight.shape)?, &self.device);
        }
        Ok(())
    }
}

/// The largest difference of values from others of as many, relative to the largest of those; not a number when one of them is not.
pub(crate) fn largest_difference(found: &[f32], truth: &[f32]) -> f64 {
    assert_eq!(found.len(), truth.len());
    let size = truth.iter().fold(0.0f32, |most, v| most.max(v.abs())).max(f32::MIN_POSITIVE);
    let differences = found.iter().zip(truth).map(|(a, b)| f64::from((a - b).abs() / size));
    differences.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_relative_and_nothing_hides() {
        assert_eq!(largest_difference(&[1.0, -4.0], &[2.0, -4.0]), 0.25);
        assert_eq!(largest_difference(&[0.0], &[0.0]), 0.0);
        assert!(largest_difference(&[f32::NAN, 1.0, 5.0], &[1.0, 1.0, 1.0]).is_nan());
        assert!(largest_difference(&[1.0, 1.0, 5.0], &[1.0, f32::NAN, 1.0]).is_nan());
    }
}
