use std::str::FromStr;
use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use cistron_core::{Stream, TargetSpec, keyed_rng};
use rand::RngExt;

use crate::network::{Changes, Network, largest_difference};
use crate::train::host;
use crate::{DeviceChoice, ModelConfig, NnError, zoo};

/// Which substitutions are predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedCase {
    /// The three substitutions at the centre of each of so many random sequences: variants of a file, scored in their own windows.
    Variants(usize),
    /// Every substitution of one random sequence: in-silico saturation mutagenesis.
    Saturation,
}

/// How they are predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedMode {
    /// Both alleles of each variant, whole sequences, in batches.
    Whole,
    /// Each reference once, and of each copy what the change can reach.
    Changed,
}

impl ChangedMode {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Changed => "changed",
        }
    }
}

impl FromStr for ChangedMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Whole, Self::Changed]
            .into_iter()
            .find(|m| m.name() == text)
            .ok_or_else(|| format!("{text:?} is neither whole nor changed"))
    }
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedReport {
    /// Values that training changes.
    pub parameters: usize,
    /// Substitutions predicted in each repetition.
    pub variants: usize,
    /// Wall-clock time of each repetition after the first.
    pub seconds: Vec<f64>,
    /// Largest difference between the two modes on the first batch, relative to the largest output.
    pub largest_difference: f64,
}

/// Copies predicted at once.
const BATCH: usize = 64;
/// Copies of one sequence computed at once: the reference is computed for each batch.
const SATURATION_BATCH: usize = 256;

/// A substitution: reference row, place, base.
type Substitution = (usize, usize, usize);

/// Predicts substitutions with a preset of initial weights, `iters` times after a first one, with as many threads (all without a number).
///
/// # Errors
/// A preset that does not fit, a device that is not there, threads that cannot be started.
pub fn measure_changed(
    model: &ModelConfig,
    target: &TargetSpec,
    case: ChangedCase,
    mode: ChangedMode,
    iters: usize,
    (threads, device): (Option<usize>, DeviceChoice),
) -> Result<ChangedReport, NnError> {
    let failed =
        |e: rayon::ThreadPoolBuildError| NnError::Device { device: device.to_string(), message: e.to_string() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build().map_err(failed)?;
    pool.install(|| measure(model, target, case, mode, iters, device))
}

fn measure(
    model: &ModelConfig,
    target: &TargetSpec,
    case: ChangedCase,
    mode: ChangedMode,
    iters: usize,
    device: DeviceChoice,
) -> Result<ChangedReport, NnError> {
    let device = device.open()?;
    let plan = zoo::plan(model, target)?;
    let parameters = plan.parameters();
    let network = Network::new(plan, 1, &device);
    let length = target.input_bp;
    let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
    let rows = if let ChangedCase::Variants(n) = case { n } else { 1 };
    let references: Vec<Vec<usize>> =
        (0..rows).map(|_| (0..length).map(|_| rng.random_range(0..4)).collect()).collect();
    let places = if let ChangedCase::Variants(_) = case { length / 2..length / 2 + 1 } else { 0..length };
    let mut substitutions: Vec<Substitution> = Vec::new();
    for (row, reference) in references.iter().enumerate() {
        for place in places.clone() {
            substitutions.extend((0..4).filter(|b| *b != reference[place]).map(|base| (row, place, base)));
        }
    }
    let job = Job { network: &network, references: &references, device: &device };
    let at_once = match (case, mode) {
        (ChangedCase::Saturation, ChangedMode::Changed) => SATURATION_BATCH,
        _ => BATCH,
    };
    let batches: Vec<&[Substitution]> = substitutions.chunks(at_once).collect();
    let largest_difference =
        batches.first().map_or(0.0, |batch| largest_difference(&job.changed(batch), &job.whole(batch)));
    let mut seconds = Vec::new();
    for step in 0..=iters {
        let start = Instant::now();
        for batch in &batches {
            match mode {
                ChangedMode::Whole => {
                    // The reference of saturation mutagenesis is predicted once, those of variants with each of them.
                    if matches!(case, ChangedCase::Variants(_)) {
                        std::hint::black_box(job.unchanged(batch));
                    }
                    std::hint::black_box(job.whole(batch));
                }
                ChangedMode::Changed => {
                    std::hint::black_box(job.changed(batch));
                }
            }
        }
        if step > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(ChangedReport { parameters, variants: substitutions.len(), seconds, largest_difference })
}

struct Job<'a> {
    network: &'a Network,
    references: &'a [Vec<usize>],
    device: &'a burn::tensor::Device,
}

impl Job<'_> {
    /// One-hot `[rows, 4, length]`.
    fn tensor(&self, rows: impl ExactSizeIterator<Item = Vec<usize>>) -> Tensor<3> {
        let count = rows.len();
        let length = self.references[0].len();
        let mut values = vec![0.0f32; count * 4 * length];
        for (row, codes) in rows.enumerate() {
            codes.iter().enumerate().for_each(|(place, base)| values[(row * 4 + base) * length + place] = 1.0);
        }
        Tensor::from_data(TensorData::new(values, [count, 4, length]), self.device)
    }

    /// Outputs of the references of each substitution.
    fn unchanged(&self, batch: &[Substitution]) -> Vec<f32> {
        host(self.network.evaluate(self.tensor(batch.iter().map(|(row, ..)| self.references[*row].clone()))))
    }

    /// Outputs of whole changed copies.
    fn whole(&self, batch: &[Substitution]) -> Vec<f32> {
        let copy = |&(row, place, base): &Substitution| {
            let mut codes = self.references[row].clone();
            codes[place] = base;
            codes
        };
        host(self.network.evaluate(self.tensor(batch.iter().map(copy))))
    }

    /// The same, computed where the changes reach.
    fn changed(&self, batch: &[Substitution]) -> Vec<f32> {
        let mut used: Vec<usize> = batch.iter().map(|(row, ..)| *row).collect();
        used.dedup();
        let x = self.tensor(used.iter().map(|row| self.references[*row].clone()));
        let mut values = vec![0.0f32; batch.len() * 4];
        batch.iter().enumerate().for_each(|(i, (.., base))| values[i * 4 + base] = 1.0);
        let changes = Changes {
            rows: batch.iter().map(|(row, ..)| used.iter().position(|u| u == row).unwrap_or(0)).collect(),
            starts: batch.iter().map(|(_, place, _)| *place).collect(),
            values: Tensor::from_data(TensorData::new(values, [batch.len(), 4, 1]), self.device),
        };
        host(self.network.evaluate_changed(x, changes).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::TargetKind;

    #[test]
    fn both_modes_predict_the_same() {
        let model = ModelConfig { width_factor: 0.05, ..ModelConfig::new("basset") };
        let target =
            TargetSpec { kind: TargetKind::Binary, tasks: vec!["t".into()], bins: 1, bin_bp: 200, input_bp: 200 };
        for case in [ChangedCase::Variants(5), ChangedCase::Saturation] {
            for mode in [ChangedMode::Whole, ChangedMode::Changed] {
                let report = measure_changed(&model, &target, case, mode, 1, (Some(1), DeviceChoice::Cpu)).unwrap();
                assert_eq!(report.variants, if case == ChangedCase::Saturation { 600 } else { 15 });
                assert!(report.largest_difference < 1e-4 && report.seconds.len() == 1, "{report:?}");
            }
        }
    }
}
