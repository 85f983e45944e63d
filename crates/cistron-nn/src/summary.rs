use cistron_core::TargetSpec;
use serde::{Deserialize, Serialize};

use crate::blocks::Shape;
use crate::{ModelConfig, NnError, zoo};

/// One line of a [`ModelSummary`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Name of the layer, the prefix of its weights' names.
    pub name: String,
    /// What it does, e.g. `conv 300 k19`.
    pub what: String,
    /// Shape of one sample after it: channels × positions.
    pub output: Shape,
    /// Values that training changes.
    pub parameters: usize,
}

/// What a network is, read off its plan without building it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// The layers in order.
    pub layers: Vec<LayerSummary>,
    /// Values that training changes, all layers together.
    pub parameters: usize,
    /// How many bp of the input one output value depends on.
    pub receptive_field_bp: usize,
    /// Length of the input in bp.
    pub input_bp: usize,
}

/// Describes the network that a configuration gives for a target, without building it. The cheap check that a preset fits.
///
/// # Errors
/// [`NnError::UnknownPreset`], [`NnError::Option`], or [`NnError::DoesNotFit`], which lists the lengths along the network and
/// says what to change.
pub fn summarise(model: &ModelConfig, target: &TargetSpec) -> Result<ModelSummary, NnError> {
    let plan = zoo::plan(model, target)?;
    let line = |layer: &crate::Layer| LayerSummary {
        name: layer.name.clone(),
        what: layer.block.describe(),
        output: layer.output,
        parameters: layer.weights().iter().filter(|w| w.trained).map(|w| w.len()).sum(),
    };
    Ok(ModelSummary {
        layers: plan.layers.iter().map(line).collect(),
        parameters: plan.parameters(),
        receptive_field_bp: plan.receptive_field_bp(),
        input_bp: plan.input().positions,
    })
}
