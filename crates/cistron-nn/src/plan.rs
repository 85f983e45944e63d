use serde::{Deserialize, Serialize};

use crate::NnError;
use crate::blocks::{Block, ReceptiveField, Shape, WeightSpec};

/// A named block with the shapes around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Unique name, e.g. `conv1`.
    pub name: String,
    /// What it does.
    pub block: Block,
    /// Shape of one sample going in.
    pub input: Shape,
    /// Shape of one sample coming out.
    pub output: Shape,
}

impl Layer {
    /// Weights with their full names, e.g. `conv1.kernel`.
    pub fn weights(&self) -> Vec<WeightSpec> {
        let full = |spec: WeightSpec| spec.within(&self.name);
        self.block.weights(self.input).into_iter().map(full).collect()
    }
}

/// A network as data: layers one after the other, shapes checked. Building tensors from it cannot fail for a shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The layers in order.
    pub layers: Vec<Layer>,
}

impl Plan {
    /// Values that training changes.
    pub fn parameters(&self) -> usize {
        let specs = self.layers.iter().flat_map(Layer::weights);
        specs.filter(|spec| spec.trained).map(|spec| spec.len()).sum()
    }

    /// How many bp one output value sees, at most the input.
    pub fn receptive_field_bp(&self) -> usize {
        let field = self.layers.iter().fold(ReceptiveField::INPUT, |field, layer| layer.block.receptive_field(field));
        field.width_bp.map_or(self.input().positions, |width| width.min(self.input().positions))
    }

    /// Shape of the input.
    pub fn input(&self) -> Shape {
        self.layers[0].input
    }

    /// Shape of the output: tasks × bins.
    pub fn output(&self) -> Shape {
        self.layers[self.layers.len() - 1].output
    }
}

/// Puts a plan together; remembers the first block that does not fit.
pub(crate) struct PlanBuilder {
    input: Shape,
    now: Shape,
    layers: Vec<Layer>,
    problem: Option<String>,
}

impl PlanBuilder {
    pub(crate) fn new(input: Shape) -> Self {
        Self { input, now: input, layers: Vec::new(), problem: None }
    }

    /// Shape after the layers so far.
    pub(crate) fn shape(&self) -> Shape {
        self.now
    }

    pub(crate) fn push(&mut self, name: impl Into<String>, block: Block) {
        if self.problem.is_some() {
            return;
        }
        let (name, input) = (name.into(), self.now);
        debug_assert!(self.layers.iter().all(|l| l.name != name), "layer {name} twice");
        match block.output(input) {
            Ok(output) => {
                self.now = output;
                self.layers.push(Layer { name, block, input, output });
            }
            Err(why) => self.problem = Some(format!("at {name}, {why}; {}", self.lengths())),
        }
    }

    /// How the number of positions changes along the network so far.
    fn lengths(&self) -> String {
        let mut text = format!("along the network the positions are {}", self.input.positions);
        for layer in self.layers.iter().filter(|l| l.output.positions != l.input.positions) {
            text += &format!(" → {} ({})", layer.output.positions, layer.name);
        }
        text
    }

    /// The plan, or why it does not fit, followed by what to change.
    pub(crate) fn finish(self, preset: &str, advice: &str) -> Result<Plan, NnError> {
        match self.problem {
            None => Ok(Plan { layers: self.layers }),
            Some(why) => Err(NnError::DoesNotFit { preset: preset.into(), message: format!("{why}; {advice}") }),
        }
    }
}
