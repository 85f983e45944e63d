use burn::tensor::module::linear;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{Activation, BatchNorm, Behind, Conv, Init, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::kernels;
use crate::weights::WeightSlice;

/// A block of DREAM-CNN's core (Rafi et al. 2024, methods, core block of Autosome.org; after EfficientNetV2): channels are widened fourfold,
/// convolved in groups of two, weighted by squeeze and excitation, narrowed again, set beside the block's input, and
/// convolved to `filters`. Every convolution is without bias and has batch norm and SiLU behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Efficient {
    /// Filters of the output.
    pub filters: usize,
    /// Taps of the grouped and of the last convolution.
    pub kernel: usize,
}

/// How much wider than the output the inner convolution is.
const WIDER: usize = 4;
/// Channels of a group of the inner convolution.
const GROUP: usize = 2;
/// What stands behind every norm.
const SILU: Option<Activation> = Some(Activation::Silu);
/// Share of the input's channels in the squeezed layer.
const SQUEEZE: usize = 4;

impl Efficient {
    fn wide(&self) -> usize {
        WIDER * self.filters
    }

    /// The convolutions with their names and the channels that go in.
    fn convs(&self, channels: usize) -> [(&'static str, Conv, usize); 4] {
        let wide = self.wide();
        let conv = |filters, kernel| Conv::new(filters, kernel).without_bias();
        [
            ("expand", conv(wide, 1), channels),
            ("groups", conv(wide, self.kernel).grouped(wide / GROUP), wide),
            ("narrow", conv(channels, 1), wide),
            ("output", conv(self.filters, self.kernel), 2 * channels),
        ]
    }

    fn squeezed(&self, channels: usize) -> usize {
        (channels / SQUEEZE).max(1)
    }

    /// Weights of a convolution and its norm.
    const EACH: usize = 1 + BatchNorm::WEIGHTS;
}

impl Step for Efficient {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        for (_, conv, channels) in self.convs(input.channels) {
            conv.output(Shape { channels, ..input })?;
        }
        Ok(Shape { channels: self.filters, ..input })
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let mut all = Vec::new();
        for (name, conv, channels) in self.convs(input.channels) {
            let shape = Shape { channels, ..input };
            let norm = BatchNorm.weights(Shape { channels: conv.filters, ..input });
            all.extend(conv.weights(shape).into_iter().chain(norm).map(|spec| spec.within(name)));
        }
        let (wide, squeezed) = (self.wide(), self.squeezed(input.channels));
        for (name, inputs, outputs) in [("squeeze", wide, squeezed), ("excite", squeezed, wide)] {
            let init = Init::Glorot { inputs, outputs };
            all.push(WeightSpec::new("kernel", [inputs, outputs], init).within(name));
            all.push(WeightSpec::new("bias", [outputs], Init::Zeros).within(name));
        }
        all
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        // The weights of the channels are means over all positions.
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        format!("squeeze-and-excitation block {} k{}", self.filters, self.kernel)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let [batch, channels, _] = x.dims();
        let convs = self.convs(channels).map(|(_, conv, _)| conv);
        let own = |i: usize| weights.from(i * Self::EACH);
        let y = convs[0].with(Behind::norm(SILU), x.clone(), own(0), pass);
        let y = convs[1].with(Behind::norm(SILU), y, own(1), pass);
        let dense = weights.from(convs.len() * Self::EACH);
        let ours = kernels::serve(&y.device());
        let mean = if ours { kernels::squeeze(y.clone()) } else { y.clone().mean_dim(2).reshape([batch, self.wide()]) };
        let squeezed = activation::silu(linear(mean, dense.get::<2>(0), Some(dense.flat(1))));
        let excited = activation::sigmoid(linear(squeezed, dense.get::<2>(2), Some(dense.flat(3))));
        let y = if ours { kernels::excite(y, excited) } else { y * excited.reshape([batch, self.wide(), 1]) };
        let y = convs[2].with(Behind::norm(SILU), y, own(2), pass);
        convs[3].with(Behind::norm(SILU), Tensor::cat(vec![x, y], 1), own(3), pass)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;

    #[test]
    fn shapes_parameters_and_a_constant_input() {
        let input = Shape { channels: 8, positions: 9 };
        let block = Block::Efficient(Efficient { filters: 4, kernel: 7 });
        let trained: usize = block.weights(input).iter().filter(|s| s.trained).map(WeightSpec::len).sum();
        // Convolutions 16·8 + 16·2·7 + 8·16 + 4·16·7, norms 2·(16 + 16 + 8 + 4), dense 16·2 + 2 and 2·16 + 16.
        assert_eq!(trained, 128 + 224 + 128 + 448 + 88 + 34 + 48);
        // Zeros stay zeros through every stage without a bias: silu(0) = 0.
        let (shape, y) = run(&block, 2, input, vec![0.0; 144], &mut Pass::evaluate());
        assert_eq!(shape, [2, 4, 9]);
        assert!(y.iter().all(|v| v.abs() < 1e-6), "{y:?}");
        let (_, y) = run(&block, 2, input, (0..144).map(|i| (i % 7) as f32).collect(), &mut Pass::train(1, 0, 0));
        assert!(y.iter().all(|v| v.is_finite()) && y.iter().any(|v| *v > 0.1));
    }
}
