//! Training steps and inference batches of five reference networks on random data, to be timed beside PyTorch's (the script
//! `torch_step.py` of the peers is the definition of the networks, shapes, losses and optimiser).

use std::str::FromStr;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData, activation};
use cistron_core::{Stream, TargetKind, TargetSpec, keyed_rng, resident_memory_bytes};
use rand::RngExt;

use crate::blocks::{
    Activation, BiLstm, Block, Conv, Dropout, Efficient, GlobalAveragePool, Pass, ProfileCounts, Shape, SkipConv,
    TwoKernels,
};
use crate::kernels::{self, ConvShape};
use crate::network::Network;
use crate::optimiser::Optimiser;
use crate::plan::{Plan, PlanBuilder};
use crate::train::host;
use crate::{DeviceChoice, Loss, ModelConfig, NnError, WeightedLoss, zoo};

/// A network that is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepNetwork {
    /// 64 × 600 bp to 164 labels.
    Basset,
    /// 32 × 2048 bp to 15 tracks of 64 bins.
    ResidualBind,
    /// 16 × 2114 bp to a profile of 1000 positions and its total.
    BpNet,
    /// 64 × 150 bp with six channels to 18 bins.
    DreamCnn,
    /// The same, recurrent.
    DreamRnn,
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepMode {
    /// Forward, backward and a step of Adam.
    Train,
    /// Forward only, as for evaluation.
    Infer,
}

impl StepNetwork {
    /// Every network.
    pub const ALL: [Self; 5] = [Self::Basset, Self::ResidualBind, Self::BpNet, Self::DreamCnn, Self::DreamRnn];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basset => "basset",
            Self::ResidualBind => "residualbind",
            Self::BpNet => "bpnet",
            Self::DreamCnn => "dream-cnn",
            Self::DreamRnn => "dream-rnn",
        }
    }
}

impl FromStr for StepNetwork {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<&str> = Self::ALL.iter().map(|n| n.name()).collect();
        let found = Self::ALL.into_iter().find(|n| n.name() == text);
        found.ok_or_else(|| format!("{text:?} is none of {}", names.join(", ")))
    }
}

impl FromStr for StepMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "train" => Ok(Self::Train),
            "infer" => Ok(Self::Infer),
            _ => Err(format!("{text:?} is neither train nor infer")),
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Values that training changes.
    pub parameters: usize,
    /// Sequences of a step.
    pub batch: usize,
    /// Wall-clock time of each step after the first.
    pub seconds: Vec<f64>,
    /// Loss of each step, or mean output of each batch, the first included.
    pub values: Vec<f64>,
    /// Resident memory after each step in bytes, the first included; empty where the system does not say.
    pub resident_bytes: Vec<u64>,
}

/// The sequences, the plan, and what the output is compared with.
struct Case {
    x: Tensor<3>,
    plan: Plan,
    objective: Objective,
}

enum Objective {
    /// A loss of the training code.
    Loss(Loss, Tensor<3>),
    /// Multinomial negative log-likelihood of a profile plus the squared error of its logarithmic total (BPNet).
    ProfileCounts(Tensor<2>),
    /// Cross-entropy with a distribution over bins (DREAM).
    Distribution(Tensor<2>),
}

impl Objective {
    fn loss(&self, output: Tensor<3>) -> Tensor<1> {
        let [batch, channels, positions] = output.dims();
        match self {
            Self::Loss(loss, target) => {
                WeightedLoss::from(*loss).mean(output, target.clone(), None, batch * channels * positions)
            }
            Self::ProfileCounts(counts) => {
                let output = output.reshape([batch, positions]);
                let profile = output.clone().slice([0..batch, 0..positions - 1]);
                let total = output.slice([0..batch, positions - 1..positions]);
                let nll = (counts.clone() * activation::log_softmax(profile, 1)).sum_dim(1).mean().neg();
                let difference = total - counts.clone().sum_dim(1).log1p();
                nll + (difference.clone() * difference).mean()
            }
            Self::Distribution(target) => {
                let logits = output.reshape([batch, channels]);
                (target.clone() * activation::log_softmax(logits, 1)).sum_dim(1).mean().neg()
            }
        }
    }
}

