use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Pass, ReceptiveField, Shape, Step};
use crate::weights::WeightSlice;

/// `channels × positions` to one position of all values, channel by channel (as PyTorch; Keras goes position by position).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten;

/// One position to `channels` channels of the values in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unflatten {
    /// Channels after it.
    pub channels: usize,
}

impl Step for Flatten {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        Ok(Shape { channels: input.channels * input.positions, positions: 1 })
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        "flatten".into()
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        let [batch, channels, positions] = x.dims();
        x.reshape([batch, channels * positions, 1])
    }
}

impl Step for Unflatten {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.channels == 0 || input.positions != 1 || !input.channels.is_multiple_of(self.channels) {
            return Err(format!("{input} values cannot be laid out in {} channels", self.channels));
        }
        Ok(Shape { channels: self.channels, positions: input.channels / self.channels })
    }

    fn describe(&self) -> String {
        format!("reshape to {} channels", self.channels)
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        let [batch, values, _] = x.dims();
        x.reshape([batch, self.channels, values / self.channels])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;

    #[test]
    fn flatten_and_back() {
        let wide = Shape { channels: 3, positions: 2 };
        let flat = Shape { channels: 6, positions: 1 };
        let x: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let (shape, y) = run(&Block::Flatten(Flatten), 2, wide, x.clone(), &mut Pass::evaluate());
        assert_eq!((shape, &y), (vec![2, 6, 1], &x));
        let back = Block::Unflatten(Unflatten { channels: 3 });
        let (shape, y) = run(&back, 2, flat, x.clone(), &mut Pass::evaluate());
        assert_eq!((shape, y), (vec![2, 3, 2], x));
        assert!(Block::Unflatten(Unflatten { channels: 4 }).output(flat).is_err());
    }
}
