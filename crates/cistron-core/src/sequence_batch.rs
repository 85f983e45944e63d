use ndarray::{Array2, Array3, ArrayView2, Axis};

use crate::{Interval, NEncoding, alphabet, one_hot_f32};

/// Which window of a dataset a row of a batch is; predictors that look up stored values need it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WindowId {
    /// Name that is unique in its dataset: `contig:start-end`, a FASTA header or a table's row name.
    pub name: String,
    /// Where the *input* lies in the genome, when it has a place there.
    pub interval: Option<Interval>,
}

/// Sequences of one length, as base codes `[batch, length]` (A C G T N = 0 … 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceBatch {
    /// Base codes `[batch, length]`.
    pub codes: Array2<u8>,
    /// One identity per row, or empty when the sequences are anonymous.
    pub windows: Vec<WindowId>,
}

impl SequenceBatch {
    /// A batch of anonymous sequences.
    pub fn anonymous(codes: Array2<u8>) -> Self {
        Self { codes, windows: Vec::new() }
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.codes.nrows()
    }

    /// Whether there are no sequences.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of each sequence in bp.
    pub fn input_bp(&self) -> usize {
        self.codes.ncols()
    }

    /// Dense one-hot `[batch, 4, length]`.
    pub fn one_hot(&self, n: NEncoding) -> Array3<f32> {
        one_hot_rows(self.codes.view(), n)
    }

    /// The same windows on the other strand.
    pub fn reverse_complement(&self) -> Self {
        let mut codes = self.codes.as_standard_layout().into_owned();
        for mut row in codes.axis_iter_mut(Axis(0)) {
            if let Some(row) = row.as_slice_mut() {
                alphabet::reverse_complement(row);
            }
        }
        Self { codes, windows: self.windows.clone() }
    }
}

fn one_hot_rows(codes: ArrayView2<'_, u8>, n: NEncoding) -> Array3<f32> {
    let (batch, length) = codes.dim();
    let mut dense = vec![0.0; batch * 4 * length];
    if length > 0 {
        let codes = codes.as_standard_layout();
        for (row, out) in codes.outer_iter().zip(dense.chunks_exact_mut(4 * length)) {
            if let Some(row) = row.as_slice() {
                one_hot_f32(row, n, out);
            }
        }
    }
    Array3::from_shape_vec((batch, 4, length), dense).expect("the buffer has this shape")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn one_hot_has_batch_channels_length() {
        let batch = SequenceBatch::anonymous(array![[0, 3, 4], [2, 1, 0]]);
        let dense = batch.one_hot(NEncoding::Zero);
        assert_eq!(dense.dim(), (2, 4, 3));
        assert_eq!((dense[[0, 0, 0]], dense[[0, 3, 1]], dense[[1, 2, 0]]), (1.0, 1.0, 1.0));
        assert_eq!(dense.sum(), 5.0);
        assert_eq!(batch.reverse_complement().codes, array![[4, 0, 3], [3, 2, 1]]);
    }
}
