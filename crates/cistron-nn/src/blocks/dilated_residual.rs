use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Activation, BatchNorm, Behind, Conv, Dropout, Init, Pass, ReceptiveField, Shape, Step, WeightSpec};
use crate::weights::WeightSlice;

/// Basenji's dilated residual (Kelley et al. 2018; GOPHER, methods): GELU, dilated convolution of fewer filters, batch norm, GELU,
/// position-wise convolution back to the channels of the input, batch norm whose scale starts at 0, dropout; the input is
/// added. The convolutions have no bias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DilatedResidual {
    /// Filters of the dilated convolution.
    pub filters: usize,
    /// Distance between its three taps in positions.
    pub dilation: usize,
    /// Dropout rate.
    pub dropout: f64,
}

impl DilatedResidual {
    const KERNEL: usize = 3;
    /// Kernel of the first convolution and weights of its norm.
    const FIRST: usize = 1 + BatchNorm::WEIGHTS;

    fn convolutions(&self, channels: usize) -> [Conv; 2] {
        [
            Conv::new(self.filters, Self::KERNEL).dilated(self.dilation).without_bias(),
            Conv::position_wise(channels).without_bias(),
        ]
    }
}

impl Step for DilatedResidual {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        let [dilated, back] = self.convolutions(input.channels);
        back.output(dilated.output(input)?)
    }

    fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let [dilated, back] = self.convolutions(input.channels);
        let narrow = Shape { channels: self.filters, ..input };
        let first = dilated.weights(input).into_iter().chain(BatchNorm.weights(narrow)).map(|spec| spec.within("0"));
        let mut last = BatchNorm.weights(input);
        last[0].init = Init::Zeros;
        let second = back.weights(narrow).into_iter().chain(last).map(|spec| spec.within("1"));
        first.chain(second).collect()
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        self.convolutions(1)[0].receptive_field(field)
    }

    fn describe(&self) -> String {
        format!("residual: gelu conv {} k{} dilation {}, gelu k1", self.filters, Self::KERNEL, self.dilation)
    }

    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let [dilated, back] = self.convolutions(x.dims()[1]);
        let y = Activation::Gelu.apply(x.clone());
        let y = dilated.with(Behind::norm(Some(Activation::Gelu)), y, weights, pass);
        let y = back.with(Behind::norm(None), y, weights.from(Self::FIRST), pass);
        x + Dropout { rate: self.dropout }.forward(y, weights, pass)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run_with};
    use super::*;
    use crate::weights::{Weights, from_values};
    use burn::tensor::Device;

    const GELU_2: f32 = 1.935_660_6; // 2 σ(3.404)

    #[test]
    fn by_hand() {
        let input = Shape { channels: 1, positions: 5 };
        let block = Block::DilatedResidual(DilatedResidual { filters: 1, dilation: 2, dropout: 0.0 });
        let device = Device::flex();
        let specs = block.weights(input);
        assert_eq!(specs.iter().filter(|s| s.trained).map(WeightSpec::len).sum::<usize>(), 3 + 2 + 1 + 2);
        let mut weights = Weights::initial(&specs, 1, &device);
        let x = vec![2.0, 0.0, 0.0, 0.0, 0.0];
        // The scale of the last norm starts at 0: the block begins as the identity.
        let (_, y) = run_with(&block, 1, input, x.clone(), &weights, &mut Pass::evaluate());
        assert_eq!(y, x);
        let position = |name: &str| specs.iter().position(|s| s.name == name).unwrap();
        weights.entries[position("0.kernel")].value = from_values(vec![1.0, 0.0, 0.0], &device);
        weights.entries[position("1.kernel")].value = from_values(vec![3.0], &device);
        weights.entries[position("1.gamma")].value = from_values(vec![1.0], &device);
        let (_, y) = run_with(&block, 1, input, x, &weights, &mut Pass::evaluate());
        // The tap two positions back brings gelu(2) to position 2; the norms divide by √(1 + ε), twice.
        let norm = 1.0 / (1.0f32 + 1e-5).sqrt();
        let inner = GELU_2 * norm;
        let expected = 3.0 * norm * inner / (1.0 + (-1.702 * inner).exp());
        for (position, (y, truth)) in y.iter().zip([2.0, 0.0, expected, 0.0, 0.0]).enumerate() {
            assert!((y - truth).abs() < 1e-5, "{position}: {y} {truth}");
        }
        assert_eq!(block.receptive_field(ReceptiveField::INPUT).width_bp, Some(5));
    }
}
