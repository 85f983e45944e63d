//! What came of a trial.

use std::fs;
use std::path::Path;

use cistron_core::AtomicFile;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::PlannedTrial;
use crate::CistronError;

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Trained to its end.
    Finished,
    /// Trained to a rung; whether it goes on is not decided yet.
    Paused,
    /// Trained to a rung and not promoted.
    Stopped,
    /// Training failed.
    Failed,
}

impl Status {
    /// As in the files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// The score of one network of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkScore {
    /// Name of the model, with its replicate.
    pub name: String,
    /// The sweep's metric on the validation data at the best epoch.
    pub score: f64,
    /// 1-based epoch whose weights are kept.
    pub best_epoch: u64,
    /// Epochs trained.
    pub epochs: u64,
}

/// A trial at one rung; without halving there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungRecord {
    /// Epochs that the trial was allowed, those of earlier rungs included; `train.patience` may have ended it sooner.
    pub epochs_allowed: u64,
    /// Mean over the networks.
    pub score: f64,
    /// Training time from the first epoch on.
    pub seconds: f64,
    /// The networks.
    pub networks: Vec<NetworkScore>,
}

/// `trial.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Number, from 0.
    pub trial: usize,
    /// Value by key.
    pub parameters: Table,
    /// Where it stands.
    pub status: Status,
    /// Score at the last rung; none when it failed.
    pub score: Option<f64>,
    /// Epochs trained (of the network that trained longest).
    pub epochs: u64,
    /// Training time; wall time when it failed.
    pub seconds: f64,
    /// Why it failed.
    pub reason: Option<String>,
    /// Every rung that it reached.
    pub rungs: Vec<RungRecord>,
}

impl TrialRecord {
    pub(super) fn new(planned: &PlannedTrial) -> Self {
        Self {
            trial: planned.trial,
            parameters: planned.parameters.clone(),
            status: Status::Paused,
            score: None,
            epochs: 0,
            seconds: 0.0,
            reason: None,
            rungs: Vec::new(),
        }
    }

    /// Adds a rung.
    pub(super) fn reached(&mut self, rung: RungRecord, is_last: bool) {
        self.status = if is_last { Status::Finished } else { Status::Paused };
        self.score = Some(rung.score);
        self.epochs = rung.networks.iter().map(|n| n.epochs).max().unwrap_or(0);
        self.seconds = rung.seconds;
        self.rungs.push(rung);
    }

    pub(super) fn failed(&mut self, reason: String, seconds: f64) {
        self.status = Status::Failed;
        self.score = None;
        self.seconds += seconds;
        self.reason = Some(reason);
    }

    /// The record in a file; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CistronError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CistronError::io(path)(error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| broken(path, &error))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), CistronError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| broken(path, &error))?;
        AtomicFile::write(path, text.as_bytes()).map_err(CistronError::io(path))
    }
}

fn broken(path: &Path, error: &serde_json::Error) -> CistronError {
    let message = format!("is not a trial's record ({error}): remove it, and the trial is scored again");
    CistronError::RunDirectory { path: path.to_path_buf(), message }
}
