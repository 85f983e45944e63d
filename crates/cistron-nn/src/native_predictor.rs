use std::ops::Range;
use std::path::Path;

use burn::tensor::Tensor;
use cistron_core::{
    HeadSpec, OutputKind, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, TargetKind,
};
use ndarray::{Array2, Array3, s};

use crate::blocks::Pass;
use crate::model_dir::{self, ModelManifest};
use crate::network::{Changes, Network};
use crate::prepared_batch::sequence_tensor;
use crate::{DeviceChoice, NnError, zoo};

/// Longest stretch of changed bases, in bp, that is worth computing by itself: an insertion or deletion changes all that follows.
const SHORT_CHANGE: usize = 32;

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

    /// The activations of the first layer's filters, `[batch, filters, length]` row by row, and how many filters there are.
    ///
    /// # Errors
    /// When the network has no activation that still has a position per base, or the device fails.
    pub fn first_activations(&self, batch: &SequenceBatch) -> Result<(usize, Vec<f32>), NnError> {
        let (filters, layers) = self.first_layers()?;
        let input = self.tensor(batch);
        let output = self.network.forward_layers(0..layers, &self.network.weights, input, &mut Pass::evaluate());
        Ok((filters, self.values(output)?))
    }

    /// Number of filters, their activations, and activation × gradient of the mean output of each sequence, both in the shape of
    /// [`NativePredictor::first_activations`].
    ///
    /// # Errors
    /// As [`NativePredictor::first_activations`].
    pub fn first_activation_contributions(
        &self,
        batch: &SequenceBatch,
    ) -> Result<(usize, Vec<f32>, Vec<f32>), NnError> {
        let (filters, layers) = self.first_layers()?;
        let input = self.tensor(batch);
        let first = self.network.forward_layers(0..layers, &self.network.weights, input, &mut Pass::evaluate());
        let leaf = first.clone().autodiff().require_grad();
        let rest = layers..self.network.plan().layers.len();
        let leaves = self.network.weights.leaves();
        let output = self.network.forward_layers(rest, &leaves, leaf.clone(), &mut Pass::evaluate());
        let [_, tasks, bins] = output.dims();
        let gradients = output.sum().div_scalar((tasks * bins) as f64).backward();
        let gradient = leaf.grad(&gradients).ok_or_else(|| self.no_activations("no gradient reaches it"))?;
        Ok((filters, self.values(first.clone())?, self.values(first * gradient)?))
    }

    /// One-hot `[batch, 4, length]` on the device.
    fn tensor(&self, batch: &SequenceBatch) -> Tensor<3> {
        sequence_tensor(batch, self.manifest.model.n_encoding, self.network.device())
    }

    fn prediction(&self, output: Tensor<3>, shape: (usize, usize, usize)) -> Result<Prediction, PredictError> {
        let failed = |message: String| PredictError::Failed { predictor: self.spec.name.clone(), message };
        let values = self.values(output).map_err(|e| failed(e.to_string()))?;
        let values = Array3::from_shape_vec(shape, values).map_err(|e| failed(e.to_string()))?;
        Ok(Prediction { heads: vec![values] })
    }

    fn first_layers(&self) -> Result<(usize, usize), NnError> {
        let layers = self.network.first_activation().ok_or_else(|| self.no_activations("there is none"))?;
        let shape = self.network.plan().layers[layers - 1].output;
        if shape.positions != self.manifest.target.input_bp {
            return Err(self.no_activations("it has no position for each base"));
        }
        Ok((shape.channels, layers))
    }

    fn no_activations(&self, why: &str) -> NnError {
        let message = format!("the first layer's activation cannot be used: {why}");
        NnError::DoesNotFit { preset: self.manifest.model.preset.clone(), message }
    }

    fn values(&self, tensor: Tensor<3>) -> Result<Vec<f32>, NnError> {
        let device = || format!("{:?}", self.network.device());
        let failed = |message: String| NnError::Device { device: device(), message };
        let data = tensor.try_into_data().map_err(|e| failed(format!("{e:?}")))?;
        data.try_into_vec_as::<f32>().map_err(|e| failed(format!("{e:?}")))
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
        self.prediction(self.network.evaluate(self.tensor(batch)), shape)
    }

    /// Copies that differ from their sequence in a stretch of at most 32 bases are computed only where the change reaches.
    fn predict_changed(
        &self,
        references: &SequenceBatch,
        changed: &SequenceBatch,
        reference_of: &[usize],
    ) -> Result<(Prediction, Prediction), PredictError> {
        let spans: Vec<Option<Range<usize>>> = changed
            .codes
            .outer_iter()
            .zip(reference_of)
            .map(|(copy, &row)| {
                let same = |(a, b): (&u8, &u8)| a == b;
                let pairs = || copy.iter().zip(references.codes.row(row));
                let first = pairs().position(|p| !same(p))?;
                let last = pairs().rposition(|p| !same(p))?;
                Some(first..last + 1)
            })
            .collect();
        let short = |span: &Option<Range<usize>>| span.as_ref().is_none_or(|s| s.len() <= SHORT_CHANGE);
        let length = self.manifest.target.input_bp;
        let fits = references.input_bp() == length && changed.input_bp() == length;
        if !fits || references.is_empty() || changed.is_empty() || !spans.iter().all(short) {
            return Ok((self.predict(references)?, self.predict(changed)?));
        }
        let width = spans.iter().flatten().map(Range::len).max().unwrap_or(1);
        let starts: Vec<usize> = spans.iter().map(|s| s.as_ref().map_or(0, |s| s.start).min(length - width)).collect();
        let mut codes = Array2::zeros((changed.len(), width));
        for ((mut out, copy), &start) in codes.outer_iter_mut().zip(changed.codes.outer_iter()).zip(&starts) {
            out.assign(&copy.slice(s![start..start + width]));
        }
        let values = self.tensor(&SequenceBatch::anonymous(codes));
        let changes = Changes { rows: reference_of.to_vec(), starts, values };
        let (unchanged, changed_output) = self.network.evaluate_changed(self.tensor(references), changes);
        let head = &self.spec.heads[0];
        let shape = |n| (n, head.tasks.len(), head.bins);
        Ok((
            self.prediction(unchanged, shape(references.len()))?,
            self.prediction(changed_output, shape(changed.len()))?,
        ))
    }
}
