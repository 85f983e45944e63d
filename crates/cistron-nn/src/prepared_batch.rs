use burn::tensor::{Device, Tensor, TensorData};
use cistron_core::{NEncoding, SequenceBatch, TargetBatch, TargetSpec};

use crate::{NnError, WeightedLoss};

/// A batch in the layout of the device, still on the host. Prepared by the thread that reads the data.
pub(crate) struct PreparedBatch {
    /// One-hot `[batch, 4, length]`.
    sequences: Vec<f32>,
    input_bp: usize,
    /// `[batch, tasks, bins]`, 0 where not measured.
    pub(crate) targets: Vec<f32>,
    /// 1 where measured, 0 elsewhere; `None` when everything is.
    pub(crate) measured: Option<Vec<f32>>,
    /// Units that the loss is a mean of: measured values, or rows with at least one.
    pub(crate) units: usize,
    loss: WeightedLoss,
    shape: [usize; 3],
}

impl PreparedBatch {
    /// Checks shapes and values and encodes the sequences.
    pub(crate) fn new(
        batch: TargetBatch,
        target: &TargetSpec,
        loss: WeightedLoss,
        n: NEncoding,
        split: &'static str,
    ) -> Result<Self, NnError> {
        let TargetBatch { sequences, targets } = batch;
        let shape = [sequences.len(), target.tasks.len(), target.bins];
        let found = targets.dim();
        if found != (shape[0], shape[1], shape[2]) || sequences.input_bp() != target.input_bp {
            let message = format!(
                "a batch of {} sequences of {} bp with targets {found:?} where {shape:?} of {} bp were declared",
                sequences.len(),
                sequences.input_bp(),
                target.input_bp
            );
            return Err(NnError::Data { split, message });
        }
        let mut targets = match targets.is_standard_layout() {
            true => targets.into_raw_vec_and_offset().0,
            false => targets.iter().copied().collect(),
        };
        let mut count = 0;
        for (i, &value) in targets.iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            count += 1;
            if let Some(why) = loss.loss.unsuitable(value) {
                let row = i / (shape[1] * shape[2]);
                let task = &target.tasks[i / shape[2] % shape[1]];
                let window = sequences.windows.get(row).map_or_else(String::new, |w| format!(" of {}", w.name));
                return Err(NnError::Data { split, message: format!("value {value} of task {task}{window} {why}") });
            }
        }
        let mut measured: Option<Vec<f32>> = None;
        if count < targets.len() {
            measured = Some(targets.iter().map(|v| f32::from(!v.is_nan())).collect());
            targets.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = 0.0);
        }
        let units = match &measured {
            _ if !loss.loss.is_by_row() => count,
            None => shape[0] * shape[1],
            Some(measured) => measured.chunks(shape[2]).filter(|row| row.contains(&1.0)).count(),
        };
        let input_bp = sequences.input_bp();
        Ok(Self { sequences: one_hot(&sequences, n), input_bp, targets, measured, units, loss, shape })
    }

    /// Number of sequences.
    pub(crate) fn len(&self) -> usize {
        self.shape[0]
    }

    /// Takes the sequences to the device: `[batch, 4, length]`.
    pub(crate) fn input(&mut self, device: &Device) -> Tensor<3> {
        let shape = [self.shape[0], 4, self.input_bp];
        Tensor::from_data(TensorData::new(std::mem::take(&mut self.sequences), shape), device)
    }

    /// Mean loss of the output over the units; takes the targets to the device.
    pub(crate) fn loss(self, output: Tensor<3>, device: &Device) -> Tensor<1> {
        let tensor = |values| Tensor::from_data(TensorData::new(values, self.shape), device);
        self.loss.mean(output, tensor(self.targets), self.measured.map(tensor), self.units)
    }

    /// The loss of a given output, on the host: the sum over the units.
    pub(crate) fn loss_on_host(&self, output: &[f32]) -> f64 {
        let bins = self.shape[2];
        let row = |(i, (predicted, observed))| {
            let measured = self.measured.as_ref().map(|m| &m[i * bins..(i + 1) * bins]);
            self.loss.of_row(predicted, observed, measured).0
        };
        output.chunks(bins).zip(self.targets.chunks(bins)).enumerate().map(row).sum()
    }
}

fn one_hot(sequences: &SequenceBatch, n: NEncoding) -> Vec<f32> {
    sequences.one_hot(n).into_raw_vec_and_offset().0
}

/// One-hot sequences on the device: `[batch, 4, length]`.
pub(crate) fn sequence_tensor(sequences: &SequenceBatch, n: NEncoding, device: &Device) -> Tensor<3> {
    let shape = [sequences.len(), 4, sequences.input_bp()];
    Tensor::from_data(TensorData::new(one_hot(sequences, n), shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Loss;
    use cistron_core::TargetKind;
    use ndarray::{Array2, Array3};

    fn spec() -> TargetSpec {
        TargetSpec { kind: TargetKind::Scalar, tasks: vec!["a".into(), "b".into()], bins: 1, bin_bp: 5, input_bp: 5 }
    }

    fn batch(values: Vec<f32>) -> TargetBatch {
        TargetBatch {
            sequences: SequenceBatch::anonymous(Array2::zeros((2, 5))),
            targets: Array3::from_shape_vec((2, 2, 1), values).unwrap(),
        }
    }

    #[test]
    fn nan_is_masked_and_other_bad_values_are_errors() {
        let prepare = |v| PreparedBatch::new(batch(v), &spec(), Loss::Mse.into(), NEncoding::Zero, "training");
        let full = prepare(vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!(full.measured.is_none() && full.units == 4);
        let part = prepare(vec![1.0, f32::NAN, 3.0, 4.0]).unwrap();
        assert_eq!(part.measured.unwrap(), [1.0, 0.0, 1.0, 1.0]);
        assert_eq!((part.targets[1], part.units), (0.0, 3));
        let message = prepare(vec![1.0, 2.0, 3.0, f32::INFINITY]).err().unwrap().to_string();
        assert_eq!(message, "training data: value inf of task b is not finite");
    }

    #[test]
    fn a_batch_of_another_shape_is_an_error() {
        let other = TargetSpec { tasks: vec!["a".into()], ..spec() };
        assert!(
            PreparedBatch::new(batch(vec![0.0; 4]), &other, Loss::Mse.into(), NEncoding::Zero, "training").is_err()
        );
    }
}
