use std::time::{Instant, SystemTime, UNIX_EPOCH};

use cistron_core::{Pass as SourcePass, Reporter};

use super::epoch::{Reading, Trainer, validate};
use super::progress::Progress;
use super::{EpochRecord, Monitor, StopReason, TrainJob, TrainReport};
use crate::checkpoint::{Checkpoint, State};
use crate::network::Network;
use crate::optimiser::Optimiser;
use crate::schedule::Schedule;
use crate::tensorboard::EventLog;
use crate::{NnError, WeightedLoss, model_dir, zoo};

/// A training in progress.
pub(super) struct Session<'a> {
    job: TrainJob<'a>,
    loss: WeightedLoss,
    device: String,
    network: Network,
    optimiser: Optimiser,
    schedule: Schedule,
    history: Vec<EpochRecord>,
    checkpoint: Checkpoint,
}

impl<'a> Session<'a> {
    /// Checks everything that can be checked before work starts, and takes up the checkpoint when resuming.
    pub(super) fn open(job: &TrainJob<'a>, reporter: &dyn Reporter) -> Result<Self, NnError> {
        let job = *job;
        let target = job.train.target();
        job.options.check()?;
        let loss = job.options.loss_for(target.kind)?;
        loss.loss.check_bins(target)?;
        let plan = zoo::plan(job.model, target)?;
        for (source, split) in [(job.train, "training"), (job.valid, "validation")] {
            if source.samples() == 0 {
                let message = "there are no samples: check the split and the selection".into();
                return Err(NnError::Data { split, message });
            }
        }
        if job.valid.target() != target {
            let message = format!("its target is {:?} where training has {target:?}", job.valid.target());
            return Err(NnError::Data { split: "validation", message });
        }
        let device = job.device.open()?;
        let description = job.device.describe()?;
        let mut network = Network::new(plan, job.options.seed, &device);
        let mut optimiser = Optimiser::new(&network);
        let checkpoint = Checkpoint::at(job.dir);
        let state = if job.resume { checkpoint.read(&job, &mut network, &mut optimiser)? } else { None };
        let (schedule, history) = match state {
            Some(State { schedule, history, .. }) => {
                reporter.note(&format!("resuming {} after epoch {}", job.dir.display(), history.len()));
                (schedule, history)
            }
            None => {
                checkpoint.clear()?;
                (Schedule::new(job.options), Vec::new())
            }
        };
        Ok(Self { job, loss, device: description, network, optimiser, schedule, history, checkpoint })
    }

    /// Epochs until the end, then the model.
    pub(super) fn run(mut self, reporter: &dyn Reporter) -> Result<TrainReport, NnError> {
        let options = self.job.options;
        let batches = (self.job.train.samples() / options.batch_size).max(1) as u64;
        let done = self.history.len() as u64;
        reporter.note(&format!(
            "training {} ({} parameters) on {}",
            self.job.model.preset,
            self.network.plan().parameters(),
            self.device
        ));
        let mut events = EventLog::create(&self.job.dir.join("tensorboard"), &self.history)?;
        let name = format!("train {}", self.job.model.preset);
        let mut progress = Progress::start(reporter, &name, batches, options.epochs, done);
        while (self.history.len() as u64) < options.epochs && !self.schedule.should_stop(options) {
            let record = self.epoch(&mut progress)?;
            events.append(&record)?;
            progress.epoch(&record);
            if record.epoch == done + 1 {
                reporter.note(&format!("{:.0} samples/s on {}", record.samples_per_s, self.device));
            }
        }
        let report = self.finish()?;
        progress.finish(&format!("{} epochs, best {}", report.history.len(), report.best_epoch));
        Ok(report)
    }

    /// One epoch and its checkpoint.
    fn epoch(&mut self, progress: &mut Progress) -> Result<EpochRecord, NnError> {
        let started = Instant::now();
        let job = self.job;
        let epoch = self.history.len() as u64;
        let learning_rate = self.schedule.learning_rate;
        let reading = Reading {
            source: job.train,
            split: "training",
            pass: SourcePass::Train { epoch },
            batch_size: job.options.batch_size,
            loss: self.loss,
            n_encoding: job.model.n_encoding,
        };
        let mut trainer = Trainer { network: &mut self.network, optimiser: &mut self.optimiser, options: job.options };
        let trained = trainer.train(reading, epoch, learning_rate, progress, self.history.last())?;
        let reading = Reading { source: job.valid, split: "validation", pass: SourcePass::Evaluate, ..reading };
        let valid = validate(&self.network, reading)?;
        if !valid.loss.is_finite() {
            return Err(NnError::ValidationNotFinite { value: valid.loss, epoch: epoch + 1, learning_rate });
        }
        let record = EpochRecord {
            epoch: epoch + 1,
            train_loss: trained.loss,
            valid_loss: valid.loss,
            valid_metric: valid.metric,
            metric: valid.metric_name.into(),
            learning_rate,
            samples_per_s: trained.samples_per_s,
            seconds: started.elapsed().as_secs_f64(),
            finished_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |t| t.as_secs_f64()),
        };
        let score = match job.options.monitor {
            Monitor::Loss => valid.loss,
            Monitor::Metric => valid.metric.map_or(f64::NAN, |m| -m),
        };
        let best = self.schedule.observe(epoch + 1, score, job.options);
        self.history.push(record.clone());
        self.checkpoint.write(&job, &self.network, &self.optimiser, &self.schedule, &self.history, best)?;
        Ok(record)
    }

    /// Writes the model of the best epoch.
    fn finish(self) -> Result<TrainReport, NnError> {
        let job = self.job;
        let Some((_, best_epoch)) = self.schedule.best else {
            return Err(NnError::MetricUndefined { epochs: self.history.len() });
        };
        let weights = self.checkpoint.best_weights(best_epoch)?;
        let history = &self.history;
        let (model_dir, weights_hash) =
            model_dir::write(&job, &weights, self.network.plan().parameters(), best_epoch, history)?;
        let stop = if self.schedule.should_stop(job.options) { StopReason::Patience } else { StopReason::Epochs };
        Ok(TrainReport {
            best_epoch,
            stop,
            parameters: self.network.plan().parameters(),
            weights_hash,
            device: self.device,
            seconds: history.iter().map(|r| r.seconds).sum(),
            model_dir,
            history: self.history,
        })
    }
}