/// Basset and ResidualBind are the presets as published; the others are not in the zoo yet.
fn plan(network: StepNetwork, input: Shape) -> Result<Plan, NnError> {
    let input_bp = input.positions;
    let preset = |name: &str, kind, tasks: usize, bin_bp: usize| {
        let tasks = (0..tasks).map(|t| t.to_string()).collect();
        zoo::plan(&ModelConfig::new(name), &TargetSpec { kind, tasks, bins: input_bp / bin_bp, bin_bp, input_bp })
    };
    let mut plan = PlanBuilder::new(input);
    match network {
        StepNetwork::Basset => return preset("basset", TargetKind::Binary, 164, input_bp),
        StepNetwork::ResidualBind => return preset("residualbind-32", TargetKind::Profile, 15, 32),
        StepNetwork::BpNet => {
            plan.push("conv1", Block::Conv(Conv::new(64, 21)));
            plan.push("activation1", Block::Activation(Activation::Relu));
            for i in 1..=8 {
                plan.push(format!("dilated{i}"), Block::SkipConv(SkipConv { kernel: 3, dilation: 1 << i }));
            }
            plan.push("heads", Block::ProfileCounts(ProfileCounts { kernel: 75, positions: 1000 }));
        }
        StepNetwork::DreamCnn => {
            plan.push("first", Block::TwoKernels(TwoKernels { filters: 160, kernels: [9, 15], dropout: 0.2 }));
            for (i, filters) in [128, 128, 64, 64, 64, 64].into_iter().enumerate() {
                plan.push(format!("block{}", i + 1), Block::Efficient(Efficient { filters, kernel: 7 }));
            }
            bins(&mut plan);
        }
        StepNetwork::DreamRnn => {
            plan.push("first", Block::TwoKernels(TwoKernels { filters: 160, kernels: [9, 15], dropout: 0.2 }));
            plan.push("lstm", Block::BiLstm(BiLstm { units: 320 }));
            plan.push("core", Block::TwoKernels(TwoKernels { filters: 160, kernels: [9, 15], dropout: 0.2 }));
            plan.push("dropout", Block::Dropout(Dropout { rate: 0.5 }));
            bins(&mut plan);
        }
    }
    plan.finish(network.name(), "the network is fixed")
}

/// DREAM's head: position-wise, then the mean.
fn bins(plan: &mut PlanBuilder) {
    plan.push("output", Block::Conv(Conv::position_wise(18).linear()));
    plan.push("mean", Block::GlobalAveragePool(GlobalAveragePool));
}

/// Sequences of a step.
const fn batch_size(network: StepNetwork) -> usize {
    match network {
        StepNetwork::ResidualBind => 32,
        StepNetwork::BpNet => 16,
        StepNetwork::Basset | StepNetwork::DreamCnn | StepNetwork::DreamRnn => 64,
    }
}

/// Shape of a sequence.
const fn input(network: StepNetwork) -> Shape {
    match network {
        StepNetwork::Basset => Shape { channels: 4, positions: 600 },
        StepNetwork::ResidualBind => Shape { channels: 4, positions: 2048 },
        StepNetwork::BpNet => Shape { channels: 4, positions: 2114 },
        StepNetwork::DreamCnn | StepNetwork::DreamRnn => Shape { channels: 6, positions: 150 },
    }
}

fn case(network: StepNetwork, batch: usize, input: Shape, device: &Device) -> Result<Case, NnError> {
    let Shape { channels, positions } = input;
    let plan = plan(network, input)?;
    let mut rng = keyed_rng(1, Stream::Simulate, 1, 0);
    let mut draw = |n: usize, of: fn(f64) -> f32| -> Vec<f32> { (0..n).map(|_| of(rng.random())).collect() };
    let label = |u: f64| f32::from(u8::from(u < 0.1));
    // About as a Poisson variate of mean 2 and of mean 0.5.
    let counts = |u: f64| (-2.0 * (1.0 - u).ln()).floor() as f32;
    let reads = |u: f64| if u < 0.6 { 0.0 } else { (u * 3.0).floor() as f32 };
    let objective = match network {
        StepNetwork::Basset => Objective::Loss(
            Loss::Bce,
            Tensor::from_data(TensorData::new(draw(batch * 164, label), [batch, 164, 1]), device),
        ),
        StepNetwork::ResidualBind => {
            let bins = plan.output().positions;
            let target = TensorData::new(draw(batch * 15 * bins, counts), [batch, 15, bins]);
            Objective::Loss(Loss::Poisson, Tensor::from_data(target, device))
        }
        StepNetwork::BpNet => Objective::ProfileCounts(Tensor::from_data(
            TensorData::new(draw(batch * 1000, reads), [batch, 1000]),
            device,
        )),
        StepNetwork::DreamCnn | StepNetwork::DreamRnn => {
            let logits = draw(batch * 18, |u| (u * 8.0 - 4.0) as f32);
            let logits = Tensor::<2>::from_data(TensorData::new(logits, [batch, 18]), device);
            Objective::Distribution(activation::softmax(logits, 1))
        }
    };
    let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
    let mut one_hot = vec![0.0f32; batch * channels * positions];
    for sequence in one_hot.chunks_exact_mut(channels * positions) {
        (0..positions).for_each(|p| sequence[rng.random_range(0..4) * positions + p] = 1.0);
    }
    let x = Tensor::from_data(TensorData::new(one_hot, [batch, channels, positions]), device);
    Ok(Case { x, plan, objective })
}

