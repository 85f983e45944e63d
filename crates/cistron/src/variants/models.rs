use std::path::PathBuf;
use std::str::FromStr;

use cistron_nn::{DeviceChoice, NativePredictor};

use crate::CistronError;

/// A trained network and the name it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPath {
    /// Name in tables.
    pub name: String,
    /// Model directory, or the directory of a training (RUN/models/MODEL).
    pub dir: PathBuf,
}

impl FromStr for ModelPath {
    type Err = String;

    /// `NAME=DIR`, or `DIR`, whose last part is then the name.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, dir) = match text.split_once('=') {
            Some((name, dir)) => (name.to_owned(), PathBuf::from(dir)),
            None => {
                let dir = PathBuf::from(text);
                let last = dir.components().next_back().map(|c| c.as_os_str().to_string_lossy().into_owned());
                (last.unwrap_or_default(), dir)
            }
        };
        if name.is_empty() || dir.as_os_str().is_empty() {
            return Err("write NAME=DIR or DIR, e.g. runs/yeast/models/cnn".into());
        }
        Ok(Self { name, dir })
    }
}

/// Loads the networks.
pub(super) fn load(models: &[ModelPath], device: DeviceChoice) -> Result<Vec<NativePredictor>, CistronError> {
    let mut loaded: Vec<NativePredictor> = Vec::new();
    for (index, model) in models.iter().enumerate() {
        if models[..index].iter().any(|other| other.name == model.name) {
            return Err(CistronError::input(
                "--model",
                format!("the name {:?} is given twice: write NAME=DIR to tell the models apart", model.name),
            ));
        }
        let predictor = NativePredictor::load(&model.dir, device)
            .map_err(|source| CistronError::Network { model: model.name.clone(), source })?;
        loaded.push(predictor.with_name(&model.name));
    }
    Ok(loaded)
}
