use burn::tensor::Tensor;
use burn::tensor::module::conv1d;
use burn::tensor::ops::ConvOptions;
use serde::{Deserialize, Serialize};

use super::{Activation, BatchNorm, Init, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::kernels::{self, Follows, Then};
use crate::weights::WeightSlice;

/// A convolution along the sequence with "same" padding: as many positions come out as go in. When the padding is odd
/// (even kernels) the extra zero is at the end, as in Keras.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conv {
    /// Filters.
    pub filters: usize,
    /// Taps of the kernel.
    pub kernel: usize,
    /// Distance between taps in positions.
    pub dilation: usize,
    /// Groups: each sees its share of the input channels only.
    pub groups: usize,
    /// Whether this is a linear output, which starts smaller (Glorot) than a rectified layer (He).
    pub linear: bool,
    /// Whether a bias is added; a batch norm behind makes it idle.
    #[serde(default = "yes")]
    pub bias: bool,
}

const fn yes() -> bool {
    true
}

impl Conv {
    /// A hidden convolution of dilation 1.
    pub const fn new(filters: usize, kernel: usize) -> Self {
        Self { filters, kernel, dilation: 1, groups: 1, linear: false, bias: true }
    }

    /// A position-wise dense layer: kernel 1.
    pub const fn position_wise(filters: usize) -> Self {
        Self::new(filters, 1)
    }

    /// Taps `dilation` positions apart.
    pub const fn dilated(self, dilation: usize) -> Self {
        Self { dilation, ..self }
    }

    /// A linear output.
    pub const fn linear(self) -> Self {
        Self { linear: true, ..self }
    }

    /// Without a bias.
    pub const fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    /// In groups.
    pub const fn grouped(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Number of weights that the block reads.
    pub(super) const fn weights_read(&self) -> usize {
        1 + self.bias as usize
    }
}

impl Step for Conv {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.filters == 0 || self.kernel == 0 || self.dilation == 0 {
            return Err("a convolution needs at least one filter, one tap and a dilation of 1".into());
        }
        if self.groups == 0 || !input.channels.is_multiple_of(self.groups) || !self.filters.is_multiple_of(self.groups)
        {
            return Err(format!(
                "{} channels and {} filters cannot be divided in {} groups",
                input.channels, self.filters, self.groups
            ));
        }
        Ok(Shape { channels: self.filters, ..input })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let channels = input.channels / self.groups;
        let inputs = channels * self.kernel;
        let init = if self.linear {
            Init::Glorot { inputs, outputs: self.filters / self.groups * self.kernel }
        } else {
            Init::He { inputs }
        };
        let mut all = vec![WeightSpec::new("kernel", [self.filters, channels, self.kernel], init)];
        if self.bias {
            all.push(WeightSpec::new("bias", [self.filters], Init::Zeros));
        }
        all
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        field.widened((self.kernel - 1) * self.dilation + 1)
    }

    fn describe(&self) -> String {
        let mut text = format!("conv {} k{}", self.filters, self.kernel);
        if self.dilation > 1 {
            text += &format!(" dilation {}", self.dilation);
        }
        if self.groups > 1 {
            text += &format!(" in {} groups", self.groups);
        }
        text
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        self.with(Behind::default(), x, weights, pass)
    }
}

/// What is computed together with a convolution.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Behind {
    /// Batch norm, whose weights follow the convolution's.
    pub norm: bool,
    /// An activation, after the norm.
    pub activation: Option<Activation>,
}

impl Behind {
    /// A norm, then perhaps an activation.
    pub(crate) const fn norm(activation: Option<Activation>) -> Self {
        Self { norm: true, activation }
    }

    /// An activation only.
    pub(crate) const fn activation(activation: Activation) -> Self {
        Self { norm: false, activation: Some(activation) }
    }
}

impl Conv {
    /// The convolution and what stands behind it. Where nothing has to be kept for a backward pass a norm is taken into the kernel and the bias.
    pub(crate) fn with(&self, behind: Behind, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let kernel: Tensor<3> = weights.get(0);
        let bias = self.bias.then(|| weights.flat(1));
        if !behind.norm {
            return self.activated(x, kernel, bias, behind.activation);
        }
        let norm = weights.from(self.weights_read());
        if pass.is_training() || !kernels::serve_forward(&x.device()) {
            let follows = if pass.is_training() { Follows::OwnNorm } else { Follows::Activation(Then::Nothing) };
            let y = self.apply(x, kernel, bias, follows);
            return BatchNorm.with(behind.activation, y, norm, pass);
        }
        let [gamma, beta, mean, variance] = [0, 1, 2, 3].map(|i| norm.flat(i));
        let scale = gamma / variance.add_scalar(BatchNorm::EPSILON).sqrt();
        let shift = match bias {
            Some(bias) => beta + (bias - mean) * scale.clone(),
            None => beta - mean * scale.clone(),
        };
        self.activated(x, kernel * scale.reshape([self.filters, 1, 1]), Some(shift), behind.activation)
    }

    fn activated(
        &self,
        x: Tensor<3>,
        kernel: Tensor<3>,
        bias: Option<Tensor<1>>,
        activation: Option<Activation>,
    ) -> Tensor<3> {
        let then = Activation::fused(activation, &x.device());
        Activation::left(activation, then, self.apply(x, kernel, bias, Follows::Activation(then)))
    }

