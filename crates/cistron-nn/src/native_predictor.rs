use std::path::Path;

use cistron_core::{
    HeadSpec, OutputKind, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind,
};
use ndarray::Array3;

use crate::model_dir::{self, ModelManifest};
use crate::network::Network;
use crate::prepared_batch::sequence_tensor;
use crate::{DeviceChoice, NnError, zoo};

/// A trained network as a [`Predictor`]: no dropout, running statistics, no gradients.
///
/// It has one head, `main`: counts for profiles, logits for labels, scalars for values.
pub struct NativePredictor {
    spec: PredictorSpec,
    manifest: ModelManifest,
    network: Network,
}

impl NativePredictor {
    /// Loads a model directory, or the model of a run's directory. Its name is the preset's.
    ///
    /// # Errors
    /// When there is no whole model there, its weights do not belong to it, or the device is absent.
    pub fn load(dir: &Path, device: DeviceChoice) -> Result<Self, NnError> {
        let (manifest, mut weights, path) = model_dir::read(dir)?;
        let plan = zoo::plan(&manifest.model, &manifest.target)?;
        let mut network = Network::new(plan, 0, &device.open()?);
        network.set_tensors(|name, shape| weights.take(&path, name, shape))?;
        let target = &manifest.target;
        let head = HeadSpec {
            name: "main".into(),
            kind: match target.kind {
                TargetKind::Profile => OutputKind::Counts,
                TargetKind::Scalar => OutputKind::Scalar,
                TargetKind::Binary => OutputKind::Logits,
            },
            tasks: target.tasks.clone(),
            bins: target.bins,
            bin_bp: target.bin_bp,
        };
        let spec =
            PredictorSpec { name: manifest.model.preset.clone(), input_bp: Some(target.input_bp), heads: vec![head] };
        Ok(Self { spec, manifest, network })
    }

    /// Under another name, e.g. one that tells replicates apart.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = name.into();
        self
    }

    /// What the model directory says of the model.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }
}

impl Predictor for NativePredictor {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let head = &self.spec.heads[0];
        let shape = (batch.len(), head.tasks.len(), head.bins);
        if batch.is_empty() {
            return Ok(Prediction { heads: vec![Array3::zeros(shape)] });
        }
        if batch.input_bp() != self.manifest.target.input_bp {
            return Err(PredictError::InputLength {
                predictor: self.spec.name.clone(),
                expected: self.manifest.target.input_bp,
                found: batch.input_bp(),
            });
        }
        let failed = |message: String| PredictError::Failed { predictor: self.spec.name.clone(), message };
        let input = sequence_tensor(batch, self.manifest.model.n_encoding, self.network.device());
        let output = self.network.evaluate(input);
        let data = output.try_into_data().map_err(|e| failed(format!("the device failed: {e:?}")))?;
        let values = data.try_into_vec_as::<f32>().map_err(|e| failed(format!("{e:?}")))?;
        let values = Array3::from_shape_vec(shape, values).map_err(|e| failed(e.to_string()))?;
        Ok(Prediction { heads: vec![values] })
    }
}
