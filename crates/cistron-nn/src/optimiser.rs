use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{Device, Gradients, Tensor};

use crate::NnError;
use crate::blocks::Pass;
use crate::kernels::{self, AdamStep};
use crate::network::Network;
use crate::train::host;
use crate::weight_file::NamedTensor;
use crate::weights::{Weights, from_values};

/// Adam (Kingma and Ba 2015; burn's and on the processor our own to the same effect, ε 1e-7 as in Keras) over the weights of a network. Its
/// moments are kept by the place of the weight, so that they can be stored and found again by name.
pub(crate) struct Optimiser {
    adam: Adam,
    states: Vec<Option<AdamState<1>>>,
}

/// Shares of the moments that are kept in a step, β.
const KEPT: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-7;

const FIRST: &str = "first_moment";
const SECOND: &str = "second_moment";

impl Optimiser {
    pub(crate) fn new(network: &Network) -> Self {
        Self { adam: adam(), states: network.weights.entries.iter().map(|_| None).collect() }
    }

    /// Forward, backward and, unless the loss is not finite, one move of the weights; the loss before it.
    pub(crate) fn descend(
        &mut self,
        network: &mut Network,
        x: Tensor<3>,
        mut pass: Pass,
        learning_rate: f64,
        loss: impl FnOnce(Tensor<3>) -> Tensor<1>,
    ) -> f64 {
        let leaves = network.weights.leaves();
        let loss = loss(network.forward_with(&leaves, x, &mut pass));
        let gradients = loss.backward();
        let value = f64::from(loss.into_scalar::<f32>());
        if value.is_finite() {
            self.step(network, leaves, gradients, learning_rate);
            network.keep(pass);
        }
        value
    }

    /// Moves the network's weights along the gradients that its leaves received.
    fn step(&mut self, network: &mut Network, leaves: Weights, mut gradients: Gradients, learning_rate: f64) {
        for ((weight, leaf), state) in network.weights.entries.iter_mut().zip(leaves.entries).zip(&mut self.states) {
            let Some(gradient) = leaf.value.grad_remove(&mut gradients) else { continue };
            // Nothing else may hold the value, so that it can change in place.
            drop(leaf);
            let device = weight.value.device();
            let value = std::mem::replace(&mut weight.value, from_values(Vec::new(), &device));
            let old = state.take();
            (weight.value, *state) = if kernels::serve(&device) {
                let (value, new) = step_on_host(learning_rate, host(value), &host(gradient), old, &device);
                (value, Some(new))
            } else {
                self.adam.step(learning_rate, value, gradient, old)
            };
        }
    }

    /// The moments as named arrays, and the number of steps taken.
    pub(crate) fn to_tensors(&self, network: &Network) -> (Vec<NamedTensor>, usize) {
        let mut all = Vec::new();
        let mut steps = 0;
        for (weight, state) in network.weights.entries.iter().zip(&self.states) {
            let Some(AdamState { momentum }) = state else { continue };
            steps = momentum.time;
            for (kind, moment) in [(FIRST, &momentum.moment_1), (SECOND, &momentum.moment_2)] {
                let values = moment.to_data().try_into_vec_as().unwrap_or_default();
                all.push(NamedTensor { name: format!("{kind}.{}", weight.name), shape: weight.shape.clone(), values });
            }
        }
        (all, steps)
    }

    /// Puts stored moments back.
    pub(crate) fn set_tensors(
        &mut self,
        network: &Network,
        steps: usize,
        mut find: impl FnMut(&str, &[usize]) -> Result<Vec<f32>, NnError>,
    ) -> Result<(), NnError> {
        for (weight, state) in network.weights.entries.iter().zip(&mut self.states) {
            if !weight.trained || steps == 0 {
                continue;
            }
            let mut moment = |kind| {
                let values = find(&format!("{kind}.{}", weight.name), &weight.shape)?;
                Ok::<_, NnError>(from_values(values, network.device()))
            };
            *state = Some(AdamState::new(AdaptiveMomentumState::new(steps, moment(FIRST)?, moment(SECOND)?)));
        }
        Ok(())
    }
}

/// Burn's.
fn adam() -> Adam {
    AdamConfig::new().with_beta_1(KEPT[0]).with_beta_2(KEPT[1]).with_epsilon(EPSILON).build()
}

