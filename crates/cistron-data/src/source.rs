//! Batches of a split: crops, reverse complements, binning and transforms are done here, while reading.

mod binning;
mod options;
mod prefetch;
mod shuffle;

use std::sync::Arc;

use cistron_core::{
    BatchSource, Interval, Pass, SequenceBatch, SourceError, Stream, TargetBatch, TargetKind, TargetSpec, WindowId,
    alphabet, keyed_rng,
};
use ndarray::{Array2, Array3};
use rand::RngExt;

pub(crate) use binning::bin_means;
pub use options::SourceOptions;

use crate::DataError;
use crate::dataset::DatasetFiles;
use prefetch::Prefetch;

/// One split of a dataset as batches.
///
/// - [`Pass::Train`]: order keyed by (seed, epoch); with `random_shift` a crop offset uniform in
///   `[0, window_bp − input_bp]`, with `reverse_complement` a fair coin, both drawn for each sample from its own generator
///   keyed by (seed, epoch, window). The reverse complement of a window reverses its profile too.
/// - [`Pass::Evaluate`]: stored order, centre crop (offset `(window_bp − input_bp) / 2`, rounded down), forward strand.
///
/// Batches are prepared ahead by two background threads and come in order.
#[derive(Debug, Clone)]
pub struct DatasetSource {
    loader: Arc<Loader>,
    rows: Arc<Vec<u32>>,
}

/// Makes batches of given windows.
#[derive(Debug)]
struct Loader {
    files: Arc<DatasetFiles>,
    options: SourceOptions,
    spec: TargetSpec,
}

impl DatasetSource {
    pub(crate) fn new(files: Arc<DatasetFiles>, rows: Vec<u32>, options: &SourceOptions) -> Result<Self, DataError> {
        options.check(&files)?;
        if let Some(row) = rows.iter().find(|&&r| r as usize >= files.windows.len()) {
            return Err(DataError::Options {
                message: format!("window {row} is past the end of the dataset's {} windows", files.windows.len()),
            });
        }
        let profile = options.target == TargetKind::Profile;
        let spec = TargetSpec {
            kind: options.target,
            tasks: files.manifest.tasks.clone(),
            bins: if profile { options.input_bp / options.bin_bp } else { 1 },
            bin_bp: if profile { options.bin_bp } else { options.input_bp },
            input_bp: options.input_bp,
        };
        let loader = Loader { files, options: options.clone(), spec };
        Ok(Self { loader: Arc::new(loader), rows: Arc::new(rows) })
    }

    /// The windows of this source as indices into the dataset, in the order of [`Pass::Evaluate`].
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// What the source was made with.
    pub fn options(&self) -> &SourceOptions {
        &self.loader.options
    }
}

impl BatchSource for DatasetSource {
    fn target(&self) -> &TargetSpec {
        &self.loader.spec
    }

    fn samples(&self) -> usize {
        self.rows.len()
    }

    fn batches(
        &self,
        pass: Pass,
        batch_size: usize,
    ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
        let batch_size = batch_size.max(1);
        let n = self.rows.len();
        let (order, batches) = match pass {
            Pass::Evaluate => (self.rows.clone(), n.div_ceil(batch_size)),
            Pass::Train { epoch } => {
                let mut order = self.rows.as_ref().clone();
                shuffle::shuffle(&mut order, self.loader.options.seed, epoch);
                (Arc::new(order), if n < batch_size { n.min(1) } else { n / batch_size })
            }
        };
        let loader = self.loader.clone();
        Box::new(Prefetch::start(batches, move |b| {
            let rows = &order[b * batch_size..((b + 1) * batch_size).min(order.len())];
            loader.batch(rows, pass)
        }))
    }
}

impl Loader {
    fn batch(&self, rows: &[u32], pass: Pass) -> TargetBatch {
        let input = self.options.input_bp;
        let mut codes = vec![0; rows.len() * input];
        let mut targets = vec![0.0; rows.len() * self.spec.tasks.len() * self.spec.bins];
        let per_row = self.spec.tasks.len() * self.spec.bins;
        let mut windows = Vec::with_capacity(rows.len());
        let outputs = codes.chunks_exact_mut(input).zip(targets.chunks_exact_mut(per_row));
        for (&row, (codes, targets)) in rows.iter().zip(outputs) {
            let row = row as usize;
            let (offset, reverse) = self.crop(row, pass);
            codes.copy_from_slice(&self.files.sequence.row(row)[offset..offset + input]);
            if reverse {
                alphabet::reverse_complement(codes);
            }
            self.fill_target(row, offset, reverse, targets);
            windows.push(WindowId {
                name: self.files.windows.name(row),
                interval: self.files.windows.place(row).map(|(contig, start, _)| {
                    Interval::new(contig, start + offset as u64, start + (offset + input) as u64)
                }),
            });
        }
        let codes = Array2::from_shape_vec((rows.len(), input), codes).expect("the buffer has this shape");
        let shape = (rows.len(), self.spec.tasks.len(), self.spec.bins);
        let targets = Array3::from_shape_vec(shape, targets).expect("the buffer has this shape");
        TargetBatch { sequences: SequenceBatch { codes, windows }, targets }
    }

    /// Offset of the input in the stored window, and whether it is read on the other strand.
    fn crop(&self, row: usize, pass: Pass) -> (usize, bool) {
        let slack = self.files.manifest.window_bp - self.options.input_bp;
        let Pass::Train { epoch } = pass else { return (slack / 2, false) };
        let mut rng = keyed_rng(self.options.seed, Stream::Augment, epoch, row as u64);
        // always drawn in this order, so that one augmentation does not change the other
        let (shift, coin): (u64, u64) = (rng.random(), rng.random());
        let offset =
            if self.options.random_shift { shuffle::below(shift, slack as u64 + 1) as usize } else { slack / 2 };
        (offset, self.options.reverse_complement && coin >> 63 == 1)
    }

    fn fill_target(&self, row: usize, offset: usize, reverse: bool, out: &mut [f32]) {
        let stored = match self.options.target {
            TargetKind::Binary => &self.files.label,
            TargetKind::Scalar => &self.files.value,
            TargetKind::Profile => {
                if let Some(signal) = &self.files.signal {
                    self.fill_profile(signal.row(row), offset, reverse, out);
                }
                return;
            }
        };
        if let Some(stored) = stored {
            out.copy_from_slice(stored.row(row));
        }
    }

    fn fill_profile(&self, signal: &[f32], offset: usize, reverse: bool, out: &mut [f32]) {
        let tracks = signal.chunks_exact(self.files.manifest.window_bp);
        for (track, (signal, bins)) in tracks.zip(out.chunks_exact_mut(self.spec.bins)).enumerate() {
            bin_means(&signal[offset..offset + self.options.input_bp], self.options.bin_bp, bins);
            if let Some(transform) = self.options.transforms.get(track) {
                transform.apply(bins);
            }
            if reverse {
                bins.reverse();
            }
        }
    }
}
