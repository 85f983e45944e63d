//! GOPHER's ResidualBind at 32 bp resolution (Toneyan et al. 2022, methods): 256 k19 RB5 pool 4 / 512 k7 RB5 pool 4 /
//! 1024 k7 RB3 pool 2 with dropout 0.2 / 0.2 / 0.5; each convolution followed by batch norm and activation (exponential
//! after the first unless configured), then the residual block, the pool and the dropout.
//!
//! Profiles: a position-wise dense layer of 256 and the counts; for bins coarser than 32 bp the positions are averaged to
//! the bins before the counts. With task heads: a convolution 256 k7, then the heads, instead of the dense layer.
//! Scalar and binary targets: global average pool, a bottleneck of 512, and a linear output.

use cistron_core::{TargetKind, TargetSpec};

use super::stages::{
    ConvStage, average_to_bins, conv_stages, dense_output, dense_stage, dropout, norm_activate, profile_output,
};
use crate::blocks::{Activation, Block, Conv, GlobalAveragePool};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

const STAGES: [ConvStage; 3] = [
    ConvStage { filters: 256, kernel: 19, residual: 5, pool: 4, dropout: 0.2 },
    ConvStage { filters: 512, kernel: 7, residual: 5, pool: 4, dropout: 0.2 },
    ConvStage { filters: 1024, kernel: 7, residual: 3, pool: 2, dropout: 0.5 },
];

/// bp per position after the pools.
const RESOLUTION_BP: usize = 32;

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    conv_stages(plan, model, Activation::Exponential, &STAGES);
    if target.kind != TargetKind::Profile {
        plan.push("average", Block::GlobalAveragePool(GlobalAveragePool));
        dense_stage(plan, model, "1", model.width(512), 0.3);
        dense_output(plan, target);
        return Ok(());
    }
    let (kernel, rate) = if model.task_heads { (7, 0.2) } else { (1, 0.3) };
    plan.push("conv4", Block::Conv(Conv::new(model.width(256), kernel)));
    norm_activate(plan, "4", Activation::Relu);
    dropout(plan, model, "4", rate);
    average_to_bins(plan, "residualbind-32", target, RESOLUTION_BP)?;
    profile_output(plan, model, target);
    Ok(())
}
