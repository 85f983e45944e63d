use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cistron_core::{AtomicFile, TargetSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::network::Network;
use crate::optimiser::Optimiser;
use crate::schedule::Schedule;
use crate::train::{EpochRecord, TrainJob, TrainOptions};
use crate::weight_file::{NamedTensor, WeightFile};
use crate::{ModelConfig, NnError};

/// State of a run after its last whole epoch.
///
/// `state.safetensors` holds weights, moments and, as JSON in its metadata, [`State`]; `best-NNNN.safetensors` the weights of
/// the best epoch. Both are replaced by renaming, the best weights first and the state that points to them second, so that a
/// run killed at any moment leaves a state whose best weights are there.
pub(crate) struct Checkpoint {
    run: PathBuf,
    dir: PathBuf,
}

/// What a checkpoint knows besides arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    version: u32,
    model: ModelConfig,
    target: TargetSpec,
    options: TrainOptions,
    data: Value,
    optimiser_steps: usize,
    pub(crate) schedule: Schedule,
    pub(crate) history: Vec<EpochRecord>,
}

const VERSION: u32 = 2;

impl Checkpoint {
    pub(crate) fn at(run: &Path) -> Self {
        Self { run: run.to_path_buf(), dir: run.join("checkpoint") }
    }

    fn state_path(&self) -> PathBuf {
        self.dir.join("state.safetensors")
    }

    fn best_path(&self, epoch: u64) -> PathBuf {
        self.dir.join(format!("best-{epoch:04}.safetensors"))
    }

    /// Removes what an earlier run left in the run's directory.
    pub(crate) fn clear(&self) -> Result<(), NnError> {
        // The state goes first: without it the rest is not a run.
        for path in [self.state_path(), self.run.join("log.jsonl")] {
            absent_is_fine(fs::remove_file(&path)).map_err(NnError::io(&path))?;
        }
        for path in [self.dir.clone(), self.run.join("model"), self.run.join("tensorboard")] {
            absent_is_fine(fs::remove_dir_all(&path)).map_err(NnError::io(&path))?;
        }
        fs::create_dir_all(&self.dir).map_err(NnError::io(&self.dir))
    }

    /// Stores the state after an epoch, and its weights as the best when they are; then rewrites the log.
    pub(crate) fn write(
        &self,
        job: &TrainJob<'_>,
        network: &Network,
        optimiser: &Optimiser,
        schedule: &Schedule,
        history: &[EpochRecord],
        best: bool,
    ) -> Result<(), NnError> {
        let mut tensors = network.to_tensors();
        if best {
            WeightFile::write(&self.best_path(history.len() as u64), &tensors, "")?;
        }
        let (moments, optimiser_steps) = optimiser.to_tensors(network);
        tensors.extend(moments);
        let state = State {
            version: VERSION,
            model: job.model.clone(),
            target: job.train.target().clone(),
            options: job.options.clone(),
            data: job.data.clone(),
            optimiser_steps,
            schedule: schedule.clone(),
            history: history.to_vec(),
        };
        let path = self.state_path();
        let text = serde_json::to_string(&state).map_err(|e| NnError::file(&path, e.to_string()))?;
        WeightFile::write(&path, &tensors, &text)?;
        self.remove_other_best(schedule.best.map(|(_, epoch)| epoch))?;
        self.write_log(history)
    }

