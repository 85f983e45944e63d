use cistron_core::{BatchSource, Pass, SequenceBatch, SourceError, TargetBatch, TargetKind, TargetSpec, WindowId};
use ndarray::{Array2, Array3, Axis};

/// A source held in memory.
pub(crate) struct Toy {
    pub target: TargetSpec,
    pub codes: Array2<u8>,
    pub targets: Array3<f32>,
    pub windows: Vec<WindowId>,
}

impl Toy {
    pub(crate) fn new(kind: TargetKind, codes: Array2<u8>, targets: Array3<f32>) -> Self {
        let (_, tasks, bins) = targets.dim();
        let input_bp = codes.ncols();
        let target = TargetSpec {
            kind,
            tasks: (0..tasks).map(|t| format!("task{t}")).collect(),
            bins,
            bin_bp: input_bp / bins,
            input_bp,
        };
        let windows = (0..codes.nrows()).map(|i| WindowId { name: format!("w{i}"), interval: None }).collect();
        Self { target, codes, targets, windows }
    }

    pub(crate) fn batch(&self) -> SequenceBatch {
        SequenceBatch { codes: self.codes.clone(), windows: self.windows.clone() }
    }
}

impl BatchSource for Toy {
    fn target(&self) -> &TargetSpec {
        &self.target
    }
    fn samples(&self) -> usize {
        self.codes.nrows()
    }
    fn batches(
        &self,
        _: Pass,
        batch_size: usize,
    ) -> Box<dyn Iterator<Item = Result<TargetBatch, SourceError>> + Send + '_> {
        let starts = (0..self.samples()).step_by(batch_size);
        Box::new(starts.map(move |start| {
            let rows: Vec<usize> = (start..(start + batch_size).min(self.samples())).collect();
            Ok(TargetBatch {
                sequences: SequenceBatch {
                    codes: self.codes.select(Axis(0), &rows),
                    windows: rows.iter().map(|&r| self.windows[r].clone()).collect(),
                },
                targets: self.targets.select(Axis(0), &rows),
            })
        }))
    }
}
