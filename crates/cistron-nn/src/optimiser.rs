use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{Gradients, Tensor};

use crate::NnError;
use crate::blocks::Pass;
use crate::network::Network;
use crate::weight_file::NamedTensor;
use crate::weights::{Weights, from_values};

/// Adam (Kingma and Ba 2015; burn's, β 0.9 and 0.999, ε 1e-7 as in Keras) over the weights of a network. Its moments are kept
/// by the place of the weight, so that they can be stored and found again by name.
pub(crate) struct Optimiser {
    adam: Adam,
    states: Vec<Option<AdamState<1>>>,
}

const FIRST: &str = "first_moment";
const SECOND: &str = "second_moment";

impl Optimiser {
    pub(crate) fn new(network: &Network) -> Self {
        let adam = AdamConfig::new().with_epsilon(1e-7).build();
        Self { adam, states: network.weights.entries.iter().map(|_| None).collect() }
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
            let (value, new) = self.adam.step(learning_rate, value, gradient, state.take());
            weight.value = value;
            *state = new;
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