/// A weight and its moments moved along a gradient, in their places.
fn step_on_host(
    learning_rate: f64,
    mut value: Vec<f32>,
    gradient: &[f32],
    state: Option<AdamState<1>>,
    device: &Device,
) -> (Tensor<1>, AdamState<1>) {
    let (before, mut first, mut second) = match state {
        Some(AdamState { momentum: AdaptiveMomentumState { time, moment_1, moment_2, .. } }) => {
            (time, host(moment_1), host(moment_2))
        }
        None => (0, vec![0.0; value.len()], vec![0.0; value.len()]),
    };
    let step = AdamStep::new(KEPT, EPSILON, learning_rate, before + 1);
    step.take(&mut value, gradient, [&mut first, &mut second]);
    let momentum = AdaptiveMomentumState::new(before + 1, from_values(first, device), from_values(second, device));
    (from_values(value, device), AdamState::new(momentum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelConfig, zoo};
    use cistron_core::{TargetKind, TargetSpec};

    /// Three moves along gradients that are given and nowhere 0: of every weight, what Adam's closed form says.
    fn check(device: &Device) {
        let target =
            TargetSpec { kind: TargetKind::Binary, tasks: vec!["a".into()], bins: 1, bin_bp: 128, input_bp: 128 };
        let model = ModelConfig { width_factor: 0.02, ..ModelConfig::new("cnn") };
        let mut network = Network::new(zoo::plan(&model, &target).unwrap(), 1, device);
        let mut optimiser = Optimiser::new(&network);
        let gradient = |step: usize, i: usize| [0.5f64, -2.0, 1e-3][i % 3] * (step + 1) as f64;
        let before: Vec<Vec<f32>> = network.weights.entries.iter().map(|w| w.values()).collect();
        for step in 0..3 {
            let leaves = network.weights.leaves();
            let mut loss = from_values(vec![0.0], device);
            for leaf in leaves.entries.iter().filter(|w| w.trained) {
                let slopes = (0..leaf.value.dims()[0]).map(|i| gradient(step, i) as f32).collect();
                loss = loss + (leaf.value.clone() * from_values(slopes, device)).sum();
            }
            let gradients = loss.backward();
            optimiser.step(&mut network, leaves, gradients, 0.01);
        }
        for (weight, before) in network.weights.entries.iter().zip(before) {
            for (i, (after, before)) in weight.values().into_iter().zip(before).enumerate() {
                let (mut first, mut second, mut truth) = (0.0, 0.0, f64::from(before));
                for step in (0..3).filter(|_| weight.trained) {
                    let (g, time) = (gradient(step, i), step as i32 + 1);
                    first = 0.9 * first + 0.1 * g;
                    second = 0.999 * second + 0.001 * g * g;
                    let (mean, spread) = (first / (1.0 - 0.9f64.powi(time)), second / (1.0 - 0.999f64.powi(time)));
                    truth -= 0.01 * mean / (spread.sqrt() + 1e-7);
                }
                assert!((f64::from(after) - truth).abs() < 1e-6, "{} {i}: {after}, {truth}", weight.name);
            }
        }
    }

    /// Weights and moments after steps with gradients of many sizes are burn's, to the last bit.
    #[test]
    fn the_own_step_is_that_of_burn() {
        let device = Device::flex();
        let values = |seed: usize, scale: f32| -> Vec<f32> {
            let value = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
            (0..40_000).map(|i| scale * value(i) * 10f32.powi((i % 13) as i32 - 9)).collect()
        };
        let (mut theirs, mut their_state) = (from_values(values(0, 1.0), &device), None);
        let (mut ours, mut our_state) = (theirs.clone(), None);
        for step in 1..=4 {
            let gradient = values(step, step as f32);
            (theirs, their_state) = adam().step(1e-3, theirs, from_values(gradient.clone(), &device), their_state);
            let (value, state) = step_on_host(1e-3, host(ours), &gradient, our_state, &device);
            (ours, our_state) = (value, Some(state));
        }
        let bits = |t: Tensor<1>| host(t).into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let (theirs_state, our_state) = (their_state.unwrap().momentum, our_state.unwrap().momentum);
        assert_eq!(theirs_state.time, our_state.time);
        assert_eq!(bits(theirs_state.moment_1), bits(our_state.moment_1));
        assert_eq!(bits(theirs_state.moment_2), bits(our_state.moment_2));
        assert_eq!(bits(theirs), bits(ours));
    }

    #[test]
    fn weights_move_as_adam_says() {
        check(&Device::flex());
    }

    #[test]
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    fn weights_move_as_adam_says_on_a_gpu() {
        if let Some(gpu) = crate::device::for_tests() {
            check(&gpu);
        }
    }
}
