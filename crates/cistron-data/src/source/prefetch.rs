use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use cistron_core::{SourceError, TargetBatch};

/// Background threads; two hide the latency of a disk without taking cores from training.
const THREADS: usize = 2;
/// Batches that each thread keeps ready.
const AHEAD: usize = 2;

/// An iterator whose items are made ahead by background threads and come in order: thread `w` makes the items
/// `w, w + THREADS, …`. Dropping it stops the threads.
pub(super) struct Prefetch {
    workers: Vec<(Receiver<TargetBatch>, JoinHandle<()>)>,
    failed: Option<SourceError>,
    next: usize,
    total: usize,
}

impl Prefetch {
    pub(super) fn start(total: usize, make: impl Fn(usize) -> TargetBatch + Send + Sync + 'static) -> Self {
        let make = Arc::new(make);
        let threads = THREADS.min(total);
        let mut prefetch = Self { workers: Vec::new(), failed: None, next: 0, total };
        for worker in 0..threads {
            let (sender, receiver) = sync_channel(AHEAD);
            let make = make.clone();
            let work = move || {
                for item in (worker..total).step_by(threads) {
                    if sender.send(make(item)).is_err() {
                        return;
                    }
                }
            };
            match thread::Builder::new().name(format!("cistron-load-{worker}")).spawn(work) {
                Ok(handle) => prefetch.workers.push((receiver, handle)),
                Err(error) => {
                    prefetch.failed = Some(SourceError { message: format!("no thread to load batches: {error}") });
                    prefetch.workers.clear();
                    break;
                }
            }
        }
        prefetch
    }
}

impl Iterator for Prefetch {
    type Item = Result<TargetBatch, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.next = self.total;
            return Some(Err(error));
        }
        if self.next >= self.total {
            return None;
        }
        let worker = self.next % self.workers.len();
        self.next += 1;
        match self.workers[worker].0.recv() {
            Ok(batch) => Some(Ok(batch)),
            Err(_) => {
                self.next = self.total;
                Some(Err(SourceError { message: "a thread that loads batches died; see the message above".into() }))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.total - self.next.min(self.total);
        (left, Some(left))
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        for (receiver, handle) in self.workers.drain(..) {
            drop(receiver);
            // a panic was already reported to the consumer as a missing batch
            let _panicked = handle.join().is_err();
        }
    }
}
