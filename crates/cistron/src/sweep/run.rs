//! Running the trials of a shard.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cistron_core::{AtomicFile, Reporter};
use cistron_nn::NnError;

use super::datasets::Datasets;
use super::directory::SweepDir;
use super::lock::Lock;
use super::{MergeSummary, Method, NetworkScore, Plan, RungRecord, Shard, Status, TrialRecord, merge};
use crate::check::{check_data, check_training};
use crate::{CistronError, DeviceChoice, RunOptions, Stage, Study, TrainedNetwork};

/// How to run a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepOptions {
    /// The sweep's directory.
    pub out: PathBuf,
    /// The trials to run.
    pub shard: Shard,
    /// Where networks run.
    pub device: DeviceChoice,
}

/// What a sweep did.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepSummary {
    /// The sweep's directory.
    pub out: PathBuf,
    /// The trials that were run.
    pub shard: Shard,
    /// Number of trials by what came of them.
    pub counts: BTreeMap<&'static str, usize>,
    /// Table and report, when the whole sweep was run.
    pub merged: Option<MergeSummary>,
}

/// Runs the trials of a shard, or goes on where an earlier call was interrupted: trials with a whole record are not run again. A trial
/// whose training fails is recorded with the reason; a mistake in the input ends the sweep. The whole sweep is merged at its end.
///
/// # Errors
/// Problems of the sweep file, of the studies that it makes or of their data, before any training; another sweep in the directory;
/// later, whatever hinders a stage.
pub fn run_sweep(path: &Path, options: &SweepOptions, reporter: &dyn Reporter) -> Result<SweepSummary, CistronError> {
    options.device.check().map_err(|source| CistronError::Network { model: "device".into(), source })?;
    let plan = Plan::read(path)?;
    let dir = SweepDir::new(&options.out);
    {
        let _lock = Lock::wait(&dir.shared_lock())?;
        plan.keep(&dir)?;
    }
    let done = dir.done(options.shard);
    match fs::remove_file(&done) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(CistronError::io(&done)(error)),
        _ => {}
    }
    let trials: Vec<usize> = (0..plan.trials.len()).filter(|trial| options.shard.holds(*trial)).collect();
    let mut runner = Runner { plan: &plan, dir: &dir, options, datasets: Datasets::new(&dir), reporter };
    runner.check(&trials)?;
    runner.run(&trials)?;
    let mut counts = BTreeMap::new();
    for trial in &trials {
        if let Some(record) = TrialRecord::read(&dir.record(*trial))? {
            *counts.entry(record.status.name()).or_insert(0) += 1;
        }
    }
    AtomicFile::write(&done, format!("{} trials\n", trials.len()).as_bytes()).map_err(CistronError::io(&done))?;
    let merged = if options.shard.is_whole() { Some(merge(&options.out)?) } else { None };
    Ok(SweepSummary { out: options.out.clone(), shard: options.shard, counts, merged })
}

struct Runner<'a> {
    plan: &'a Plan,
    dir: &'a SweepDir,
    options: &'a SweepOptions,
    datasets: Datasets<'a>,
    reporter: &'a dyn Reporter,
}

