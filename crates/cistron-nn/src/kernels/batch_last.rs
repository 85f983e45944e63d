//! Convolution of many short sequences: with the batch last, `[channels, positions, batch]`, the columns of every product are as many as there are
//! sequences, and nothing is computed at the zeros around them.

use rayon::prelude::*;

use super::product::{Kernel, Matrix, Right, Start, multiply};
use super::rows::{Shared, unset};
use super::transpose::turned;
use super::{ConvShape, Precision};

/// Sequences of one task.
const STRETCH: usize = 128;

impl ConvShape {
    /// As [`ConvShape::forward`], without a bias, and with one group: `[inputs, positions, batch]` to `[filters, outputs, batch]`.
    ///
    /// Output p is the sum over the taps t, whose input p + t · dilation − before there is, of `kernel[.., .., t]` times it.
    pub(crate) fn forward_batch_last(&self, x: &[f32], kernel: &[f32]) -> Vec<f32> {
        let Self { batch, inputs, positions, filters, taps, dilation, groups, before, .. } = *self;
        let outputs = self.outputs();
        assert_eq!((x.len(), kernel.len(), groups), (batch * inputs * positions, filters * inputs * taps, 1));
        let mut y = unset(filters * outputs * batch);
        if y.is_empty() {
            return y;
        }
        // A matrix for each tap.
        let weights = turned(kernel, taps);
        let matrix = |weights| Kernel::new(weights, inputs, (filters, inputs), batch * positions, Precision::Bits16);
        let kernels: Vec<Kernel<'_>> = weights.chunks_exact(filters * inputs).map(matrix).collect();
        let out = Shared::new(&mut y);
        let stretches = batch.div_ceil(STRETCH);
        (0..outputs * stretches).into_par_iter().for_each(|task| {
            let (output, first) = (task / stretches, task % stretches * STRETCH);
            let columns = STRETCH.min(batch - first);
            let target = (out.start_of(output * batch + first), outputs * batch);
            let mut start = Start::Zero;
            for (tap, kernel) in kernels.iter().enumerate() {
                let Some(input) = (output + tap * dilation).checked_sub(before).filter(|p| *p < positions) else {
                    continue;
                };
                let right = Right::Matrix(Matrix::rows(&x[input * batch + first..], positions * batch));
                // SAFETY: the matrices lie in `x`; the columns of this output belong to this task alone.
                unsafe { multiply(target, start, kernel, right, columns) };
                start = Start::Sum;
            }
            if let Start::Zero = start {
                // SAFETY: as above.
                (0..filters)
                    .for_each(|row| unsafe { out.slice((row * outputs + output) * batch + first, columns) }.fill(0.0));
            }
        });
        y
    }
}

#[cfg(test)]
mod tests {
    use super::super::Then;
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_with_the_batch_first(
            size in (1usize..150, 1usize..20, 1usize..20, 1usize..8), taps in 1usize..6, dilation in 1usize..10, padded in any::<bool>(),
        ) {
            let ((batch, inputs, filters, positions), reach) = (size, (taps - 1) * dilation);
            let padding = if padded || positions <= reach { reach } else { 0 };
            let s =
                ConvShape { batch, inputs, positions, filters, taps, dilation, groups: 1, before: padding, after: padding };
            let (x, kernel) = (numbers(1, batch * inputs * positions), numbers(2, filters * inputs * taps));
            let mut truth = vec![f32::NAN; batch * filters * s.outputs()];
            s.forward(&x, &kernel, None, Then::Nothing, Precision::Float32, &mut truth);
            let found = turned(&s.forward_batch_last(&turned(&x, inputs * positions), &kernel), batch);
            prop_assert_eq!(found.len(), truth.len());
            prop_assert!(found.iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", s);
        }
    }
}
