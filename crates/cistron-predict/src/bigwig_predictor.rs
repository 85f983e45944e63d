use std::path::PathBuf;
use std::sync::Mutex;

use cistron_core::{
    OutputKind, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind, TargetSpec,
};
use cistron_genome::{BigWig, ContigMap};
use ndarray::Array3;

use crate::LoadError;
use crate::main_head::spec_for;

/// Predictions that another tool wrote as bigWig, one file per task, averaged into the target's bins.
pub struct BigWigPredictor {
    spec: PredictorSpec,
    tracks: Mutex<Vec<(BigWig, ContigMap)>>,
}

impl BigWigPredictor {
    /// Opens one bigWig per task of a profile target, in the order of the tasks. Negative values are let through.
    ///
    /// # Errors
    /// A number of files that differs from the number of tasks, a target that is no profile, unreadable files.
    pub fn open(name: &str, files: &[(PathBuf, ContigMap)], target: &TargetSpec) -> Result<Self, LoadError> {
        if target.kind != TargetKind::Profile {
            return Err(LoadError::Options { message: "predictions in bigWig files need a profile target".into() });
        }
        if files.len() != target.tasks.len() {
            return Err(LoadError::Options {
                message: format!(
                    "{} bigWig file(s) for {} task(s); give one per task, in the order {}",
                    files.len(),
                    target.tasks.len(),
                    target.tasks.join(", ")
                ),
            });
        }
        let open = |(path, map): &(PathBuf, ContigMap)| Ok((BigWig::open(path)?.allow_negative(true), map.clone()));
        let tracks = files.iter().map(open).collect::<Result<_, LoadError>>()?;
        let mut spec = spec_for(name, target, Some(target.input_bp));
        spec.heads[0].kind = OutputKind::Counts;
        Ok(Self { spec, tracks: Mutex::new(tracks) })
    }
}

impl Predictor for BigWigPredictor {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let failed = |message: String| PredictError::Failed { predictor: self.spec.name.clone(), message };
        let head = &self.spec.heads[0];
        let mut out = Array3::zeros((batch.len(), head.tasks.len(), head.bins));
        let mut signal = vec![0.0f32; head.bins * head.bin_bp];
        let mut tracks = self.tracks.lock().map_err(|_| failed("an earlier read failed".into()))?;
        for sample in 0..batch.len() {
            let place = batch.windows.get(sample).and_then(|w| w.interval.as_ref()).ok_or_else(|| {
                failed("predictions in bigWig files need windows on a genome, and these have no place there".into())
            })?;
            for (task, (track, map)) in tracks.iter_mut().enumerate() {
                track
                    .values(map.to_foreign(&place.contig), place.start_0, &mut signal)
                    .map_err(|error| failed(error.to_string()))?;
                for (bin, values) in signal.chunks_exact(head.bin_bp).enumerate() {
                    out[[sample, task, bin]] = values.iter().sum::<f32>() / head.bin_bp as f32;
                }
            }
        }
        Ok(Prediction { heads: vec![out] })
    }
}