    fn remove_other_best(&self, keep: Option<u64>) -> Result<(), NnError> {
        let keep = keep.map(|epoch| self.best_path(epoch));
        for entry in fs::read_dir(&self.dir).map_err(NnError::io(&self.dir))? {
            let path = entry.map_err(NnError::io(&self.dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("best-") && Some(&path) != keep.as_ref() {
                fs::remove_file(&path).map_err(NnError::io(&path))?;
            }
        }
        Ok(())
    }

    fn write_log(&self, history: &[EpochRecord]) -> Result<(), NnError> {
        let path = self.run.join("log.jsonl");
        let mut text = String::new();
        for record in history {
            text += &serde_json::to_string(record).map_err(|e| NnError::file(&path, e.to_string()))?;
            text.push('\n');
        }
        AtomicFile::write(&path, text.as_bytes()).map_err(NnError::io(&path))
    }

    /// Puts the stored state back into network and optimiser; `None` when there is no checkpoint.
    ///
    /// # Errors
    /// [`NnError::ResumeMismatch`] when the job differs from the stored one in anything but the number of epochs;
    /// [`NnError::File`] when the checkpoint is damaged.
    pub(crate) fn read(
        &self,
        job: &TrainJob<'_>,
        network: &mut Network,
        optimiser: &mut Optimiser,
    ) -> Result<Option<State>, NnError> {
        let path = self.state_path();
        if !path.exists() {
            return Ok(None);
        }
        let mut file = WeightFile::read(&path)?;
        let damaged = |why: String| {
            NnError::file(&path, format!("not a checkpoint of this version ({why}): train anew without resuming"))
        };
        let state: State = serde_json::from_str(&file.metadata).map_err(|e| damaged(e.to_string()))?;
        if state.version != VERSION {
            return Err(damaged(format!("version {}", state.version)));
        }
        self.check_same(&path, &state, job)?;
        network.set_tensors(|name, shape| file.take(&path, name, shape))?;
        optimiser.set_tensors(network, state.optimiser_steps, |name, shape| file.take(&path, name, shape))?;
        self.write_log(&state.history)?;
        Ok(Some(state))
    }

    fn check_same(&self, path: &Path, state: &State, job: &TrainJob<'_>) -> Result<(), NnError> {
        let mut options = job.options.clone();
        options.epochs = state.options.epochs;
        let json = |what: serde_json::Result<Value>| what.map_err(|e| NnError::file(path, e.to_string()));
        for (key, saved, asked) in [
            ("model", serde_json::to_value(&state.model), serde_json::to_value(job.model)),
            ("target", serde_json::to_value(&state.target), serde_json::to_value(job.train.target())),
            ("options", serde_json::to_value(&state.options), serde_json::to_value(&options)),
            ("data", Ok(state.data.clone()), Ok(job.data.clone())),
        ] {
            if let Some((key, saved, asked)) = difference(key, &json(saved)?, &json(asked)?) {
                return Err(NnError::ResumeMismatch { path: path.to_path_buf(), key, saved, asked });
            }
        }
        Ok(())
    }

    /// The best epoch's weights.
    pub(crate) fn best_weights(&self, epoch: u64) -> Result<WeightFile, NnError> {
        WeightFile::read(&self.best_path(epoch))
    }
}

/// The first key whose values differ.
fn difference(key: &str, saved: &Value, asked: &Value) -> Option<(String, String, String)> {
    match (saved, asked) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            keys.into_iter().find_map(|k| {
                let (a, b) = (a.get(k).unwrap_or(&Value::Null), b.get(k).unwrap_or(&Value::Null));
                difference(&format!("{key}.{k}"), a, b)
            })
        }
        _ if saved == asked => None,
        _ => Some((key.into(), saved.to_string(), asked.to_string())),
    }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl WeightFile {
    /// The arrays as a list sorted by name.
    pub(crate) fn named(&self) -> Vec<NamedTensor> {
        let mut all: Vec<NamedTensor> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| NamedTensor {
                name: name.clone(),
                shape: shape.clone(),
                values: values.clone(),
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_differing_key_is_named() {
        let a = json!({"seed": 1, "loss": {"x": null}});
        let b = json!({"seed": 1, "loss": {"x": "mse"}});
        let found = difference("options", &a, &b).unwrap();
        assert_eq!(found, ("options.loss.x".into(), "null".into(), "\"mse\"".into()));
        assert!(difference("options", &a, &a.clone()).is_none());
        assert_eq!(difference("o", &json!({}), &json!({"new": 1})).unwrap().0, "o.new");
    }
}
