use std::path::{Path, PathBuf};

use cistron_core::{TargetKind, TargetSpec};
use cistron_data::BuildOptions;
use cistron_data::config::resolve_path;
use cistron_nn::summarise;

use crate::study::{Augmentation, EvaluationKind, ModelEntry, ModelSource};
use crate::{Problem, Study};

/// Every problem of a study that shows before any work: its files, contig names and lengths, columns, presets that do not fit
/// their input, options out of range. Decoded genomes are kept in the system's temporary folder.
pub fn check(study: &Study) -> Vec<Problem> {
    check_with_cache(study, &std::env::temp_dir().join("cistron-cache"))
}

pub(crate) fn check_with_cache(study: &Study, cache: &Path) -> Vec<Problem> {
    let mut problems = check_data(study, cache);
    problems.extend(check_training(study));
    problems
}

/// Problems of the genome and the dataset.
pub(crate) fn check_data(study: &Study, cache: &Path) -> Vec<Problem> {
    cistron_data::check(&build_options(study, cache))
        .into_iter()
        .map(|p| Problem { place: p.where_, message: p.message, help: p.help, out_of_space: p.out_of_space })
        .collect()
}

/// Problems of the models and their training.
pub(crate) fn check_training(study: &Study) -> Vec<Problem> {
    let mut problems = Vec::new();
    if study.model.is_empty() {
        problems
            .push(Problem::new("model", "the study has no [[model]]").with_help("add one, e.g. preset = \"basset\""));
    }
    let target = study.dataset.resolved_target();
    if let Err(error) = study.train.options.check() {
        problems.push(Problem::new("train", error.to_string()));
    }
    // With every network's own target; without any network, against the dataset's.
    if study.networks().next().is_none()
        && let Err(error) = study.train.options.loss_for(target)
    {
        problems.push(Problem::new("train.loss", error.to_string()));
    }
    let dataset = study.dataset.resolved();
    for (index, model) in study.model.iter().enumerate() {
        let place = format!("model[{index}]");
        match &model.source {
            ModelSource::Network(config) => {
                let target = model.target.unwrap_or(target);
                problems.extend(check_model_training(study, model, &place));
                // The length of tables and FASTA sets is known once they are read; then it is checked again.
                let Some(input_bp) = dataset.input_bp else { continue };
                let profile_bin = model.bin_bp.or(dataset.bin_bp).unwrap_or(input_bp);
                let bin_bp = if target == TargetKind::Profile { profile_bin } else { input_bp };
                let spec = TargetSpec {
                    kind: target,
                    tasks: study.dataset.tasks(),
                    bins: input_bp / bin_bp.max(1),
                    bin_bp,
                    input_bp,
                };
                if let Err(error) = summarise(config, &spec) {
                    problems.push(Problem::new(place, error.to_string()));
                }
            }
            ModelSource::Checkpoint(checkpoint) => {
                let whole = resolve_path(&study.base_dir, checkpoint)
                    .and_then(|path| cistron_nn::weights_hash(&path).map_err(|error| error.to_string()));
                if let Err(message) = whole {
                    problems.push(Problem::new(format!("{place}.checkpoint"), message));
                }
            }
            ModelSource::Predictions(predictions) => {
                let files = predictions.bigwigs.iter().chain(&predictions.npy).chain(&predictions.names);
                for file in files.chain(&predictions.tables) {
                    match resolve_path(&study.base_dir, file) {
                        Ok(path) if path.is_file() => {}
                        Ok(path) => problems.push(Problem::new(
                            format!("{place}.predictions"),
                            format!("{}: there is no such file", path.display()),
                        )),
                        Err(message) => problems.push(Problem::new(format!("{place}.predictions"), message)),
                    }
                }
            }
        }
    }
    let reversed = study.networks().any(|(model, _)| study.training(model).augments(Augmentation::ReverseComplement));
    if (reversed || study.train.augments(Augmentation::ReverseComplement)) && stranded(study) {
        problems.push(
            Problem::new(
                "train.augment",
                "a track is named as stranded, and a reverse complement would swap the strands",
            )
            .with_help("write augment = [\"random-shift\"], or give the tracks other names if they are not stranded"),
        );
    }
    problems.extend(check_evaluations(study));
    problems
}