/// Runs one step more than `iters` (the first warms up) of a network on the same random batch, with as many threads (all without a
/// number).
///
/// # Errors
/// A device that is not there; threads that cannot be started.
pub fn measure_step(
    network: StepNetwork,
    mode: StepMode,
    iters: usize,
    threads: Option<usize>,
    device: DeviceChoice,
) -> Result<StepReport, NnError> {
    pool(threads)?.install(|| measure(network, mode, iters, device))
}

/// Threads of its own for a measurement, all without a number.
pub(crate) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, NnError> {
    let failed = |e: rayon::ThreadPoolBuildError| NnError::Device { device: "cpu".into(), message: e.to_string() };
    rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build().map_err(failed)
}

/// The convolutions of a network on its batch, in their order.
pub(crate) fn convolutions(network: StepNetwork) -> Result<Vec<ConvShape>, NnError> {
    let device = Device::flex();
    let Case { x, plan, .. } = case(network, batch_size(network), input(network), &device)?;
    let network = Network::new(plan, 1, &device);
    Ok(kernels::recorded(|| drop(network.evaluate(x))))
}

fn measure(network: StepNetwork, mode: StepMode, iters: usize, device: DeviceChoice) -> Result<StepReport, NnError> {
    let device = device.open()?;
    let batch = batch_size(network);
    let Case { x, plan, objective } = case(network, batch, input(network), &device)?;
    let parameters = plan.parameters();
    let mut network = Network::new(plan, 1, &device);
    let mut optimiser = Optimiser::new(&network);
    let (mut seconds, mut values, mut resident_bytes) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..=iters {
        let start = Instant::now();
        let value = match mode {
            StepMode::Train => {
                let pass = Pass::train(1, 0, step as u64);
                optimiser.descend(&mut network, x.clone(), pass, 1e-3, |output| objective.loss(output))
            }
            StepMode::Infer => {
                let output = host(network.evaluate(x.clone()));
                output.iter().map(|v| f64::from(*v)).sum::<f64>() / output.len() as f64
            }
        };
        values.push(value);
        if step > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
        resident_bytes.extend(resident_memory_bytes());
    }
    Ok(StepReport { parameters, batch, seconds, values, resident_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::from_values;

    /// The numbers that torch_step.py prints as "params".
    #[test]
    fn parameters_are_those_of_the_reference() {
        let of = |network| case(network, 1, input(network), &Device::flex()).unwrap().plan.parameters();
        assert_eq!(of(StepNetwork::Basset), 4_531_064);
        assert_eq!(of(StepNetwork::ResidualBind), 19_252_239);
        assert_eq!(of(StepNetwork::BpNet), 109_122);
        assert_eq!(of(StepNetwork::DreamCnn), 1_933_970);
        assert_eq!(of(StepNetwork::DreamRnn), 4_130_578);
    }

    type Named = (String, Vec<f32>);

    /// Loss, new statistics and the gradient of every weight of a training step on a device, each weight off by up to such a share of it.
    fn step(network: StepNetwork, seed: u64, device: &Device, off: f32) -> Vec<Named> {
        // Of ResidualBind, which has most values, a short sequence: see the test below.
        let shape = match network {
            StepNetwork::ResidualBind => Shape { positions: 128, ..input(network) },
            _ => input(network),
        };
        let Case { x, plan, objective } = case(network, 2, shape, device).unwrap();
        let mut built = Network::new(plan, seed, device);
        let mut rng = keyed_rng(seed, Stream::Simulate, 2, 0);
        for weight in built.weights.entries.iter_mut().filter(|w| w.trained && off > 0.0) {
            let moved = weight.values().into_iter().map(|v| v * (1.0 + off * (2.0 * rng.random::<f32>() - 1.0)));
            weight.value = from_values(moved.collect(), device);
        }
        let leaves = built.weights.leaves();
        let mut pass = Pass::train(1, 0, 0);
        let loss = objective.loss(built.forward_with(&leaves, x, &mut pass));
        let mut gradients = loss.backward();
        let mut all = vec![("loss".to_owned(), host(loss))];
        all.extend(pass.statistics.into_iter().map(|(i, t)| (built.weights.entries[i].name.clone(), host(t))));
        for leaf in leaves.entries {
            if let Some(gradient) = leaf.value.grad_remove(&mut gradients) {
                all.push((leaf.name, host(gradient)));
            }
        }
        all
    }

    /// The largest difference of two steps, and where.
    ///
    /// Relative to the length of an array: single values may be differences of large ones. A gradient that is 0 (of BPNet's profile bias, as a
    /// softmax follows) is what rounding leaves of the others'.
    fn deviation(ours: &[Named], theirs: &[Named]) -> (String, f64) {
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.len() > 5);
        let norm = |v: &mut dyn Iterator<Item = f32>| v.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let largest = theirs.iter().map(|(_, b)| norm(&mut b.iter().copied())).fold(0.0, f64::max);
        let of = |((name, a), (other, b)): (&Named, &Named)| {
            assert_eq!((name, a.len()), (other, b.len()));
            assert!(a.iter().all(|v| v.is_finite()), "{name}");
            let difference = norm(&mut a.iter().zip(b).map(|(a, b)| a - b));
            (name.clone(), difference / (norm(&mut b.iter().copied()) + 1e-4 * largest))
        };
        ours.iter().zip(theirs).map(of).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    /// Of millions of rectified values now and then one is so close to 0 that rounding decides whether its gradient passes, with any two ways to
    /// compute it. A mistake would show with every start.
    #[test]
    fn a_step_is_that_of_the_stock_backend() {
        for network in StepNetwork::ALL {
            let ours = |seed| step(network, seed, &Device::flex(), 0.0);
            let from_stock = |seed| deviation(&ours(seed), &kernels::stock(|| ours(seed)));
            let found: Vec<(String, f64)> = (1..=3).map(from_stock).collect();
            println!("{}: {found:?}", network.name());
            let close = found.iter().filter(|(_, difference)| *difference <= 1e-4).count();
            let none_far = found.iter().all(|(_, difference)| *difference <= 0.1);
            assert!(found[0].1 <= 1e-4 && close >= 2 && none_far, "{}: {found:?}", network.name());
        }
    }

    /// What the networks predict is the same to 1e-3. So are two of three training steps, but those of ResidualBind, in each of which some rectified
    /// value lies closer to 0 than a GPU's rounding (1e-5 of the outputs): they may be off by as much as the processor's own step is when its weights
    /// are off by 3e-6.
    #[test]
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    fn a_gpu_agrees_with_the_processor() {
        let Some(gpu) = crate::device::for_tests() else { return };
        let cpu = Device::flex();
        for network in StepNetwork::ALL {
            let predicted = |device: &Device| {
                let Case { x, plan, .. } = case(network, 2, input(network), device).unwrap();
                host(Network::new(plan, 1, device).evaluate(x))
            };
            let off = crate::network::largest_difference(&predicted(&gpu), &predicted(&cpu));
            assert!(off < 1e-3, "{}: {off}", network.name());

            let mut found =
                [1, 2, 3].map(|seed| deviation(&step(network, seed, &gpu, 0.0), &step(network, seed, &cpu, 0.0)));
            println!("{}: predictions {off:.1e} of the largest, steps {found:?}", network.name());
            found.sort_by(|a, b| a.1.total_cmp(&b.1));
            let mut allowed = 1e-3f64;
            if network == StepNetwork::ResidualBind {
                let own = |seed| deviation(&step(network, seed, &cpu, 3e-6), &step(network, seed, &cpu, 0.0));
                let own = [1, 2, 3].map(own);
                println!("the processor's, weights off by 3e-6: {own:?}");
                allowed = own.iter().fold(allowed, |most, own| most.max(own.1));
            }
            assert!(found[1].1 <= allowed && found[2].1 <= 0.1, "{}: {found:?}", network.name());
        }
    }
}
