//! Datasets that trials share.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cistron_core::{Reporter, hash_bytes};

use super::directory::SweepDir;
use super::lock::Lock;
use crate::check::build_options;
use crate::{CistronError, Study};

/// Datasets by the hash of genome section, dataset section and seed. Keys that matter only while reading (bins, normalisation) are part
/// of it too, because they lie in the dataset's manifest, which trials that run at the same time must not change under each other.
pub(super) struct Datasets<'a> {
    dir: &'a SweepDir,
    /// Those that this process has seen whole.
    ready: BTreeSet<String>,
}

impl<'a> Datasets<'a> {
    pub(super) fn new(dir: &'a SweepDir) -> Self {
        Self { dir, ready: BTreeSet::new() }
    }

    /// The hash of what a study's dataset is built from.
    pub(super) fn hash(study: &Study) -> String {
        let parts = (&study.genome, study.dataset.resolved(), study.study.seed);
        let text = serde_json::to_string(&parts).unwrap_or_else(|_| format!("{parts:?}"));
        hash_bytes(text.as_bytes())[..12].to_owned()
    }

    /// The dataset of a study, built when it is not there. One process at a time builds.
    pub(super) fn get(&mut self, study: &Study, reporter: &dyn Reporter) -> Result<PathBuf, CistronError> {
        let hash = Self::hash(study);
        let path = self.dir.dataset(&hash);
        if !self.ready.contains(&hash) {
            let _lock = Lock::wait(&self.dir.shared_lock())?;
            cistron_data::build(&build_options(study, &self.dir.cache()), &path, reporter)?;
            self.ready.insert(hash);
        }
        Ok(path)
    }
}
