//! Basset (Kelley et al. 2016): 300 / 200 / 200 filters of 19 / 11 / 7 bp with batch norm, ReLU and pools of 3 / 4 / 4, two
//! dense layers of 1000 with ReLU and dropout 0.3, then a linear output: a logit or value per task, or all bins of a profile.

use cistron_core::TargetSpec;

use super::stages::{ConvStage, conv_stages, dense_output, dropout, flatten};
use crate::blocks::{Activation, Block, Dense};
use crate::plan::PlanBuilder;
use crate::{ModelConfig, NnError};

const STAGES: [ConvStage; 3] = [
    ConvStage { filters: 300, kernel: 19, residual: 0, pool: 3, dropout: 0.0 },
    ConvStage { filters: 200, kernel: 11, residual: 0, pool: 4, dropout: 0.0 },
    ConvStage { filters: 200, kernel: 7, residual: 0, pool: 4, dropout: 0.0 },
];

pub(super) fn build(model: &ModelConfig, target: &TargetSpec, plan: &mut PlanBuilder) -> Result<(), NnError> {
    conv_stages(plan, model, Activation::Relu, &STAGES);
    flatten(plan);
    for n in 1..=2 {
        plan.push(format!("dense{n}"), Block::Dense(Dense::new(model.width(1000))));
        plan.push(format!("activation_dense{n}"), Block::Activation(Activation::Relu));
        dropout(plan, model, &format!("_dense{n}"), 0.3);
    }
    dense_output(plan, target);
    Ok(())
}
