use cistron_core::TargetKind;
use serde::{Deserialize, Serialize};

use crate::dataset::DatasetFiles;
use crate::{DataError, TrackTransform};

/// How windows are turned into batches. [`crate::Dataset::source_options`] gives the study's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceOptions {
    /// Which stored target: profile (signal), binary (labels) or scalar (values).
    pub target: TargetKind,
    /// Length of the model's input in bp, at most the stored windows'.
    pub input_bp: usize,
    /// Width of a profile's bins in bp; divides `input_bp`. Not used for other targets.
    pub bin_bp: usize,
    /// Seed of order and augmentation.
    pub seed: u64,
    /// In training, read each sample on the other strand with probability ½.
    pub reverse_complement: bool,
    /// In training, crop each sample at a random place of its window instead of the centre.
    pub random_shift: bool,
    /// Transforms per track, applied to the binned profile; empty for none.
    pub transforms: Vec<TrackTransform>,
}

impl SourceOptions {
    pub(super) fn check(&self, files: &DatasetFiles) -> Result<(), DataError> {
        let fail = |message: String| Err(DataError::Options { message });
        let window = files.manifest.window_bp;
        let dir = files.dir.display();
        if self.input_bp == 0 || self.input_bp > window {
            return fail(format!(
                "input_bp = {} must lie between 1 and the stored window_bp = {window}",
                self.input_bp
            ));
        }
        let (stored, name) = match self.target {
            TargetKind::Profile => (files.signal.is_some(), "profile"),
            TargetKind::Binary => (files.label.is_some(), "binary"),
            TargetKind::Scalar => (files.value.is_some(), "scalar"),
        };
        if !stored {
            let target = files.manifest.config.dataset.resolved_target();
            return fail(format!(
                "the dataset in {dir} holds no {name} targets (it was built with target = {target:?}); build it with \
                 dataset.target = \"{name}\""
            ));
        }
        if self.target == TargetKind::Profile {
            if self.bin_bp == 0 || !self.input_bp.is_multiple_of(self.bin_bp) {
                return fail(format!("bin_bp = {} does not divide input_bp = {}", self.bin_bp, self.input_bp));
            }
            let tracks = files.manifest.tasks.len();
            if !self.transforms.is_empty() && self.transforms.len() != tracks {
                return fail(format!("{} transforms for {tracks} tracks", self.transforms.len()));
            }
            if let Some(track) = self.transforms.iter().position(TrackTransform::needs_mean) {
                return fail(format!(
                    "the mean that scales track {:?} is not known; take the transforms of the dataset's manifest",
                    files.manifest.tasks[track]
                ));
            }
        }
        Ok(())
    }
}
