//! What networks are made of, one kind of block a file. A block is data: it says what comes out of a given input shape,
//! which weights it needs and how far it sees; given tensors it computes.
//!
//! Values between blocks are `[batch, channels, positions]`; a dense block works on one position.

mod activation;
mod batch_norm;
mod conv;
mod dense;
mod dilated_residual;
mod dropout;
mod efficient;
mod layout;
mod lstm;
mod pool;
mod profile_counts;
mod residual;
mod shape_total;
mod skip_conv;
mod two_kernels;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

pub use activation::Activation;
#[cfg(test)]
pub(crate) use activation::softplus;
pub use batch_norm::BatchNorm;
pub(crate) use conv::Behind;
pub use conv::Conv;
pub use dense::Dense;
pub use dilated_residual::DilatedResidual;
pub use dropout::Dropout;
pub use efficient::Efficient;
pub use layout::{Flatten, Unflatten};
pub use lstm::BiLstm;
pub use pool::{AveragePool, GlobalAveragePool, MaxPool};
pub use profile_counts::ProfileCounts;
pub use residual::Residual;
pub use shape_total::ShapeTotal;
pub use skip_conv::SkipConv;
pub use two_kernels::TwoKernels;

use crate::weights::WeightSlice;
pub use crate::weights::{Init, WeightSpec};

/// Shape of one sample between two blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Channels (filters, features, tasks).
    pub channels: usize,
    /// Positions along the sequence; 1 after flattening.
    pub positions: usize,
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} × {}", self.channels, self.positions)
    }
}

/// How far one value sees in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Input positions seen, in bp; `None` when everything is seen.
    pub width_bp: Option<usize>,
    /// Input positions between two neighbouring values.
    pub step_bp: usize,
}

impl ReceptiveField {
    /// The field of the input itself.
    pub const INPUT: Self = Self { width_bp: Some(1), step_bp: 1 };
    /// Everything is seen.
    pub const WHOLE: Self = Self { width_bp: None, step_bp: 1 };

    /// After a window over `taps` neighbouring values.
    fn widened(self, taps: usize) -> Self {
        Self { width_bp: self.width_bp.map(|w| w + (taps - 1) * self.step_bp), ..self }
    }
}

/// One forward pass: what it is for, and what it leaves behind.
pub(crate) struct Pass {
    /// Key of the dropout masks; `None` when evaluating.
    training: Option<dropout::MaskKey>,
    /// New running statistics, by place of the weight.
    pub(crate) statistics: Vec<(usize, Tensor<1>)>,
}

impl Pass {
    pub(crate) fn evaluate() -> Self {
        Self { training: None, statistics: Vec::new() }
    }

    pub(crate) fn train(seed: u64, epoch: u64, batch: u64) -> Self {
        Self { training: Some(dropout::MaskKey::new(seed, epoch, batch)), statistics: Vec::new() }
    }

    fn is_training(&self) -> bool {
        self.training.is_some()
    }
}

/// A step of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Convolution along the sequence.
    Conv(Conv),
    /// Batch normalisation per channel.
    BatchNorm(BatchNorm),
    /// Element-wise activation.
    Activation(Activation),
    /// Maximum over neighbouring positions.
    MaxPool(MaxPool),
    /// Mean over neighbouring positions.
    AveragePool(AveragePool),
    /// Mean over all positions.
    GlobalAveragePool(GlobalAveragePool),
    /// Random zeros while training.
    Dropout(Dropout),
    /// Dilated residual block of GOPHER.
    Residual(Residual),
    /// Channels × positions to channels.
    Flatten(Flatten),
    /// Channels to channels × positions.
    Unflatten(Unflatten),
    /// Fully connected.
    Dense(Dense),
    /// BPNet's dilated layer with its skip.
    SkipConv(SkipConv),
    /// Two kernels over the same input.
    TwoKernels(TwoKernels),
    /// Inverted bottleneck with squeeze and excitation.
    Efficient(Efficient),
    /// Bidirectional LSTM.
    BiLstm(BiLstm),
    /// BPNet's two heads.
    ProfileCounts(ProfileCounts),
    /// Basenji's dilated residual.
    DilatedResidual(DilatedResidual),
    /// BPNet's two heads multiplied to counts.
    ShapeTotal(ShapeTotal),
}

