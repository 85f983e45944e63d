use std::time::{Duration, Instant};

use cistron_core::{Reporter, Task};

use super::EpochRecord;

/// Tells the reporter how training goes, a few times a second at most.
pub(super) struct Progress {
    task: Box<dyn Task>,
    batches_per_epoch: u64,
    epochs: u64,
    started: Instant,
    first_step: u64,
    shown: Instant,
}

impl Progress {
    const EVERY: Duration = Duration::from_millis(200);

    pub(super) fn start(reporter: &dyn Reporter, name: &str, batches_per_epoch: u64, epochs: u64, done: u64) -> Self {
        let task = reporter.start(name, batches_per_epoch * epochs);
        task.set_position(batches_per_epoch * done);
        let now = Instant::now();
        let shown = now.checked_sub(Self::EVERY).unwrap_or(now);
        Self { task, batches_per_epoch, epochs, started: now, first_step: batches_per_epoch * done, shown }
    }

    /// After a batch; `epoch` and `batch` are 0-based and 1-based.
    pub(super) fn batch(&mut self, epoch: u64, batch: u64, loss: f64, samples_per_s: f64, last: Option<&EpochRecord>) {
        if self.shown.elapsed() < Self::EVERY {
            return;
        }
        self.shown = Instant::now();
        let step = epoch * self.batches_per_epoch + batch.min(self.batches_per_epoch);
        self.task.set_position(step);
        let mut message = format!("epoch {}/{} loss {loss:.4}", epoch + 1, self.epochs);
        if let Some(last) = last {
            message += &format!(" valid {:.4}{}", last.valid_loss, metric(last));
        }
        let per_step = self.started.elapsed().as_secs_f64() / (step - self.first_step).max(1) as f64;
        let left = per_step * (self.batches_per_epoch * self.epochs).saturating_sub(step) as f64;
        message += &format!(" {samples_per_s:.0} samples/s, at most {} left", duration(left));
        self.task.set_message(&message);
    }

    pub(super) fn epoch(&self, record: &EpochRecord) {
        self.task.set_position(record.epoch * self.batches_per_epoch);
        self.task.set_message(&format!(
            "epoch {}/{} loss {:.4} valid {:.4}{} {:.0} samples/s",
            record.epoch,
            self.epochs,
            record.train_loss,
            record.valid_loss,
            metric(record),
            record.samples_per_s
        ));
    }

    pub(super) fn finish(self, message: &str) {
        self.task.finish(message);
    }
}

fn metric(record: &EpochRecord) -> String {
    record.valid_metric.map_or_else(String::new, |value| format!(" {} {value:.3}", record.metric))
}

fn duration(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_readable() {
        assert_eq!(super::duration(59.4), "59 s");
        assert_eq!(super::duration(61.0), "1 min 1 s");
        assert_eq!(super::duration(7320.0), "2 h 2 min");
    }
}
