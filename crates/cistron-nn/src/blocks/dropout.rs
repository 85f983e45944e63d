use burn::tensor::{Tensor, TensorData};
use cistron_core::{Stream, keyed_rng};
use serde::{Deserialize, Serialize};

use super::{Pass, Shape, Step};
use crate::kernels::{self, Mask};
use crate::weights::WeightSlice;

/// While training, each value is 0 with probability `rate` and divided by what is kept otherwise; no change when evaluating.
///
/// The masks are keyed by (seed, epoch, batch, order of the dropout within the network), not drawn from a device's global
/// generator, so that runs repeat bit for bit, can be resumed, and do not disturb each other. The rate is rounded to
/// 1/65536.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    /// Probability of a zero, in [0, 1).
    pub rate: f64,
}

/// Key of the next mask of a training step.
pub(super) struct MaskKey {
    seed: u64,
    epoch: u64,
    batch: u64,
    mask: u64,
}

impl MaskKey {
    pub(super) fn new(seed: u64, epoch: u64, batch: u64) -> Self {
        Self { seed, epoch, batch, mask: 0 }
    }

    /// The next mask, with the rate rounded to 1/65536.
    fn next(&mut self, rate: f64) -> Mask {
        let threshold = ((rate * 65536.0).round() as u32).min(65535) as u16;
        let base = keyed_rng(self.seed, Stream::Dropout, self.epoch, self.batch);
        let number = self.mask;
        self.mask += 1;
        Mask { base, number, threshold }
    }
}

impl Step for Dropout {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        if (0.0..1.0).contains(&self.rate) {
            Ok(input)
        } else {
            Err(format!("dropout rate {} is not in [0, 1)", self.rate))
        }
    }

    fn describe(&self) -> String {
        format!("dropout {}", (self.rate * 1e4).round() / 1e4)
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        let Some(key) = &mut pass.training else { return x };
        if self.rate <= 0.0 {
            return x;
        }
        let mask = key.next(self.rate);
        if kernels::serve(&x.device()) {
            return kernels::dropout(x, mask);
        }
        let shape = x.dims();
        let values = mask.apply(&vec![1.0; shape.iter().product()]).0;
        let device = x.device().without_autodiff();
        x * Tensor::from_data(TensorData::new(values, shape), &device)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;

    #[test]
    fn masks_are_keyed_unbiased_and_only_for_training() {
        let input = Shape { channels: 5, positions: 20_000 };
        let ones = vec![1.0; 100_000];
        let block = Block::Dropout(Dropout { rate: 0.3 });
        let of = |pass: &mut Pass| run(&block, 1, input, ones.clone(), pass).1;
        assert_eq!(of(&mut Pass::evaluate()), ones);
        let mut pass = Pass::train(1, 2, 3);
        let first = of(&mut pass);
        let zeros = first.iter().filter(|v| **v == 0.0).count() as f64 / 1e5;
        assert!((zeros - 0.3).abs() < 0.005, "{zeros}");
        let mean = first.iter().map(|v| f64::from(*v)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        // The next dropout of the same step, the next batch and another seed differ; the same key does not.
        assert_ne!(of(&mut pass), first);
        assert_ne!(of(&mut Pass::train(1, 2, 4)), first);
        assert_ne!(of(&mut Pass::train(2, 2, 3)), first);
        assert_eq!(of(&mut Pass::train(1, 2, 3)), first);
    }

    /// The gradient of Σ w·dropout(x) is w where x was kept, scaled, and 0 elsewhere: what the same mask makes of w.
    #[test]
    fn the_gradient_passes_where_values_were_kept() {
        use crate::weights::Weights;
        use burn::tensor::Device;
        let values: Vec<f32> = (0..70_000).map(|i| (i % 17) as f32 - 8.0).collect();
        let tensor = |v: &[f32]| Tensor::<3>::from_data(TensorData::new(v.to_vec(), [2, 7, 5000]), &Device::flex());
        let of = |x| {
            let none = Weights { entries: Vec::new() };
            Dropout { rate: 0.4 }.forward(x, none.slice(0..0), &mut Pass::train(1, 2, 3))
        };
        let x = tensor(&values).autodiff().require_grad();
        let w: Vec<f32> = values.iter().map(|v| v * v + 1.0).collect();
        let grads = (of(x.clone()) * tensor(&w).autodiff()).sum().backward();
        let host = |t: Tensor<3>| t.into_data().try_into_vec_as::<f32>().unwrap();
        let gradient = host(x.grad(&grads).unwrap());
        assert_eq!(gradient, host(of(tensor(&w))));
        assert!(gradient.iter().filter(|g| **g == 0.0).count() > 25_000);
    }

    #[test]
    fn masks_do_not_depend_on_threads() {
        let draw = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| MaskKey::new(4, 5, 6).next(0.1).apply(&vec![1.0; 100_001]))
        };
        assert_eq!(draw(1), draw(3));
    }
}
