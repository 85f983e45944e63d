//! GOPHER's ResidualBind at base resolution (Toneyan et al. 2022, methods): 192 k19 RB5 pool 4 / 256 k7 RB5 pool 4 / 512 k7 RB4 pool 4
//! with dropout 0.1 / 0.1 / 0.2, a bottleneck of 512.
//!
//! Profiles: a dense layer of bins × 8, laid out as 8 channels of bins, a convolution 256 k7, RB5, and the counts. With task heads the first
//! pool is 8, the third residual block RB3, and RB6 comes before the heads. Scalar and binary targets (`residual-binary`): the
//! bottleneck, then a linear output.

use cistron_core::{TargetKind, TargetSpec};

use super::stages::{
    ConvStage, conv_stages, dense_output, dense_stage, dropout, flatten, norm_activate, profile_output, residual,
};
use crate::blocks::{Activation, Block, Conv, Unflatten};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    let heads = model.task_heads;
    let stages = [
        ConvStage { filters: 192, kernel: 19, residual: 5, pool: if heads { 8 } else { 4 }, dropout: 0.1 },
        ConvStage { filters: 256, kernel: 7, residual: 5, pool: 4, dropout: 0.1 },
        ConvStage { filters: 512, kernel: 7, residual: if heads { 3 } else { 4 }, pool: 4, dropout: 0.2 },
    ];
    conv_stages(plan, model, Activation::Relu, &stages);
    flatten(plan);
    dense_stage(plan, model, "1", model.width(512), 0.3);
    if target.kind != TargetKind::Profile {
        dense_output(plan, target);
        return Ok(());
    }
    let channels = model.width(8);
    dense_stage(plan, model, "2", target.bins * channels, 0.1);
    plan.push("bins", Block::Unflatten(Unflatten { channels }));
    plan.push("conv4", Block::Conv(Conv::new(model.width(256), 7)));
    norm_activate(plan, "4", Activation::Relu);
    dropout(plan, model, "4", if heads { 0.2 } else { 0.1 });
    residual(plan, model, "4", if heads { 6 } else { 5 });
    profile_output(plan, model, target);
    Ok(())
}
