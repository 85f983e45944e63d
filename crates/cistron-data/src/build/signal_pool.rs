use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cistron_genome::{BigWig, ContigMap};

use crate::DataError;

/// Handles that wait to be used again, over all tracks.
const IDLE: usize = 16;
/// A handle keeps the blocks it decompressed; one that has read this many bases is closed (about 24 MB where every base has
/// its own value).
const RETIRE_BP: u64 = 2 << 20;

/// A bigWig read by many threads: each takes a handle and gives it back. Memory is bounded whatever the number of tracks
/// and threads: few handles are kept, and none for long.
pub(super) struct SignalPool {
    path: PathBuf,
    allow_negative: bool,
    map: ContigMap,
    handles: Mutex<Vec<(BigWig, u64)>>,
    idle: Arc<AtomicUsize>,
}

impl SignalPool {
    /// `idle` counts the waiting handles of all tracks.
    pub(super) fn new(path: PathBuf, allow_negative: bool, map: ContigMap, idle: Arc<AtomicUsize>) -> Self {
        Self { path, allow_negative, map, handles: Mutex::new(Vec::new()), idle }
    }

    /// Fills `out` with the raw signal from `start_0` on a contig named as in the FASTA.
    pub(super) fn values(&self, contig: &str, start_0: u64, out: &mut [f32]) -> Result<(), DataError> {
        let waiting = self.handles.lock().map_or(None, |mut handles| handles.pop());
        let (mut handle, read) = match waiting {
            Some(waiting) => {
                self.idle.fetch_sub(1, Ordering::Relaxed);
                waiting
            }
            None => (BigWig::open(&self.path)?.allow_negative(self.allow_negative), 0),
        };
        handle.values(self.map.to_foreign(contig), start_0, out)?;
        let read = read + out.len() as u64;
        if read < RETIRE_BP
            && self.idle.load(Ordering::Relaxed) < IDLE
            && let Ok(mut handles) = self.handles.lock()
        {
            self.idle.fetch_add(1, Ordering::Relaxed);
            handles.push((handle, read));
        }
        Ok(())
    }
}
