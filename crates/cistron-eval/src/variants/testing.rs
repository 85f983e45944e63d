use cistron_core::{HeadSpec, OutputKind, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch};
use ndarray::Array3;

/// Coverage of 1 + the number of G in each bin; the second task has twice as much.
pub(super) struct ToyCoverage {
    spec: PredictorSpec,
    bin: usize,
}

impl ToyCoverage {
    pub(super) fn new(input_bp: usize, bin: usize) -> Self {
        let head = HeadSpec {
            name: "main".into(),
            kind: OutputKind::Counts,
            tasks: vec!["one".into(), "two".into()],
            bins: input_bp / bin,
            bin_bp: bin,
        };
        Self { spec: PredictorSpec { name: "toy".into(), input_bp: Some(input_bp), heads: vec![head] }, bin }
    }
}

impl Predictor for ToyCoverage {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let value = |(row, task, bin): (usize, usize, usize)| {
            let part = batch.codes.row(row);
            let guanines = part.iter().skip(bin * self.bin).take(self.bin).filter(|c| **c == 2).count();
            (task + 1) as f32 * (1 + guanines) as f32
        };
        Ok(Prediction { heads: vec![Array3::from_shape_fn((batch.len(), 2, self.spec.heads[0].bins), value)] })
    }
}
