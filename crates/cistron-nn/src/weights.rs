use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use cistron_core::{Stream, keyed_rng};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// How a weight starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// Uniform in ±√(6 / inputs): keeps the variance through rectified layers (He et al. 2015, eq. 10).
    He {
        /// Inputs that one output sums over.
        inputs: usize,
    },
    /// Uniform in ±√(6 / (inputs + outputs)), for linear outputs (Glorot and Bengio 2010, eq. 16).
    Glorot {
        /// Inputs that one output sums over.
        inputs: usize,
        /// Outputs that one input feeds.
        outputs: usize,
    },
}

/// A weight that a block needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightSpec {
    /// Name within the block, e.g. `kernel`.
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Initial values.
    pub init: Init,
    /// Whether the optimiser changes it; running statistics of batch norm are not trained.
    pub trained: bool,
}

impl WeightSpec {
    pub(crate) fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>, init: Init) -> Self {
        Self { name: name.into(), shape: shape.into(), init, trained: true }
    }

    pub(crate) fn statistic(name: impl Into<String>, shape: impl Into<Vec<usize>>, init: Init) -> Self {
        Self { name: name.into(), shape: shape.into(), init, trained: false }
    }

    /// As part of something, whose name goes before its own.
    pub(crate) fn within(self, part: &str) -> Self {
        Self { name: format!("{part}.{}", self.name), ..self }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Initial values; `index` is the weight's place in the network.
    fn values(&self, seed: u64, index: u64) -> Vec<f32> {
        let bound = match self.init {
            Init::Zeros => return vec![0.0; self.len()],
            Init::Ones => return vec![1.0; self.len()],
            Init::He { inputs } => (6.0 / inputs as f64).sqrt(),
            Init::Glorot { inputs, outputs } => (6.0 / (inputs + outputs) as f64).sqrt(),
        };
        let mut rng = keyed_rng(seed, Stream::Weights, index, 0);
        (0..self.len()).map(|_| ((rng.random::<f64>() * 2.0 - 1.0) * bound) as f32).collect()
    }
}

/// One weight of a built network: a flat tensor and the shape it is used in.
#[derive(Debug, Clone)]
pub(crate) struct Weight {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) trained: bool,
    pub(crate) value: Tensor<1>,
}

impl Weight {
    pub(crate) fn values(&self) -> Vec<f32> {
        let data = self.value.to_data_as::<f32>();
        data.try_into_vec_as().unwrap_or_default()
    }
}

/// All weights of a network, in the order of its blocks.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    pub(crate) entries: Vec<Weight>,
}

impl Weights {
    /// Initial weights, keyed by the seed and the place of each weight.
    pub(crate) fn initial(specs: &[WeightSpec], seed: u64, device: &Device) -> Self {
        let entries = specs.iter().enumerate().map(|(index, spec)| Weight {
            name: spec.name.clone(),
            shape: spec.shape.clone(),
            trained: spec.trained,
            value: from_values(spec.values(seed, index as u64), device),
        });
        Self { entries: entries.collect() }
    }

    /// The same weights as leaves of an autodiff graph; running statistics stay constants.
    pub(crate) fn leaves(&self) -> Self {
        let leaf = |weight: &Weight| Weight {
            value: if weight.trained { weight.value.clone().autodiff().require_grad() } else { weight.value.clone() },
            ..weight.clone()
        };
        Self { entries: self.entries.iter().map(leaf).collect() }
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> WeightSlice<'_> {
        WeightSlice { offset: range.start, entries: &self.entries[range] }
    }
}

/// A flat tensor of these values.
pub(crate) fn from_values(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The weights of one block.
#[derive(Clone, Copy)]
pub(crate) struct WeightSlice<'a> {
    entries: &'a [Weight],
    offset: usize,
}

impl<'a> WeightSlice<'a> {
    /// The `i`-th weight in its shape.
    pub(crate) fn get<const D: usize>(&self, i: usize) -> Tensor<D> {
        let weight = &self.entries[i];
        let mut shape = [0; D];
        shape.copy_from_slice(&weight.shape);
        weight.value.clone().reshape(shape)
    }

    /// The `i`-th weight, flat.
    pub(crate) fn flat(&self, i: usize) -> Tensor<1> {
        self.entries[i].value.clone()
    }

    /// Place of the `i`-th weight in the network.
    pub(crate) fn place(&self, i: usize) -> usize {
        self.offset + i
    }

    pub(crate) fn from(&self, start: usize) -> WeightSlice<'a> {
        WeightSlice { entries: &self.entries[start..], offset: self.offset + start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_are_keyed_and_bounded() {
        let spec = WeightSpec::new("kernel", [64, 4, 19], Init::He { inputs: 76 });
        let values = spec.values(7, 3);
        assert_eq!(values, spec.values(7, 3));
        assert_ne!(values, spec.values(7, 4));
        assert_ne!(values, spec.values(8, 3));
        let bound = (6.0f32 / 76.0).sqrt();
        assert!(values.iter().all(|v| v.abs() <= bound));
        // The variance of a uniform in ±b is b²/3 = 2/76.
        let variance = values.iter().map(|v| f64::from(v * v)).sum::<f64>() / values.len() as f64;
        assert!((variance / (2.0 / 76.0) - 1.0).abs() < 0.05, "{variance}");
    }
}
