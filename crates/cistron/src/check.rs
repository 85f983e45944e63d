use std::path::{Path, PathBuf};

use cistron_core::{TargetKind, TargetSpec};
use cistron_data::BuildOptions;
use cistron_data::config::resolve_path;
use cistron_nn::summarise;

use crate::study::{Augmentation, ModelSource};
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
    if let Err(error) = study.train.options.check() {
        problems.push(Problem::new("train", error.to_string()));
    }
    let target = study.dataset.resolved_target();
    if let Err(error) = study.train.options.loss_for(target) {
        problems.push(Problem::new("train.loss", error.to_string()));
    }
    let dataset = study.dataset.resolved();
    for (index, model) in study.model.iter().enumerate() {
        let place = format!("model[{index}]");
        match &model.source {
            ModelSource::Network(config) => {
                // The length of tables and FASTA sets is known once they are read; then it is checked again.
                let Some(input_bp) = dataset.input_bp else { continue };
                let bin_bp = if target == TargetKind::Profile { dataset.bin_bp.unwrap_or(input_bp) } else { input_bp };
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
    if study.augments(Augmentation::ReverseComplement) && stranded(study) {
        problems.push(
            Problem::new(
                "train.augment",
                "a track is named as stranded, and a reverse complement would swap the strands",
            )
            .with_help("write augment = [\"random-shift\"], or give the tracks other names if they are not stranded"),
        );
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
