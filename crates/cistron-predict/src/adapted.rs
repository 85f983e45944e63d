use cistron_core::{
    HeadSpec, OutputKind, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind, TargetSpec,
};
use ndarray::{Array3, Axis, s};

/// How predictions become those of another target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// They fit already.
    AsTheyAre,
    /// Means of so many neighbouring bins.
    Average(usize),
    /// Each bin so many times.
    Repeat(usize),
    /// The logit is the coverage of every bin (GOPHER, task conversion).
    LogitAsCoverage(usize),
}

/// A predictor that answers a profile target with predictions at another bin, or with those of a binary model.
pub struct Adapted<P> {
    inner: P,
    spec: PredictorSpec,
    head: usize,
    how: How,
}

/// Lets a predictor answer `target`: its tasks must be the target's; finer bins are averaged, coarser ones repeated; for a profile target a
/// binary model's logit stands for the coverage of every bin.
///
/// # Errors
/// [`PredictError::NoHead`] when no head can be turned into the target.
pub fn adapt<P: Predictor>(inner: P, target: &TargetSpec) -> Result<Adapted<P>, PredictError> {
    let spec = inner.spec();
    let found = spec.heads.iter().enumerate().find_map(|(i, head)| Some((i, how(head, spec, target)?)));
    let Some((head, how)) = found else {
        // The ordinary message names what is wanted and what there is.
        return match spec.head_for(target) {
            Err(error) => Err(error),
            Ok(head) => {
                let spec = spec.clone();
                Ok(Adapted { inner, spec, head, how: How::AsTheyAre })
            }
        };
    };
    let own = &spec.heads[head];
    let adapted = HeadSpec {
        kind: if matches!(how, How::LogitAsCoverage(_)) { OutputKind::Counts } else { own.kind },
        bins: target.bins,
        bin_bp: target.bin_bp,
        ..own.clone()
    };
    let spec = PredictorSpec { heads: vec![adapted], ..spec.clone() };
    Ok(Adapted { inner, spec, head, how })
}

fn how(head: &HeadSpec, spec: &PredictorSpec, target: &TargetSpec) -> Option<How> {
    if target.kind != TargetKind::Profile || head.tasks != target.tasks {
        return None;
    }
    let length = head.bins * head.bin_bp;
    match head.kind {
        OutputKind::Logits if spec.input_bp.is_none_or(|bp| bp == target.input_bp) => {
            Some(How::LogitAsCoverage(target.bins))
        }
        OutputKind::Counts | OutputKind::LogCounts if length == target.bins * target.bin_bp => {
            if head.bin_bp == target.bin_bp {
                Some(How::AsTheyAre)
            } else if target.bin_bp.is_multiple_of(head.bin_bp) {
                Some(How::Average(target.bin_bp / head.bin_bp))
            } else if head.bin_bp.is_multiple_of(target.bin_bp) {
                Some(How::Repeat(head.bin_bp / target.bin_bp))
            } else {
                None
            }
        }
        _ => None,
    }
}

impl<P: Predictor> Predictor for Adapted<P> {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let mut values = self.inner.predict(batch)?.heads.swap_remove(self.head);
        // Counts are averaged as counts, not as logarithms.
        let logarithmic = self.spec.heads[0].kind == OutputKind::LogCounts;
        if logarithmic && matches!(self.how, How::Average(_)) {
            values.mapv_inplace(f32::exp);
        }
        let (batch, tasks, _) = values.dim();
        let bins = self.spec.heads[0].bins;
        let mut adapted = match self.how {
            How::AsTheyAre => values,
            How::Average(n) => Array3::from_shape_fn((batch, tasks, bins), |(b, t, i)| {
                let part = values.slice(s![b, t, i * n..(i + 1) * n]);
                (part.iter().map(|v| f64::from(*v)).sum::<f64>() / n as f64) as f32
            }),
            How::Repeat(n) => Array3::from_shape_fn((batch, tasks, bins), |(b, t, i)| values[[b, t, i / n]]),
            How::LogitAsCoverage(n) => {
                let repeated: Vec<_> = std::iter::repeat_n(values.index_axis(Axis(2), 0), n).collect();
                ndarray::stack(Axis(2), &repeated)
                    .map_err(|e| PredictError::Failed { predictor: self.spec.name.clone(), message: e.to_string() })?
            }
        };
        if logarithmic && matches!(self.how, How::Average(_)) {
            adapted.mapv_inplace(f32::ln);
        }
        Ok(Prediction { heads: vec![adapted] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    struct Toy(PredictorSpec, Vec<f32>);

    impl Predictor for Toy {
        fn spec(&self) -> &PredictorSpec {
            &self.0
        }
        fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
            let bins = self.0.heads[0].bins;
            Ok(Prediction { heads: vec![Array3::from_shape_fn((batch.len(), 1, bins), |(_, _, i)| self.1[i])] })
        }
    }

    fn adapted(kind: OutputKind, bin_bp: usize, values: &[f32], target_bin: usize) -> Result<Vec<f32>, String> {
        let head = HeadSpec { name: "main".into(), kind, tasks: vec!["t".into()], bins: values.len(), bin_bp };
        let toy = Toy(PredictorSpec { name: "toy".into(), input_bp: Some(8), heads: vec![head] }, values.to_vec());
        let target = TargetSpec {
            kind: TargetKind::Profile,
            tasks: vec!["t".into()],
            bins: 8 / target_bin,
            bin_bp: target_bin,
            input_bp: 8,
        };
        let adapted = adapt(toy, &target).map_err(|e| e.to_string())?;
        assert_eq!(adapted.spec().head_for(&target).map_err(|e| e.to_string())?, 0);
        let prediction =
            adapted.predict(&SequenceBatch::anonymous(Array2::zeros((1, 8)))).map_err(|e| e.to_string())?;
        Ok(prediction.heads[0].iter().copied().collect())
    }

    #[test]
    fn bins_are_averaged_and_repeated_and_logits_are_coverage() {
        assert_eq!(adapted(OutputKind::Counts, 2, &[1.0, 3.0, 5.0, 8.0], 4).unwrap(), [2.0, 6.5]);
        assert_eq!(adapted(OutputKind::Counts, 4, &[1.0, 3.0], 2).unwrap(), [1.0, 1.0, 3.0, 3.0]);
        assert_eq!(adapted(OutputKind::Counts, 4, &[1.0, 3.0], 4).unwrap(), [1.0, 3.0]);
        assert_eq!(adapted(OutputKind::Logits, 8, &[-1.5], 4).unwrap(), [-1.5, -1.5]);
        let logs = adapted(OutputKind::LogCounts, 4, &[0.0, 3.0f32.ln()], 8).unwrap();
        assert!((logs[0] - 2.0f32.ln()).abs() < 1e-6);
        assert!(adapted(OutputKind::Scalar, 8, &[1.0], 4).unwrap_err().contains("has no head for"));
    }
}
