//! BPNet as GOPHER adapted it (Toneyan et al. 2022, methods) and with its own two heads (Avsec et al. 2021): a convolution of kernel 25,
//! nine dilated convolutions of kernel 3 at 2, 4, … 512 bp, each added to its input, and a profile per task from a convolution over all
//! channels, averaged to the bins.
//!
//! - `bpnet`: 256 filters, heads of kernel 7, counts through a softplus. (GOPHER's heads are linear unless the loss is Poisson; ours always
//!   give coverage, which is never negative.)
//! - `bpnet-original`: 64 filters, heads of kernel 25 through a softmax over the bins, times a total per task; its loss is
//!   `multinomial-mse`.
//!
//! A transposed convolution of stride 1 is a convolution with its kernel reversed, so ours is written as one.

use cistron_core::TargetSpec;

use super::stages::average_to_bins;
use crate::blocks::{Activation, Block, Conv, ShapeTotal, SkipConv};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

/// Dilated layers; the first has dilation 2.
const DILATED: u32 = 9;

fn trunk(model: &ModelConfig, filters: usize, plan: &mut PlanBuilder) {
    let kernel = model.first_kernel_bp.unwrap_or(25);
    plan.push("conv1", Block::Conv(Conv::new(model.width(filters), kernel)));
    plan.push("activation1", Block::Activation(model.first_activation.unwrap_or(Activation::Relu)));
    for i in 1..=DILATED {
        plan.push(format!("dilated{i}"), Block::SkipConv(SkipConv { kernel: 3, dilation: 1 << i }));
    }
}

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    trunk(model, 256, plan);
    plan.push("heads", Block::Conv(Conv::new(target.tasks.len(), 7).linear()));
    average_to_bins(plan, &model.preset, target, 1)?;
    plan.push("counts", Block::Activation(Activation::Softplus));
    Ok(())
}

pub(super) fn build_original(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    trunk(model, 64, plan);
    let tasks = target.tasks.len();
    plan.push("heads", Block::ShapeTotal(ShapeTotal { tasks, kernel: 25, bin: target.bin_bp }));
    Ok(())
}
