//! GOPHER's ResidualBind at 32 bp resolution (Toneyan et al. 2022, methods): 256 k19 RB5 pool 4 / 512 k7 RB5 pool 4 /
//! 1024 k7 RB3 pool 2 with dropout 0.2 / 0.2 / 0.5; each convolution followed by batch norm and activation (exponential
//! after the first unless configured), then the residual block, the pool and the dropout.
//!
//! Profiles: a position-wise dense layer of 256 and the counts; for bins coarser than 32 bp the positions are averaged to
//! the bins before the counts. With task heads: a convolution 256 k7, then the heads, instead of the dense layer.
//! Scalar and binary targets: global average pool, a bottleneck of 512, and a linear output.

use cistron_core::{TargetKind, TargetSpec};

use super::stages::{ConvStage, conv_stages, dense_output, dense_stage, dropout, norm_activate, profile_output};
use crate::blocks::{Activation, AveragePool, Block, Conv, GlobalAveragePool};
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
    let profile = target.kind == TargetKind::Profile;
    if profile {
        check_bins(target)?;
    }
    conv_stages(plan, model, Activation::Exponential, &STAGES);
    if !profile {
        plan.push("average", Block::GlobalAveragePool(GlobalAveragePool));
        dense_stage(plan, model, "1", model.width(512), 0.3);
        dense_output(plan, target);
        return Ok(());
    }
    let (kernel, rate) = if model.task_heads { (7, 0.2) } else { (1, 0.3) };
    plan.push("conv4", Block::Conv(Conv::new(model.width(256), kernel)));
    norm_activate(plan, "4", Activation::Relu);
    dropout(plan, model, "4", rate);
    if target.bin_bp > RESOLUTION_BP {
        plan.push("average", Block::AveragePool(AveragePool { width: target.bin_bp / RESOLUTION_BP }));
    }
    profile_output(plan, model, target);
    Ok(())
}

/// The bins must tile the input and be made of whole positions.
fn check_bins(target: &TargetSpec) -> Result<(), NnError> {
    let (input, bin) = (target.input_bp, target.bin_bp);
    if bin > 0 && bin % RESOLUTION_BP == 0 && target.bins * bin == input {
        return Ok(());
    }
    let suitable: Vec<String> = (1..=input / RESOLUTION_BP)
        .map(|n| n * RESOLUTION_BP)
        .filter(|size| input % size == 0)
        .map(|size| size.to_string())
        .collect();
    let advice = if suitable.is_empty() {
        format!("no bin size works for an input of {input} bp: make the input a multiple of 32 bp, or use preset cnn")
    } else {
        format!("for an input of {input} bp set bin_bp to {}, or use preset cnn", suitable.join(", "))
    };
    Err(NnError::DoesNotFit {
        preset: "residualbind-32".into(),
        message: format!(
            "it has one position per 32 bp and {} bin(s) of {bin} bp over {input} bp are not made of whole positions: {advice}",
            target.bins
        ),
    })
}
