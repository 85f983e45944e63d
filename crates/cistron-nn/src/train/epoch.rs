use std::sync::mpsc::sync_channel;
use std::time::Instant;

use burn::tensor::Tensor;
use cistron_core::{BatchSource, NEncoding, Pass as SourcePass};

use super::progress::Progress;
use super::valid_metric::ValidMetric;
use super::{EpochRecord, TrainOptions};
use crate::blocks::Pass;
use crate::network::Network;
use crate::optimiser::Optimiser;
use crate::prepared_batch::PreparedBatch;
use crate::{NnError, WeightedLoss};

/// How data is read for one pass.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) source: &'a dyn BatchSource,
    pub(super) split: &'static str,
    pub(super) pass: SourcePass,
    pub(super) batch_size: usize,
    pub(super) loss: WeightedLoss,
    pub(super) n_encoding: NEncoding,
}

impl Reading<'_> {
    /// Batches prepared by another thread while the previous ones are computed.
    fn for_each(self, mut work: impl FnMut(PreparedBatch) -> Result<(), NnError>) -> Result<(), NnError> {
        /// Batches read ahead.
        const AHEAD: usize = 2;
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(AHEAD);
            scope.spawn(move || {
                let target = self.source.target();
                for batch in self.source.batches(self.pass, self.batch_size) {
                    let prepared = batch
                        .map_err(NnError::from)
                        .and_then(|batch| PreparedBatch::new(batch, target, self.loss, self.n_encoding, self.split));
                    let failed = prepared.is_err();
                    // The other end is gone when the work failed: nothing more to read.
                    if sender.send(prepared).is_err() || failed {
                        break;
                    }
                }
            });
            receiver.into_iter().try_for_each(|batch| work(batch?))
        })
    }
}

/// What an epoch of training gave.
pub(super) struct Trained {
    pub(super) loss: f64,
    pub(super) samples_per_s: f64,
}

/// What stays the same from epoch to epoch.
pub(super) struct Trainer<'a> {
    pub(super) network: &'a mut Network,
    pub(super) optimiser: &'a mut Optimiser,
    pub(super) options: &'a TrainOptions,
}

impl Trainer<'_> {
    /// One walk over the training data; `epoch` is 0-based.
    pub(super) fn train(
        &mut self,
        reading: Reading<'_>,
        epoch: u64,
        learning_rate: f64,
        progress: &mut Progress,
        last: Option<&EpochRecord>,
    ) -> Result<Trained, NnError> {
        let started = Instant::now();
        let (mut batch, mut samples, mut sum, mut values) = (0, 0, 0.0, 0.0);
        reading.for_each(|prepared| {
            batch += 1;
            samples += prepared.len();
            let units = prepared.units as f64;
            if prepared.units > 0 {
                let loss = self.step(prepared, (epoch, batch), learning_rate);
                if !loss.is_finite() {
                    return Err(NnError::NotFinite { value: loss, epoch: epoch + 1, batch, learning_rate });
                }
                sum += loss * units;
                values += units;
            }
            let rate = samples as f64 / started.elapsed().as_secs_f64();
            progress.batch(epoch, batch, sum / values, rate, last);
            Ok(())
        })?;
        if values == 0.0 {
            let message = match samples {
                0 => "there are no samples: check the split and the selection",
                _ => "no sample has a measured target",
            };
            return Err(NnError::Data { split: reading.split, message: message.into() });
        }
        Ok(Trained { loss: sum / values, samples_per_s: samples as f64 / started.elapsed().as_secs_f64() })
    }

    /// Forward, backward, one move of the weights; the loss before it.
    fn step(&mut self, mut prepared: PreparedBatch, (epoch, batch): (u64, u64), learning_rate: f64) -> f64 {
        let device = self.network.device().clone();
        let x = prepared.input(&device);
        let pass = Pass::train(self.options.seed, epoch, batch);
        self.optimiser.descend(self.network, x, pass, learning_rate, |output| prepared.loss(output, &device))
    }
}

/// What validation gave.
pub(super) struct Validated {
    pub(super) loss: f64,
    pub(super) metric: Option<f64>,
    pub(super) metric_name: &'static str,
}

/// Loss and metric over the validation data.
pub(super) fn validate(network: &Network, reading: Reading<'_>) -> Result<Validated, NnError> {
    let target = reading.source.target();
    let (tasks, bins) = (target.tasks.len(), target.bins);
    let mut metric = ValidMetric::new(target.kind, tasks);
    let (mut sum, mut values) = (0.0, 0.0);
    let device = network.device();
    reading.for_each(|mut prepared| {
        let output: Tensor<3> = network.evaluate(prepared.input(device));
        let output = host(output);
        sum += prepared.loss_on_host(&output);
        values += prepared.units as f64;
        for (i, (&predicted, &observed)) in output.iter().zip(&prepared.targets).enumerate() {
            if prepared.measured.as_ref().is_some_and(|m| m[i] == 0.0) {
                continue;
            }
            metric.add(i / bins % tasks, predicted, observed);
        }
        Ok(())
    })?;
    if values == 0.0 {
        let message = "no sample has a measured target: check the split and the selection".into();
        return Err(NnError::Data { split: reading.split, message });
    }
    let metric_name = metric.name();
    Ok(Validated { loss: sum / values, metric: metric.mean(), metric_name })
}

/// Values of a tensor, row by row.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data_as::<f32>().try_into_vec_as().unwrap_or_default()
}
