//! Published networks, one a file, as plans. A preset adapts to profile, scalar and binary targets; where it cannot work on
//! an input length or bin size it says so before any work starts.

mod basset;
mod cnn;
mod residualbind_32;
mod stages;

use cistron_core::{TargetKind, TargetSpec};

use crate::plan::{Plan, PlanBuilder};
use crate::{ModelConfig, NnError};
use crate::blocks::Shape;

/// A network of the zoo.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name in the study file.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Shortest input in bp: the product of its pools.
    pub minimum_input_bp: usize,
    build: fn(&ModelConfig, &TargetSpec, &mut PlanBuilder) -> Result<(), NnError>,
}

const PRESETS: [Preset; 3] = [
    Preset {
        name: "cnn",
        summary: "GOPHER's base CNN: three convolutions, a bottleneck, and for profiles a dense layer back to the bins",
        minimum_input_bp: 128,
        build: cnn::build,
    },
    Preset {
        name: "residualbind-32",
        summary: "GOPHER's ResidualBind at 32 bp: three convolutions with dilated residual blocks, position-wise output",
        minimum_input_bp: 32,
        build: residualbind_32::build,
    },
    Preset {
        name: "basset",
        summary: "Basset: three convolutions and two dense layers (Kelley et al. 2016)",
        minimum_input_bp: 48,
        build: basset::build,
    },
];

/// All presets.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The plan of a configuration for a target.
///
/// # Errors
/// As [`crate::summarise`].
pub fn plan(model: &ModelConfig, target: &TargetSpec) -> Result<Plan, NnError> {
    model.check()?;
    let preset = PRESETS.iter().find(|p| p.name == model.preset).ok_or_else(|| NnError::UnknownPreset {
        found: model.preset.clone(),
        known: PRESETS.map(|p| p.name).join(", "),
    })?;
    let misfit = |message: String| NnError::DoesNotFit { preset: preset.name.into(), message };
    if target.tasks.is_empty() || target.bins == 0 || target.input_bp == 0 {
        return Err(misfit("the target has no tasks, bins or input".into()));
    }
    if target.kind != TargetKind::Profile && target.bins != 1 {
        return Err(misfit(format!("{} bins for a target of one value per window", target.bins)));
    }
    if model.task_heads && target.kind != TargetKind::Profile {
        let message = "only profile targets have task-specific heads: remove it".into();
        return Err(NnError::Option { key: "task_heads", message });
    }
    let mut builder = PlanBuilder::new(Shape { channels: 4, positions: target.input_bp });
    (preset.build)(model, target, &mut builder)?;
    let others: Vec<String> =
        PRESETS.iter().map(|p| format!("{} {} bp", p.name, p.minimum_input_bp)).collect();
    let advice = format!(
        "give it an input of at least {} bp, or a preset that takes less ({})",
        preset.minimum_input_bp,
        others.join(", ")
    );
    let plan = builder.finish(preset.name, &advice)?;
    debug_assert_eq!(plan.output(), Shape { channels: target.tasks.len(), positions: target.bins });
    Ok(plan)
}
