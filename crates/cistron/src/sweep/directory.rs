use std::path::{Path, PathBuf};

use super::Shard;

/// Where everything of one sweep lies.
#[derive(Debug, Clone)]
pub(super) struct SweepDir {
    root: PathBuf,
}

impl SweepDir {
    /// The layout below `root`; nothing is created.
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    /// The run directory of a trial.
    pub(super) fn trial(&self, trial: usize) -> PathBuf {
        self.root.join("trials").join(format!("{trial:03}"))
    }

    /// What came of a trial.
    pub(super) fn record(&self, trial: usize) -> PathBuf {
        self.trial(trial).join("trial.json")
    }

    /// A dataset that trials share, by the hash of what it is built from.
    pub(super) fn dataset(&self, hash: &str) -> PathBuf {
        self.root.join("datasets").join(hash)
    }

    /// Decoded genomes.
    pub(super) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// Held while plan, genome cache and datasets are looked at or written.
    pub(super) fn shared_lock(&self) -> PathBuf {
        self.root.join("locks").join("shared")
    }

    /// Held while a trial is trained.
    pub(super) fn trial_lock(&self, trial: usize) -> PathBuf {
        self.root.join("locks").join(format!("trial-{trial:03}"))
    }

    /// Says that a shard is done.
    pub(super) fn done(&self, shard: Shard) -> PathBuf {
        self.root.join("shards").join(shard.file_name())
    }

    pub(super) fn table(&self) -> PathBuf {
        self.root.join("sweep.tsv")
    }
}
