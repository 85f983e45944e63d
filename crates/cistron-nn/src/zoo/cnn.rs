//! GOPHER's base CNN (Toneyan et al. 2022, methods): 192 k19 pool 8 / 256 k7 pool 4 / 512 k7 pool 4, dropout 0.1 / 0.1 / 0.2.
//!
//! Profiles: a bottleneck of 256, a dense layer of bins × 8, laid out as 8 channels of bins, a convolution 256 k7, and the
//! counts. Scalar and binary targets: the trunk to a bottleneck of 512, then a linear output (`cnn-binary`).

use cistron_core::{TargetKind, TargetSpec};

use super::stages::{
    ConvStage, conv_stages, dense_output, dense_stage, dropout, flatten, norm_activate, profile_output,
};
use crate::blocks::{Activation, Block, Conv, Unflatten};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

const STAGES: [ConvStage; 3] = [
    ConvStage { filters: 192, kernel: 19, residual: 0, pool: 8, dropout: 0.1 },
    ConvStage { filters: 256, kernel: 7, residual: 0, pool: 4, dropout: 0.1 },
    ConvStage { filters: 512, kernel: 7, residual: 0, pool: 4, dropout: 0.2 },
];

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    conv_stages(plan, model, Activation::Relu, &STAGES);
    flatten(plan);
    if target.kind != TargetKind::Profile {
        dense_stage(plan, model, "1", model.width(512), 0.3);
        dense_output(plan, target);
        return Ok(());
    }
    dense_stage(plan, model, "1", model.width(256), 0.3);
    let channels = model.width(8);
    dense_stage(plan, model, "2", target.bins * channels, 0.1);
    plan.push("bins", Block::Unflatten(Unflatten { channels }));
    plan.push("conv4", Block::Conv(Conv::new(model.width(256), 7)));
    norm_activate(plan, "4", Activation::Relu);
    dropout(plan, model, "4", 0.2);
    profile_output(plan, model, target);
    Ok(())
}
