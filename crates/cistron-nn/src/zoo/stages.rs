//! Stretches of layers that several presets share.

use cistron_core::{TargetKind, TargetSpec};

use crate::blocks::{
    Activation, AveragePool, BatchNorm, Block, Conv, Dense, Dropout, Flatten, MaxPool, Residual, Unflatten,
};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

/// One convolutional stage: conv, batch norm, activation, then what is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConvStage {
    pub(super) filters: usize,
    pub(super) kernel: usize,
    /// Convolutions of the residual block after the activation, with dropout 0.1 between them; 0 for none.
    pub(super) residual: usize,
    /// Max-pool; 1 for none.
    pub(super) pool: usize,
    pub(super) dropout: f64,
}

/// Adds stages numbered from 1; the first takes the configured kernel and activation (`exponential` is the preset's own
/// first activation).
pub(super) fn conv_stages(plan: &mut PlanBuilder, model: &ModelConfig, first: Activation, stages: &[ConvStage]) {
    for (i, stage) in stages.iter().enumerate() {
        let n = i + 1;
        let kernel = if i == 0 { model.first_kernel_bp.unwrap_or(stage.kernel) } else { stage.kernel };
        let activation = if i == 0 { model.first_activation.unwrap_or(first) } else { Activation::Relu };
        plan.push(format!("conv{n}"), Block::Conv(Conv::new(model.width(stage.filters), kernel)));
        norm_activate(plan, &n.to_string(), activation);
        if stage.residual > 0 {
            residual(plan, model, &n.to_string(), stage.residual);
        }
        if stage.pool > 1 {
            plan.push(format!("pool{n}"), Block::MaxPool(MaxPool { width: stage.pool }));
        }
        dropout(plan, model, &n.to_string(), stage.dropout);
    }
}

/// GOPHER's residual block of so many convolutions with dropout 0.1 between them.
pub(super) fn residual(plan: &mut PlanBuilder, model: &ModelConfig, suffix: &str, convolutions: usize) {
    let dropout = model.dropout(0.1);
    plan.push(format!("residual{suffix}"), Block::Residual(Residual { convolutions, dropout }));
}

/// Batch norm and activation, named by a suffix.
pub(super) fn norm_activate(plan: &mut PlanBuilder, suffix: &str, activation: Activation) {
    plan.push(format!("norm{suffix}"), Block::BatchNorm(BatchNorm));
    plan.push(format!("activation{suffix}"), Block::Activation(activation));
}

/// Dropout, when there is any.
pub(super) fn dropout(plan: &mut PlanBuilder, model: &ModelConfig, suffix: &str, rate: f64) {
    let rate = model.dropout(rate);
    if rate > 0.0 {
        plan.push(format!("dropout{suffix}"), Block::Dropout(Dropout { rate }));
    }
}

/// GOPHER's fully connected stage: dense, batch norm, ReLU, dropout.
pub(super) fn dense_stage(plan: &mut PlanBuilder, model: &ModelConfig, suffix: &str, units: usize, rate: f64) {
    plan.push(format!("dense{suffix}"), Block::Dense(Dense::new(units)));
    norm_activate(plan, &format!("_dense{suffix}"), Activation::Relu);
    dropout(plan, model, &format!("_dense{suffix}"), rate);
}

/// Output from one position: a linear value per task (a logit for binary targets), or for profiles all bins of all
/// tasks through a softplus.
pub(super) fn dense_output(plan: &mut PlanBuilder, target: &TargetSpec) {
    let tasks = target.tasks.len();
    plan.push("output", Block::Dense(Dense::new(tasks * target.bins).linear()));
    if target.kind == TargetKind::Profile {
        plan.push("bins", Block::Unflatten(Unflatten { channels: tasks }));
        plan.push("counts", Block::Activation(Activation::Softplus));
    }
}

/// Position-wise output of counts per task, the positions being the bins. With task heads each task first has a
/// convolution of 64 filters, kernel 7, batch norm, ReLU and dropout 0.1 of its own: one convolution of 64 filters per
/// task and a linear output in as many groups.
pub(super) fn profile_output(plan: &mut PlanBuilder, model: &ModelConfig, target: &TargetSpec) {
    let tasks = target.tasks.len();
    let mut groups = 1;
    if model.task_heads {
        plan.push("conv_heads", Block::Conv(Conv::new(model.width(64) * tasks, 7)));
        norm_activate(plan, "_heads", Activation::Relu);
        dropout(plan, model, "_heads", 0.1);
        groups = tasks;
    }
    plan.push("output", Block::Conv(Conv::position_wise(tasks).grouped(groups).linear()));
    plan.push("counts", Block::Activation(Activation::Softplus));
}

/// Averages positions of `resolution` bp to the bins of the target.
///
/// # Errors
/// When the bins do not tile the input or are not made of whole positions.
pub(super) fn average_to_bins(
    plan: &mut PlanBuilder,
    preset: &str,
    target: &TargetSpec,
    resolution: usize,
) -> Result<(), NnError> {
    let (input, bin) = (target.input_bp, target.bin_bp);
    if bin > 0 && bin.is_multiple_of(resolution) && target.bins * bin == input {
        if bin > resolution {
            plan.push("average", Block::AveragePool(AveragePool { width: bin / resolution }));
        }
        return Ok(());
    }
    let suitable: Vec<String> = (1..=input / resolution)
        .map(|n| n * resolution)
        .filter(|size| input.is_multiple_of(*size))
        .map(|size| size.to_string())
        .collect();
    let advice = if suitable.is_empty() {
        format!(
            "no bin size works for an input of {input} bp: make the input a multiple of {resolution} bp, or use preset cnn"
        )
    } else {
        format!("for an input of {input} bp set bin_bp to {}, or use preset cnn", suitable.join(", "))
    };
    Err(NnError::DoesNotFit {
        preset: preset.into(),
        message: format!(
            "it has one position per {resolution} bp and {} bin(s) of {bin} bp over {input} bp are not made of whole positions: {advice}",
            target.bins
        ),
    })
}

/// Flattens unless there is one position already.
pub(super) fn flatten(plan: &mut PlanBuilder) {
    if plan.shape().positions != 1 {
        plan.push("flatten", Block::Flatten(Flatten));
    }
}
