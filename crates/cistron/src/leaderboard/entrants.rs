use std::path::Path;

use cistron_core::{Reporter, hash_file};
use cistron_eval::generalisation::EvaluatedModel;
use cistron_eval::{StoredPredictions, predict_to_disk};
use cistron_report::ModelKind;

use super::averaged::Averaged;
use super::finished_run::FinishedRun;
use crate::report_input::is_baseline;
use crate::{CistronError, RunDir};

/// Windows averaged at once.
const BATCH: usize = 256;

/// A model of the comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entrant {
    /// Name in the leaderboard: the model's own, or `RUN/MODEL` when several runs have one of that name.
    pub name: String,
    /// Name in its run.
    pub own_name: String,
    /// Its run, or all runs that share a baseline; indices into the runs.
    pub runs: Vec<usize>,
    pub kind: ModelKind,
}

impl Entrant {
    /// Its predictions under its name in the leaderboard; in wider bins when its run's test split is read so, and then stored in
    /// `out`.
    pub(super) fn open(
        &self,
        runs: &[FinishedRun],
        out: &Path,
        reporter: &dyn Reporter,
    ) -> Result<EvaluatedModel, CistronError> {
        let run = &runs[self.runs[0]];
        let dir = run.dir.predictions(&self.own_name);
        let stored = StoredPredictions::open(&dir).map_err(|e| CistronError::RunDirectory {
            path: dir,
            message: format!("the predictions of {} cannot be read: {e}; evaluate the study again", self.own_name),
        })?;
        let bin_bp = run.test.options().bin_bp;
        let stored = if run.is_rebinned() {
            let path = stored.dir().join("predictions.npy");
            let fingerprint = format!("{} in {bin_bp} bp", hash_file(&path).map_err(CistronError::io(&path))?);
            let to = RunDir::new(out).predictions(&self.name);
            let averaged = Averaged::new(stored.with_name(&self.name), bin_bp);
            predict_to_disk(&averaged, &run.test, BATCH, &to, &fingerprint, reporter)?
        } else {
            stored
        };
        Ok(EvaluatedModel { predictions: stored.with_name(&self.name), baseline: self.kind == ModelKind::Baseline })
    }
}

/// All models of all runs, baselines last. A baseline that predicts the same in several runs enters once.
pub(super) fn entrants(runs: &[FinishedRun]) -> Result<Vec<Entrant>, CistronError> {
    let mut models = Vec::new();
    let mut baselines: Vec<(Entrant, String)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        for name in &run.models {
            let entrant = |kind| Entrant { name: name.clone(), own_name: name.clone(), runs: vec![index], kind };
            if !is_baseline(name) {
                let precomputed = run.is_precomputed(name);
                models.push(entrant(if precomputed { ModelKind::Precomputed } else { ModelKind::Network }));
                continue;
            }
            let path = run.dir.predictions(name).join("predictions.npy");
            let hash = hash_file(&path).map_err(CistronError::io(&path))?;
            match baselines.iter_mut().find(|(e, h)| e.own_name == *name && *h == hash) {
                Some((known, _)) => known.runs.push(index),
                None => baselines.push((entrant(ModelKind::Baseline), hash)),
            }
        }
    }
    models.extend(baselines.into_iter().map(|(entrant, _)| entrant));
    let names: Vec<String> = runs.iter().map(|r| r.name.clone()).collect();
    tell_apart(&mut models, &names);
    Ok(models)
}

/// Puts the run before names that occur more than once.
fn tell_apart(entrants: &mut [Entrant], runs: &[String]) {
    let own: Vec<String> = entrants.iter().map(|e| e.own_name.clone()).collect();
    for entrant in entrants {
        if own.iter().filter(|name| **name == entrant.own_name).count() > 1 {
            entrant.name = format!("{}/{}", runs[entrant.runs[0]], entrant.own_name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_repeated_names_carry_their_run() {
        let entrant = |name: &str, run| Entrant {
            name: name.into(),
            own_name: name.into(),
            runs: vec![run],
            kind: ModelKind::Network,
        };
        let mut all = [entrant("cnn", 0), entrant("cnn", 1), entrant("basset", 1)];
        tell_apart(&mut all, &["a".into(), "b".into()]);
        assert_eq!(all.map(|e| e.name), ["a/cnn", "b/cnn", "basset"]);
    }
}
