use std::path::PathBuf;
use std::sync::Mutex;

use cistron_genome::{BigWig, ContigMap};

use crate::DataError;

/// A bigWig read by many threads: each takes a handle and gives it back.
pub(super) struct SignalPool {
    path: PathBuf,
    allow_negative: bool,
    idle: Mutex<Vec<BigWig>>,
    map: ContigMap,
}

impl SignalPool {
    pub(super) fn new(path: PathBuf, allow_negative: bool, map: ContigMap) -> Self {
        Self { path, allow_negative, idle: Mutex::new(Vec::new()), map }
    }

    /// Fills `out` with the raw signal from `start_0` on a contig named as in the FASTA.
    pub(super) fn values(&self, contig: &str, start_0: u64, out: &mut [f32]) -> Result<(), DataError> {
        let idle = self.idle.lock().map_or(None, |mut idle| idle.pop());
        let mut handle = match idle {
            Some(handle) => handle,
            None => BigWig::open(&self.path)?.allow_negative(self.allow_negative),
        };
        handle.values(self.map.to_foreign(contig), start_0, out)?;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(handle);
        }
        Ok(())
    }
}
