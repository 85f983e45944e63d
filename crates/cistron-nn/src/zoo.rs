//! Published networks, one a file, as plans. A preset adapts to profile, scalar and binary targets; where it cannot work on
//! an input length or bin size it says so before any work starts.

mod basenji;
mod basset;
mod bpnet;
mod cnn;
mod residualbind_32;
mod residualbind_base;
mod stages;

use cistron_core::{TargetKind, TargetSpec};

use crate::blocks::Shape;
use crate::plan::{Plan, PlanBuilder};
use crate::{ModelConfig, NnError};

/// Which targets a preset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetTargets {
    /// Profiles, values and labels.
    Any,
    /// Profiles only.
    Profile,
    /// Labels and values: one number per window and task.
    Window,
}

impl PresetTargets {
    /// Whether a kind of target is among them.
    pub const fn include(self, kind: TargetKind) -> bool {
        match self {
            Self::Any => true,
            Self::Profile => matches!(kind, TargetKind::Profile),
            Self::Window => !matches!(kind, TargetKind::Profile),
        }
    }

    /// A few words for lists.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Any => "profile, scalar, binary",
            Self::Profile => "profile",
            Self::Window => "scalar, binary",
        }
    }
}

type Build = fn(&ModelConfig, &TargetSpec, &mut PlanBuilder) -> Result<(), NnError>;

/// A network of the zoo.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name in the study file.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// What it can predict.
    pub targets: PresetTargets,
    /// Whether it has task-specific heads to turn on.
    pub task_heads: bool,
    /// Shortest input in bp: the product of its pools.
    pub minimum_input_bp: usize,
    build: Build,
}

const fn preset(
    name: &'static str,
    summary: &'static str,
    (targets, task_heads): (PresetTargets, bool),
    minimum_input_bp: usize,
    build: Build,
) -> Preset {
    Preset { name, summary, targets, task_heads, minimum_input_bp, build }
}