macro_rules! each {
    ($block:expr, $inner:ident => $body:expr) => {
        match $block {
            Block::Conv($inner) => $body,
            Block::BatchNorm($inner) => $body,
            Block::Activation($inner) => $body,
            Block::MaxPool($inner) => $body,
            Block::AveragePool($inner) => $body,
            Block::GlobalAveragePool($inner) => $body,
            Block::Dropout($inner) => $body,
            Block::Residual($inner) => $body,
            Block::Flatten($inner) => $body,
            Block::Unflatten($inner) => $body,
            Block::Dense($inner) => $body,
            Block::SkipConv($inner) => $body,
            Block::TwoKernels($inner) => $body,
            Block::Efficient($inner) => $body,
            Block::BiLstm($inner) => $body,
            Block::ProfileCounts($inner) => $body,
            Block::DilatedResidual($inner) => $body,
            Block::ShapeTotal($inner) => $body,
        }
    };
}

/// What every block can say and do. A new block implements this and gets a variant in [`Block`].
pub(crate) trait Step {
    /// Shape of the output.
    fn output(&self, input: Shape) -> Result<Shape, String>;

    /// Weights for this input, in the order in which `forward` reads them.
    fn weights(&self, _input: Shape) -> Vec<WeightSpec> {
        Vec::new()
    }

    /// Field of the output given the input's.
    fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        field
    }

    /// A few words for the summary.
    fn describe(&self) -> String;

    /// `[batch, channels, positions]` to the same.
    fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3>;
}

impl Block {
    /// Shape of the output.
    ///
    /// # Errors
    /// What is wrong with the input: too few positions for a pool, more than one for a dense block, …
    pub fn output(&self, input: Shape) -> Result<Shape, String> {
        each!(self, b => Step::output(b, input))
    }

    /// Weights for this input.
    pub fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        each!(self, b => Step::weights(b, input))
    }

    /// Field of the output given the input's.
    pub fn receptive_field(&self, field: ReceptiveField) -> ReceptiveField {
        each!(self, b => Step::receptive_field(b, field))
    }

    /// A few words for the summary, e.g. `conv 300 k19`.
    pub fn describe(&self) -> String {
        each!(self, b => Step::describe(b))
    }

    pub(crate) fn forward(&self, x: Tensor<3>, weights: WeightSlice<'_>, pass: &mut Pass) -> Tensor<3> {
        each!(self, b => Step::forward(b, x, weights, pass))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Block, Pass, Shape};
    use crate::weights::Weights;
    use burn::tensor::{Device, Tensor, TensorData};

    /// Runs a block with weights initialised from seed 1 on the given sample-major values.
    pub(crate) fn run(
        block: &Block,
        batch: usize,
        input: Shape,
        values: Vec<f32>,
        pass: &mut Pass,
    ) -> (Vec<usize>, Vec<f32>) {
        let device = Device::flex();
        let weights = Weights::initial(&block.weights(input), 1, &device);
        run_with(block, batch, input, values, &weights, pass)
    }

    pub(crate) fn run_with(
        block: &Block,
        batch: usize,
        input: Shape,
        values: Vec<f32>,
        weights: &Weights,
        pass: &mut Pass,
    ) -> (Vec<usize>, Vec<f32>) {
        let device = Device::flex();
        let x = Tensor::from_data(TensorData::new(values, [batch, input.channels, input.positions]), &device);
        let y: Tensor<3> = block.forward(x, weights.slice(0..weights.entries.len()), pass);
        let shape = y.dims().to_vec();
        let promised = block.output(input).unwrap();
        assert_eq!(shape, [batch, promised.channels, promised.positions], "{}", block.describe());
        (shape, y.into_data().try_into_vec_as::<f32>().unwrap())
    }
}