impl Runner<'_> {
    /// Everything that shows before training: data of every distinct dataset, models and options of every trial.
    fn check(&self, trials: &[usize]) -> Result<(), CistronError> {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for &trial in trials {
            if let Ok(study) = self.plan.study(&self.plan.trials[trial], None) {
                kinds.entry(Datasets::hash(&study)).or_insert(trial);
            }
        }
        let firsts: BTreeSet<usize> = kinds.into_values().collect();
        // One process at a time decodes a genome.
        let _lock = Lock::wait(&self.dir.shared_lock())?;
        let problems = self.plan.problems_of(trials.iter().copied(), |trial| match self.plan.study(trial, None) {
            Err(problems) => problems,
            Ok(study) => {
                let is_first = firsts.contains(&trial.trial);
                let mut problems = if is_first { check_data(&study, &self.dir.cache()) } else { Vec::new() };
                problems.extend(check_training(&study));
                problems
            }
        });
        if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
    }

    /// Rung by rung; without halving there is one rung, of as many epochs as the study says.
    fn run(&mut self, trials: &[usize]) -> Result<(), CistronError> {
        let halving = self.plan.file.asha.filter(|_| self.plan.file.sweep.method == Method::Asha);
        let rungs: Vec<Option<u64>> = halving.map_or(vec![None], |h| h.rungs().into_iter().map(Some).collect());
        let mut running = trials.to_vec();
        for (level, epochs) in rungs.iter().enumerate() {
            let is_last = level + 1 == rungs.len();
            let mut scores = Vec::new();
            for (place, trial) in running.iter().enumerate() {
                let rung = epochs.map_or(String::new(), |e| format!(", to epoch {e}"));
                let told = format!("{} of {}{rung}: trial {trial}", place + 1, running.len());
                let record = self.bring_to(*trial, level, *epochs, is_last, &told)?;
                if let Some(reached) = record.rungs.get(level) {
                    scores.push((*trial, reached.score));
                }
            }
            let Some(halving) = halving.filter(|_| !is_last) else { break };
            running = halving.promoted(&scores, self.plan.file.goal());
            for (trial, _) in scores.iter().filter(|(trial, _)| !running.contains(trial)) {
                self.stop(*trial)?;
            }
        }
        Ok(())
    }

    /// The record of a trial that has reached a rung, or failed on the way.
    fn bring_to(
        &mut self,
        trial: usize,
        level: usize,
        epochs: Option<u64>,
        is_last: bool,
        told: &str,
    ) -> Result<TrialRecord, CistronError> {
        let planned = &self.plan.trials[trial];
        let Some(_lock) = Lock::try_now(&self.dir.trial_lock(trial))? else {
            let place = self.dir.trial(trial).display().to_string();
            return Err(CistronError::input(place, "another process is at this trial: start each shard once"));
        };
        let path = self.dir.record(trial);
        let mut record = TrialRecord::read(&path)?.unwrap_or_else(|| TrialRecord::new(planned));
        if record.status == Status::Failed || record.rungs.len() > level {
            return Ok(record);
        }
        self.reporter.note(&format!("{told} ({})", self.plan.describe(planned)));
        let study = self.plan.study(planned, epochs)?;
        let start = Instant::now();
        match self.train(&study, trial).and_then(|trained| self.rung(&study, &trained)) {
            Ok(rung) => record.reached(rung, is_last),
            Err(CistronError::Network { model, source }) if is_of_the_trial(&source) => {
                let reason = format!("model {model:?}: {source}");
                self.reporter.warn(&format!("trial {trial} failed: {reason}"));
                record.failed(reason, start.elapsed().as_secs_f64());
            }
            Err(error) => return Err(error),
        }
        record.write(&path)?;
        Ok(record)
    }

    fn train(&mut self, study: &Study, trial: usize) -> Result<Vec<TrainedNetwork>, CistronError> {
        let options = RunOptions {
            out: self.dir.trial(trial),
            device: self.options.device,
            fresh: false,
            until: Stage::Train,
            dataset: Some(self.datasets.get(study, self.reporter)?),
        };
        Ok(crate::run(study, &options, self.reporter)?.trained)
    }

    fn rung(&self, study: &Study, trained: &[TrainedNetwork]) -> Result<RungRecord, CistronError> {
        let metric = self.plan.file.sweep.metric;
        let mut networks = Vec::new();
        for TrainedNetwork { name, report, .. } in trained {
            let epochs = report.history.len();
            let score = metric.of(report).ok_or_else(|| CistronError::Network {
                model: name.clone(),
                source: NnError::MetricUndefined { epochs },
            })?;
            networks.push(NetworkScore {
                name: name.clone(),
                score,
                best_epoch: report.best_epoch,
                epochs: epochs as u64,
            });
        }
        Ok(RungRecord {
            epochs_allowed: study.train.options.epochs,
            score: networks.iter().map(|n| n.score).sum::<f64>() / networks.len() as f64,
            seconds: trained.iter().map(|t| t.report.seconds).sum(),
            networks,
        })
    }

    /// Notes that a trial was not promoted.
    fn stop(&self, trial: usize) -> Result<(), CistronError> {
        let path = self.dir.record(trial);
        match TrialRecord::read(&path)? {
            Some(mut record) if record.status == Status::Paused => {
                record.status = Status::Stopped;
                record.write(&path)
            }
            _ => Ok(()),
        }
    }
}

/// Whether training failed because of the trial's values, not because of input or machine.
fn is_of_the_trial(error: &NnError) -> bool {
    matches!(error, NnError::NotFinite { .. } | NnError::ValidationNotFinite { .. } | NnError::MetricUndefined { .. })
}

impl fmt::Display for SweepSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.merged {
            Some(merged) => write!(f, "{merged}"),
            None => {
                let counts: Vec<String> = self.counts.iter().map(|(status, n)| format!("{n} {status}")).collect();
                writeln!(f, "Shard {}: {}", self.shard, counts.join(", "))?;
                writeln!(f, "When all shards are done: cistron sweep merge {}", self.out.display())
            }
        }
    }
}