const PRESETS: [Preset; 10] = [
    preset(
        "cnn",
        "GOPHER's CNN: three convolutions, a bottleneck, and for profiles a dense layer back to the bins (any bin_bp)",
        (PresetTargets::Any, true),
        128,
        cnn::build,
    ),
    preset(
        "residualbind-32",
        "GOPHER's ResidualBind at 32 bp: three convolutions with dilated residual blocks, position-wise output",
        (PresetTargets::Any, true),
        32,
        residualbind_32::build,
    ),
    preset(
        "residualbind-base",
        "GOPHER's ResidualBind at base resolution: residual blocks, a bottleneck, a dense layer back to the bins (any bin_bp)",
        (PresetTargets::Any, true),
        64,
        residualbind_base::build,
    ),
    preset(
        "basenji",
        "Basenji: a convolution and eleven dilated residuals, averaged to the bins (Kelley et al. 2018)",
        (PresetTargets::Any, false),
        2,
        basenji::build,
    ),
    preset(
        "bpnet",
        "GOPHER's BPNet: nine dilated layers at base resolution, one profile convolution per task, averaged to the bins",
        (PresetTargets::Profile, false),
        1,
        bpnet::build,
    ),
    preset(
        "bpnet-original",
        "BPNet with its shape and total heads, for loss multinomial-mse (Avsec et al. 2021)",
        (PresetTargets::Profile, false),
        1,
        bpnet::build_original,
    ),
    preset(
        "basset",
        "Basset: three convolutions and two dense layers (Kelley et al. 2016)",
        (PresetTargets::Any, false),
        48,
        basset::build,
    ),
    preset(
        "cnn-binary",
        "The trunk of cnn to a bottleneck of 512 and one logit per task",
        (PresetTargets::Window, false),
        128,
        cnn::build,
    ),
    preset(
        "residual-binary",
        "The trunk of residualbind-base to its bottleneck and one logit per task",
        (PresetTargets::Window, false),
        64,
        residualbind_base::build,
    ),
    preset(
        "basenji-binary",
        "The trunk of basenji averaged over all positions and one logit per task",
        (PresetTargets::Window, false),
        2,
        basenji::build,
    ),
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
    let suits = |p: &&Preset| p.targets.include(target.kind);
    let suitable = || PRESETS.iter().filter(suits);
    let misfit = |message: String| NnError::DoesNotFit { preset: preset.name.into(), message };
    if target.tasks.is_empty() || target.bins == 0 || target.input_bp == 0 {
        return Err(misfit("the target has no tasks, bins or input".into()));
    }
    if target.kind != TargetKind::Profile && target.bins != 1 {
        return Err(misfit(format!("{} bins for a target of one value per window", target.bins)));
    }
    if !preset.targets.include(target.kind) {
        let names: Vec<&str> = suitable().map(|p| p.name).collect();
        return Err(misfit(format!(
            "it predicts {} and the target is {}: use {}",
            preset.targets.describe(),
            target.kind.name(),
            names.join(", ")
        )));
    }
    if model.task_heads && !preset.task_heads {
        let with: Vec<&str> = PRESETS.iter().filter(|p| p.task_heads).map(|p| p.name).collect();
        let message = format!("preset {} has none to turn on: use {}, or remove it", preset.name, with.join(", "));
        return Err(NnError::Option { key: "task_heads", message });
    }
    if model.task_heads && target.kind != TargetKind::Profile {
        let message = "only profile targets have task-specific heads: remove it".into();
        return Err(NnError::Option { key: "task_heads", message });
    }
    let mut builder = PlanBuilder::new(Shape { channels: 4, positions: target.input_bp });
    (preset.build)(model, target, &mut builder)?;
    let others: Vec<String> = suitable()
        .filter(|p| p.minimum_input_bp <= target.input_bp)
        .map(|p| format!("{} {} bp", p.name, p.minimum_input_bp))
        .collect();
    let advice = format!(
        "give it an input of at least {} bp, or take a preset for shorter ones ({})",
        preset.minimum_input_bp,
        others.join(", ")
    );
    let plan = builder.finish(preset.name, &advice)?;
    debug_assert_eq!(plan.output(), Shape { channels: target.tasks.len(), positions: target.bins });
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Pass;
    use crate::network::Network;
    use crate::prepared_batch::sequence_tensor;
    use crate::summarise;
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    use crate::{network::largest_difference, train::host};
    use burn::tensor::Device;
    use cistron_core::{NEncoding, SequenceBatch};
    use ndarray::Array2;

    fn target(kind: TargetKind, tasks: usize, input_bp: usize, bin_bp: usize) -> TargetSpec {
        let profile = kind == TargetKind::Profile;
        TargetSpec {
            kind,
            tasks: (0..tasks).map(|t| format!("task{t}")).collect(),
            bins: if profile { input_bp / bin_bp } else { 1 },
            bin_bp: if profile { bin_bp } else { input_bp },
            input_bp,
        }
    }

    /// Parameters by hand, in the order of definitions.md: conv (kernel + bias), norm (2 a channel), residual, dense, output.
    #[test]
    fn parameter_counts_are_the_published_ones() {
        let norm = |c: usize| 2 * c;
        let rb = |n: usize, c: usize| n * (c * c * 3 + c + norm(c));
        // 600 bp pools to 200, 50, 12 positions; PyTorch's network of the same layers has 4,531,064 too.
        let basset = (300 * 4 * 19 + 300 + norm(300))
            + (200 * 300 * 11 + 200 + norm(200))
            + (200 * 200 * 7 + 200 + norm(200))
            + (200 * 12 * 1000 + 1000)
            + (1000 * 1000 + 1000)
            + (1000 * 164 + 164);
        assert_eq!(basset, 4_531_064);
        let residualbind = (256 * 4 * 19 + 256 + norm(256) + rb(5, 256))
            + (512 * 256 * 7 + 512 + norm(512) + rb(5, 512))
            + (1024 * 512 * 7 + 1024 + norm(1024) + rb(3, 1024))
            + (256 * 1024 + 256 + norm(256))
            + (256 * 15 + 15);
        assert_eq!(residualbind, 19_252_239);
        // 2048 bp pools to 256, 64, 16 positions; 64 bins of 8 channels.
        let cnn = (192 * 4 * 19 + 192 + norm(192))
            + (256 * 192 * 7 + 256 + norm(256))
            + (512 * 256 * 7 + 512 + norm(512))
            + (512 * 16 * 256 + 256 + norm(256))
            + (256 * 512 + 512 + norm(512))
            + (256 * 8 * 7 + 256 + norm(256))
            + (256 * 15 + 15);
        assert_eq!(cnn, 3_528_527);
        // At 1 bp the same with 2048 bins of 8 channels.
        let cnn_base = cnn - (256 * 512 + 512 + norm(512)) + (256 * 16_384 + 16_384 + norm(16_384));
        let heads = 64 * 15 * 256 * 7 + 64 * 15 + norm(64 * 15) + (64 * 15 + 15);
        let cnn_heads = cnn - (256 * 15 + 15) + heads;
        // 2048 bp pools to 512, 128, 32 positions.
        let base_trunk = (192 * 4 * 19 + 192 + norm(192) + rb(5, 192))
            + (256 * 192 * 7 + 256 + norm(256) + rb(5, 256))
            + (512 * 256 * 7 + 512 + norm(512) + rb(4, 512))
            + (512 * 32 * 512 + 512 + norm(512));
        let residualbind_base = base_trunk
            + (512 * 16_384 + 16_384 + norm(16_384))
            + (256 * 8 * 7 + 256 + norm(256) + rb(5, 256))
            + (256 * 15 + 15);
        // With heads 2048 bp pools to 256, 64, 16 positions.
        let residualbind_heads = residualbind_base - rb(1, 512) - 512 * 16 * 512 + rb(1, 256) - (256 * 15 + 15) + heads;
        // No biases: kernel and norm each.
        let basenji_trunk = (256 * 4 * 15 + norm(256))
            + 11 * (128 * 256 * 3 + norm(128) + 256 * 128 + norm(256))
            + (2048 * 256 + norm(2048));
        let basenji = basenji_trunk + (2048 * 15 + 15);
        assert_eq!(basenji, 2_025_231);
        let bpnet = (256 * 4 * 25 + 256) + 9 * (256 * 256 * 3 + 256) + (15 * 256 * 7 + 15);
        assert_eq!(bpnet, 1_824_527);
        let original = (64 * 4 * 25 + 64) + 9 * (64 * 64 * 3 + 64) + (15 * 64 * 25 + 15) + (64 * 15 + 15);
        // 1 + 24, and nine dilated layers of 2 · (2 + 4 + … + 512); heads add 6.
        let bpnet_field = 25 + 2 * 1022;
        for (preset, kind, tasks, (input, bin), parameters, field) in [
            ("basset", TargetKind::Binary, 164, (600, 600), basset, 600),
            // 19, RB5 +62, pool +3; at 4 bp +24, RB5 +248, pool +12; at 16 bp +96, RB3 +224, pool +16.
            ("residualbind-32", TargetKind::Profile, 15, (2048, 32), residualbind, 704),
            ("cnn", TargetKind::Profile, 15, (2048, 32), cnn, 2048),
            ("cnn", TargetKind::Profile, 15, (2048, 1), cnn_base, 2048),
            ("cnn+heads", TargetKind::Profile, 15, (2048, 32), cnn_heads, 2048),
            ("residualbind-base", TargetKind::Profile, 15, (2048, 1), residualbind_base, 2048),
            ("residualbind-base+heads", TargetKind::Profile, 15, (2048, 1), residualbind_heads, 2048),
            ("residual-binary", TargetKind::Binary, 15, (2048, 2048), base_trunk + 512 * 15 + 15, 2048),
            // 15, pool +1; at 2 bp the dilations add up to 171, each +4; the average of 64 positions +126.
            ("basenji", TargetKind::Profile, 15, (2048, 128), basenji, 826),
            ("basenji-binary", TargetKind::Binary, 15, (2048, 2048), basenji, 2048),
            ("bpnet", TargetKind::Profile, 15, (4096, 1), bpnet, bpnet_field + 6),
            ("bpnet-original", TargetKind::Profile, 15, (2048, 1), original, 2048),
        ] {
            let (name, task_heads) = preset.strip_suffix("+heads").map_or((preset, false), |name| (name, true));
            let model = ModelConfig { task_heads, ..ModelConfig::new(name) };
            let target = target(kind, tasks, input, bin);
            let summary = summarise(&model, &target).unwrap();
            assert_eq!(summary.parameters, parameters, "{preset}");
            assert_eq!(summary.layers.iter().map(|l| l.parameters).sum::<usize>(), parameters);
            assert_eq!(summary.receptive_field_bp, field, "{preset}");
            let built = Network::new(plan(&model, &target).unwrap(), 0, &Device::flex());
            let trained = built.weights.entries.iter().filter(|w| w.trained);
            assert_eq!(trained.map(|w| w.value.dims()[0]).sum::<usize>(), parameters, "{preset}");
        }
    }

    /// Every preset, for every kind of target: output shape, and a finite gradient at every trained weight.
    #[test]
    fn every_preset_runs_forward_and_backward() {
        let kinds = [TargetKind::Profile, TargetKind::Scalar, TargetKind::Binary];
        for preset in presets() {
            for (kind, task_heads) in kinds.map(|k| (k, false)).into_iter().chain([(TargetKind::Profile, true)]) {
                if task_heads && !preset.task_heads || !preset.targets.include(kind) {
                    continue;
                }
                let model = ModelConfig { width_factor: 0.02, task_heads, ..ModelConfig::new(preset.name) };
                let target = target(kind, 3, 128, 64);
                let network = Network::new(plan(&model, &target).unwrap(), 1, &Device::flex());
                let codes = Array2::from_shape_fn((4, 128), |(i, j)| ((i * 31 + j * j * 7 + j) % 5) as u8);
                let x = sequence_tensor(&SequenceBatch::anonymous(codes), NEncoding::Zero, network.device());
                let leaves = network.weights.leaves();
                let y = network.forward_with(&leaves, x.clone(), &mut Pass::train(1, 0, 1));
                assert_eq!(y.dims(), [4, 3, target.bins], "{} {kind:?}", preset.name);
                let gradients = (y.clone() * y).sum().backward();
                for leaf in leaves.entries.iter().filter(|w| w.trained) {
                    let gradient = leaf.value.grad(&gradients).unwrap_or_else(|| panic!("{}", leaf.name));
                    let gradient = gradient.into_data().try_into_vec_as::<f32>().unwrap();
                    assert!(gradient.iter().all(|g| g.is_finite()), "{} {}", preset.name, leaf.name);
                }
                let evaluated = network.evaluate(x);
                let values = evaluated.into_data().try_into_vec_as::<f32>().unwrap();
                assert!(kind != TargetKind::Profile || values.iter().all(|v| *v >= 0.0));
            }
        }
    }

    /// Every preset at a tenth of its width, with every kind of target it takes: what it predicts, and the loss in a pass of training.
    #[test]
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    fn a_gpu_agrees_with_the_processor() {
        let Some(gpu) = crate::device::for_tests() else { return };
        let codes = Array2::from_shape_fn((4, 128), |(i, j)| ((i * 31 + j * j * 7 + j) % 5) as u8);
        for preset in presets() {
            for kind in [TargetKind::Profile, TargetKind::Scalar, TargetKind::Binary] {
                if !preset.targets.include(kind) {
                    continue;
                }
                let model = ModelConfig { width_factor: 0.1, ..ModelConfig::new(preset.name) };
                let target = target(kind, 3, 128, 64);
                let run = |device: &Device| {
                    let network = Network::new(plan(&model, &target).unwrap(), 1, device);
                    let x = sequence_tensor(&SequenceBatch::anonymous(codes.clone()), NEncoding::Zero, device);
                    let trained = network.forward_with(&network.weights, x.clone(), &mut Pass::train(1, 0, 1));
                    [host(network.evaluate(x)), host(trained.powi_scalar(2).mean())]
                };
                let (here, there) = (run(&Device::flex()), run(&gpu));
                let off = [0, 1].map(|i| largest_difference(&there[i], &here[i]));
                println!("{} {kind:?}: predictions {:.1e}, loss {:.1e} of the largest", preset.name, off[0], off[1]);
                assert!(off.iter().all(|v| *v < 1e-3), "{} {kind:?}: {here:?} {there:?}", preset.name);
            }
        }
    }

    #[test]
    fn options_change_the_plan() {
        let target = target(TargetKind::Profile, 2, 2048, 128);
        let mut model = ModelConfig::new("residualbind-32");
        let names =
            |m: &ModelConfig| plan(m, &target).unwrap().layers.iter().map(|l| l.block.describe()).collect::<Vec<_>>();
        let published = names(&model);
        assert_eq!(published[..3], ["conv 256 k19", "batch norm", "exponential"]);
        assert!(published.contains(&"average-pool 4".to_string()) && published.contains(&"dropout 0.5".to_string()));
        model.first_activation = Some(crate::blocks::Activation::Relu);
        model.first_kernel_bp = Some(11);
        model.dropout_factor = 0.0;
        model.width_factor = 0.5;
        let changed = names(&model);
        assert_eq!(changed[..3], ["conv 128 k11", "batch norm", "relu"]);
        assert!(!changed.iter().any(|l| l.starts_with("dropout")));
        model.task_heads = true;
        let heads = names(&model);
        assert_eq!(heads[heads.len() - 2], "conv 2 k1 in 2 groups");
    }

    #[test]
    fn presets_that_do_not_fit_say_what_to_change() {
        let message =
            |preset: &str, target: &TargetSpec| summarise(&ModelConfig::new(preset), target).unwrap_err().to_string();
        assert_eq!(
            message("basset", &target(TargetKind::Binary, 1, 40, 1)),
            "preset \"basset\" does not fit: at pool3, 3 position(s) are fewer than a pool of 4; along the network the \
             positions are 40 → 13 (pool1) → 3 (pool2); give it an input of at least 48 bp, or take a preset for shorter ones \
             (residualbind-32 32 bp, basenji 2 bp, basenji-binary 2 bp)"
        );
        for preset in presets() {
            let kind = if preset.targets == PresetTargets::Profile { TargetKind::Profile } else { TargetKind::Binary };
            let at = |bp| summarise(&ModelConfig::new(preset.name), &target(kind, 1, bp, 1));
            assert!(at(preset.minimum_input_bp).is_ok() && at(preset.minimum_input_bp - 1).is_err(), "{}", preset.name);
        }
        let other = message("bpnet", &target(TargetKind::Binary, 1, 2048, 1));
        assert!(
            other.starts_with("preset \"bpnet\" does not fit: it predicts profile and the target is binary: use cnn,")
        );
        let uneven = message("basenji", &target(TargetKind::Profile, 1, 99, 9));
        assert!(uneven.contains("one position per 2 bp"), "{uneven}");
        let fine = message("residualbind-32", &target(TargetKind::Profile, 1, 128, 1));
        assert!(fine.contains("128 bin(s) of 1 bp") && fine.contains("set bin_bp to 32, 64, 128"), "{fine}");
        let odd = message("residualbind-32", &target(TargetKind::Profile, 1, 100, 10));
        assert!(odd.contains("make the input a multiple of 32 bp"), "{odd}");
        let unknown = message("bassett", &target(TargetKind::Binary, 1, 600, 1));
        assert!(unknown.starts_with("unknown preset \"bassett\"; the presets are cnn, residualbind-32, "), "{unknown}");
        let heads = ModelConfig { task_heads: true, ..ModelConfig::new("cnn") };
        assert!(
            summarise(&heads, &target(TargetKind::Scalar, 1, 200, 1))
                .unwrap_err()
                .to_string()
                .starts_with("task_heads")
        );
    }
}
