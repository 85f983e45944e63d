//! Sequences made ready for the prefilter: runs of known bases as pairs of neighbours.

/// Bytes that a filter may read past a window.
pub(super) const PADDING: usize = 64;

/// A run of known bases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Index of its sequence.
    pub(super) sequence: usize,
    /// Where it begins in its sequence.
    pub(super) start_0: usize,
    /// Where its pairs begin.
    pub(super) offset: usize,
    /// Bases.
    pub(super) length: usize,
}

/// A stretch of window starts within a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) run: usize,
    /// Window starts `from..to` within the run.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Every sequence as runs of pairs 4 · base + next base.
pub(super) struct Packed {
    pub(super) pairs: Vec<u8>,
    pub(super) runs: Vec<Run>,
}

impl Packed {
    pub(super) fn new(sequences: &[&[u8]]) -> Self {
        let mut pairs = Vec::with_capacity(sequences.iter().map(|s| s.len()).sum::<usize>() + PADDING);
        let mut runs = Vec::new();
        for (sequence, codes) in sequences.iter().enumerate() {
            let mut at = 0;
            for run in codes.split(|c| *c > 3) {
                if !run.is_empty() {
                    runs.push(Run { sequence, start_0: at, offset: pairs.len(), length: run.len() });
                    pairs.extend(run.windows(2).map(|w| w[0] * 4 + w[1]));
                    pairs.push(run[run.len() - 1] * 4);
                }
                at += run.len() + 1;
            }
        }
        pairs.resize(pairs.len() + PADDING, 0);
        Self { pairs, runs }
    }

    /// The base at a place of [`Packed::pairs`].
    #[inline]
    pub(super) fn base(pair: u8) -> usize {
        usize::from(pair >> 2)
    }

    /// The runs cut in groups of stretches of about `size` bases each, so that a group stays in the processor's cache.
    pub(super) fn groups(&self, size: usize) -> Vec<Vec<Stretch>> {
        let mut groups = Vec::new();
        let (mut group, mut room) = (Vec::new(), size);
        for (run, Run { length, .. }) in self.runs.iter().enumerate() {
            let mut from = 0;
            while from < *length {
                let to = (from + room).min(*length);
                group.push(Stretch { run, from, to });
                room -= to - from;
                from = to;
                if room == 0 {
                    groups.push(std::mem::take(&mut group));
                    room = size;
                }
            }
        }
        if !group.is_empty() {
            groups.push(group);
        }
        groups
    }
}
