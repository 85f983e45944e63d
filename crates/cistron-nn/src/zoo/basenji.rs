//! Basenji as GOPHER adapted it (Toneyan et al. 2022, methods): before each convolution a GELU, after it batch norm, no biases;
//! 256 k15 with max-pool 2 (none at base resolution), 11 dilated residuals of 128 filters at the rates round(1.5^i), 2048 k1 with
//! dropout 0.05. Profiles: averaged to the bins, then the counts. Scalar and binary targets (`basenji-binary`): averaged over all
//! positions, then a linear output.

use cistron_core::{TargetKind, TargetSpec};

use super::stages::{average_to_bins, dense_output, dropout, profile_output};
use crate::blocks::{Activation, BatchNorm, Block, Conv, DilatedResidual, GlobalAveragePool, MaxPool};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

/// Number of dilated residuals.
const RESIDUALS: i32 = 11;
/// Growth of the dilation from one to the next.
const GROWTH: f64 = 1.5;

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    if model.first_activation.is_some() {
        let message = format!("preset {} has its GELU before the first convolution: remove it", model.preset);
        return Err(NnError::Option { key: "first_activation", message });
    }
    let base = target.kind == TargetKind::Profile && target.bin_bp == 1;
    let pool = if base { 1 } else { 2 };
    let gelu = || Block::Activation(Activation::Gelu);
    plan.push("activation1", gelu());
    plan.push("conv1", Block::Conv(Conv::new(model.width(256), model.first_kernel_bp.unwrap_or(15)).without_bias()));
    plan.push("norm1", Block::BatchNorm(BatchNorm));
    if pool > 1 {
        plan.push("pool1", Block::MaxPool(MaxPool { width: pool }));
    }
    for i in 0..RESIDUALS {
        let dilation = GROWTH.powi(i).round() as usize;
        let block = DilatedResidual { filters: model.width(128), dilation, dropout: model.dropout(0.3) };
        plan.push(format!("residual{}", i + 1), Block::DilatedResidual(block));
    }
    plan.push("activation2", gelu());
    plan.push("conv2", Block::Conv(Conv::position_wise(model.width(2048)).without_bias()));
    plan.push("norm2", Block::BatchNorm(BatchNorm));
    dropout(plan, model, "2", 0.05);
    if target.kind != TargetKind::Profile {
        plan.push("average", Block::GlobalAveragePool(GlobalAveragePool));
        dense_output(plan, target);
        return Ok(());
    }
    average_to_bins(plan, &model.preset, target, pool)?;
    profile_output(plan, model, target);
    Ok(())
}
