use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool1d, max_pool1d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use serde::{Deserialize, Serialize};

use super::{Pass, ReceptiveField, Shape, Step};
use crate::kernels;
use crate::weights::WeightSlice;

/// Maximum over stretches of `width` positions that do not overlap; a rest at the end is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxPool {
    /// Positions pooled into one.
    pub width: usize,
}

/// Mean over stretches of `width` positions that do not overlap; there must be no rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AveragePool {
    /// Positions pooled into one.
    pub width: usize,
}

/// Mean over all positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalAveragePool;

fn pooled(field: ReceptiveField, width: usize) -> ReceptiveField {
    let wide = field.widened(width);
    ReceptiveField { step_bp: wide.step_bp * width, ..wide }
}

impl Step for MaxPool {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.width == 0 || input.positions < self.width {
            return Err(format!("{} position(s) are fewer than a pool of {}", input.positions, self.width));
        }
        Ok(Shape { positions: input.positions / self.width, ..input })
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        pooled(field, self.width)
    }

    fn describe(&self) -> String {
        format!("max-pool {}", self.width)
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        if kernels::serve(&x.device()) {
            return kernels::max_pool1d(x, self.width);
        }
        max_pool1d(x, MaxPoolOptions::new([self.width]))
    }
}

impl Step for AveragePool {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.width == 0 || input.positions == 0 || !input.positions.is_multiple_of(self.width) {
            return Err(format!("{} position(s) cannot be averaged in stretches of {}", input.positions, self.width));
        }
        Ok(Shape { positions: input.positions / self.width, ..input })
    }

    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        pooled(field, self.width)
    }

    fn describe(&self) -> String {
        format!("average-pool {}", self.width)
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        avg_pool1d(x, AvgPoolOptions::new([self.width]))
    }
}

impl Step for GlobalAveragePool {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        Ok(Shape { positions: 1, ..input })
    }

    fn receptive_field(&self, _field: ReceptiveField) -> ReceptiveField {
        ReceptiveField::WHOLE
    }

    fn describe(&self) -> String {
        "global average pool".into()
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        x.mean_dim(2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;

    #[test]
    fn pools_by_hand() {
        let input = Shape { channels: 2, positions: 5 };
        let x = vec![1.0, 5.0, 2.0, 4.0, 9.0, -1.0, -5.0, -2.0, -4.0, -9.0];
        let of = |b: Block, input, x: &[f32]| run(&b, 1, input, x.to_vec(), &mut Pass::evaluate()).1;
        assert_eq!(of(Block::MaxPool(MaxPool { width: 2 }), input, &x), [5.0, 4.0, -1.0, -2.0]);
        assert_eq!(of(Block::GlobalAveragePool(GlobalAveragePool), input, &x), [4.2, -4.2]);
        let even = Shape { channels: 1, positions: 4 };
        assert_eq!(of(Block::AveragePool(AveragePool { width: 2 }), even, &x[..4]), [3.0, 3.0]);
    }

    #[test]
    fn pools_that_do_not_fit_are_errors() {
        let input = Shape { channels: 2, positions: 5 };
        assert!(Step::output(&MaxPool { width: 6 }, input).unwrap_err().contains("fewer than a pool of 6"));
        assert!(Step::output(&AveragePool { width: 2 }, input).is_err());
    }
}