/// Problems of what one network is to learn, and how.
fn check_model_training(study: &Study, model: &ModelEntry, place: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let own = study.dataset.resolved_target();
    let target = model.target.unwrap_or(own);
    let training = study.training(model);
    let place_of =
        |key: &str| if model.train.is_some() { format!("{place}.train.{key}") } else { format!("train.{key}") };
    if model.train.is_some()
        && let Err(error) = training.options.check()
    {
        problems.push(Problem::new(format!("{place}.train"), error.to_string()));
    }
    if let Err(error) = training.options.loss_for(target) {
        problems.push(Problem::new(place_of("loss"), error.to_string()));
    }
    let profile = own == TargetKind::Profile;
    if model.target.is_some_and(|t| t != own) && !(profile && target == TargetKind::Binary) {
        let message = format!("the dataset's target is {}: only a profile dataset has another, binary", own.name());
        problems.push(Problem::new(format!("{place}.target"), message));
    }
    let with_peaks = study.dataset.tracks.iter().any(|t| t.peaks.is_some());
    if profile && !with_peaks && (target == TargetKind::Binary || training.select.peaks_only) {
        let key = if target == TargetKind::Binary { format!("{place}.target") } else { place_of("select.peaks_only") };
        problems.push(
            Problem::new(key, "needs peaks, and no track has any")
                .with_help("give the tracks peaks = \"file.narrowPeak\" (cistron data call-peaks makes some)"),
        );
    }
    if !profile && (model.bin_bp.is_some() || !training.select.takes_all()) {
        problems.push(Problem::new(place, "bin_bp and train.select are for datasets with a profile target"));
    }
    if let (Some(own), Some(bin)) = (study.dataset.resolved().bin_bp, model.bin_bp)
        && !own.is_multiple_of(bin)
        && !bin.is_multiple_of(own)
    {
        let message =
            format!("neither divides nor is a multiple of dataset.bin_bp = {own}, at which models are compared");
        problems.push(Problem::new(format!("{place}.bin_bp"), message));
    }
    problems
}

/// Evaluations that the dataset cannot serve.
fn check_evaluations(study: &Study) -> Vec<Problem> {
    let mut problems = Vec::new();
    let profile = study.dataset.resolved_target() == TargetKind::Profile;
    let dataset = study.dataset.resolved();
    for (index, evaluation) in study.evaluate.iter().enumerate() {
        let place = format!("evaluate[{index}]");
        let kind = evaluation.kind;
        if kind != EvaluationKind::Generalisation && !profile {
            let message = format!("kind {:?} needs a dataset with a profile target", kind.name());
            problems.push(Problem::new(place, message));
            continue;
        }
        match kind {
            EvaluationKind::Robustness => {
                if let (Some(window), Some(input)) = (dataset.window_bp, dataset.input_bp)
                    && (window <= input || window >= 2 * input)
                {
                    let message = format!(
                        "robustness shifts the input in the stored window: window_bp = {window} must lie between input_bp = {input} and \
                             twice that"
                    );
                    problems.push(Problem::new(place, message));
                }
            }
            EvaluationKind::Conversion => {
                let without: Vec<&str> =
                    study.dataset.tracks.iter().filter(|t| t.peaks.is_none()).map(|t| t.name.as_str()).collect();
                if !without.is_empty() {
                    let message = format!("conversion needs peaks of every track; without are {}", without.join(", "));
                    problems.push(Problem::new(place, message));
                }
            }
            EvaluationKind::Generalisation | EvaluationKind::Resolution | EvaluationKind::TestSelection => {}
        }
    }
    problems
}

/// Whether tracks come as forward and reverse pairs, by their names.
fn stranded(study: &Study) -> bool {
    let names: Vec<String> = study.dataset.tracks.iter().map(|t| t.name.to_lowercase()).collect();
    let ends = |words: &[&str]| {
        names.iter().any(|n| words.iter().any(|w| n.split(['.', ' ', '_', '-']).any(|part| part == *w)))
    };
    ends(&["forward", "fwd", "plus"]) && ends(&["reverse", "rev", "minus"])
}

pub(crate) fn build_options(study: &Study, cache: &Path) -> BuildOptions {
    BuildOptions {
        genome: study.genome.clone(),
        dataset: study.dataset.clone(),
        seed: study.study.seed,
        base_dir: study.base_dir.clone(),
        cache_dir: PathBuf::from(cache),
    }
}