    fn apply(&self, x: Tensor<3>, kernel: Tensor<3>, bias: Option<Tensor<1>>, follows: Follows) -> Tensor<3> {
        if kernels::serve(&x.device()) {
            let bias = bias.unwrap_or_else(|| Tensor::zeros([self.filters], &x.device().without_autodiff()));
            return kernels::conv1d_same(x, kernel, bias, (self.dilation, self.groups), follows);
        }
        let padding = (self.kernel - 1) * self.dilation;
        let pads = (padding / 2, padding - padding / 2);
        conv1d(x, kernel, bias, ConvOptions::new_with_padding([1], [pads], [self.dilation], self.groups))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    /// The definition, in f64: y[f, i] = b[f] + Σ over c, t of w[f, c, t] · x[c, i + t·d − before].
    fn reference(conv: &Conv, input: Shape, x: &[f32], w: &[f32], b: &[f32]) -> Vec<f32> {
        let channels = input.channels / conv.groups;
        let before = ((conv.kernel - 1) * conv.dilation / 2) as isize;
        let mut y = Vec::new();
        for f in 0..conv.filters {
            let first = f / (conv.filters / conv.groups) * channels;
            for i in 0..input.positions as isize {
                let mut sum = f64::from(b[f]);
                for c in 0..channels {
                    for t in 0..conv.kernel {
                        let at = i + (t * conv.dilation) as isize - before;
                        if (0..input.positions as isize).contains(&at) {
                            let w = w[(f * channels + c) * conv.kernel + t];
                            sum += f64::from(w) * f64::from(x[(first + c) * input.positions + at as usize]);
                        }
                    }
                }
                y.push(sum as f32);
            }
        }
        y
    }

    #[test]
    fn same_padding_dilation_groups_and_even_kernels_follow_the_definition() {
        let device = Device::flex();
        let input = Shape { channels: 4, positions: 11 };
        let x: Vec<f32> = (0..44).map(|i| ((i * 7919) % 23) as f32 / 11.0 - 1.0).collect();
        for conv in [
            Conv::new(3, 5),
            Conv::new(2, 4),
            Conv::new(3, 3).dilated(4),
            Conv::new(5, 3).dilated(16),
            Conv::new(4, 3).grouped(2),
            Conv::new(8, 7).grouped(4),
            Conv::new(4, 5).grouped(4).dilated(3),
            Conv::new(2, 3).without_bias(),
            Conv::position_wise(2).grouped(2).linear(),
            Conv::position_wise(7),
        ] {
            let block = Block::Conv(conv.clone());
            let mut weights = Weights::initial(&block.weights(input), 3, &device);
            let bias: Vec<f32> = (0..conv.filters).map(|f| if conv.bias { f as f32 } else { 0.0 }).collect();
            if conv.bias {
                weights.entries[1].value = from_values(bias.clone(), &device);
            }
            let (_, y) = run_with(&block, 1, input, x.clone(), &weights, &mut Pass::evaluate());
            let truth = reference(&conv, input, &x, &weights.entries[0].values(), &bias);
            for (a, b) in y.iter().zip(&truth) {
                assert!((a - b).abs() < 1e-4, "{}: {a} {b}", conv.describe());
            }
        }
    }

    #[test]
    fn impossible_groups_are_errors() {
        assert!(Step::output(&Conv::new(4, 3).grouped(3), Shape { channels: 4, positions: 8 }).is_err());
    }

    /// With the norm taken into the kernel the values are those of one block after the other.
    #[test]
    fn norms_and_activations_behind_it() {
        let input = Shape { channels: 3, positions: 40 };
        let device = Device::flex();
        for (bias, next) in [
            (true, None),
            (false, Some(Activation::Relu)),
            (true, Some(Activation::Silu)),
            (true, Some(Activation::Gelu)),
        ] {
            let conv = Conv { bias, ..Conv::new(5, 7) };
            let output = Shape { channels: 5, ..input };
            let specs: Vec<WeightSpec> = conv.weights(input).into_iter().chain(BatchNorm.weights(output)).collect();
            let mut weights = Weights::initial(&specs, 3, &device);
            for (entry, shift) in weights.entries[conv.weights_read()..].iter_mut().zip([0.5, -0.2, 0.3, 0.4]) {
                entry.value = from_values((0..5).map(|i| 0.1 * i as f32 + shift).collect(), &device);
            }
            let x: Vec<f32> = (0..2 * 3 * 40).map(|i| ((i * 31) % 17) as f32 / 17.0 - 0.4).collect();
            let x = Tensor::<3>::from_data(burn::tensor::TensorData::new(x, [2, 3, 40]), &device);
            let all = weights.slice(0..weights.entries.len());
            let together = conv.with(Behind::norm(next), x.clone(), all, &mut Pass::evaluate());
            let mut apart = conv.forward(x, all, &mut Pass::evaluate());
            apart = BatchNorm.forward(apart, all.from(conv.weights_read()), &mut Pass::evaluate());
            if let Some(next) = next {
                apart = next.apply(apart);
            }
            let difference = (together - apart).abs().max().into_scalar::<f32>();
            assert!(difference < 2e-6, "{next:?}: {difference}");
        }
    }
}
