use cistron_core::{BatchSource, Reporter};
use cistron_data::{Dataset, DatasetSource, SourceOptions, Split};
use cistron_nn::{ModelConfig, TrainJob, TrainReport};

use crate::evaluate::data_fingerprint;
use crate::run_dir::replicate_name;
use crate::study::{Augmentation, ModelEntry};
use crate::{CistronError, RunDir, RunOptions, Study};

/// One trained replicate of a network.
#[derive(Debug, Clone)]
pub struct TrainedNetwork {
    /// Name of the study's model.
    pub model: String,
    /// Name of this replicate.
    pub name: String,
    /// The network.
    pub config: ModelConfig,
    /// What came of the training.
    pub report: TrainReport,
}

/// How a split is read for the study: centre crops for evaluation, the dataset's own bins.
pub(crate) fn source_options(study: &Study, dataset: &Dataset) -> SourceOptions {
    dataset.source_options(study.study.seed)
}

/// How a model reads its training data: its own target and bins, its augmentation.
fn model_options(study: &Study, dataset: &Dataset, model: &ModelEntry, replicate: u32) -> SourceOptions {
    let mut options = dataset.source_options(study.study.seed + u64::from(replicate));
    let training = study.training(model);
    options.reverse_complement = training.augments(Augmentation::ReverseComplement);
    options.random_shift = training.augments(Augmentation::RandomShift);
    if let Some(target) = model.target {
        options.target = target;
    }
    if let Some(bin_bp) = model.bin_bp {
        options.bin_bp = bin_bp;
    }
    options
}

pub(crate) fn split(study: &Study, dataset: &Dataset, split: Split) -> Result<DatasetSource, CistronError> {
    Ok(dataset.source(split, &source_options(study, dataset))?)
}

/// The windows of a split that a model learns from.
fn model_split(
    study: &Study,
    dataset: &Dataset,
    (model, replicate): (&ModelEntry, u32),
    split: Split,
) -> Result<DatasetSource, CistronError> {
    let options = model_options(study, dataset, model, replicate);
    let select = study.training(model).select;
    let mut rows = dataset.rows_of(split);
    if !select.takes_all() {
        let before = rows.len();
        let most = |row: u32| dataset.track_maxima(row as usize).and_then(|m| m.iter().copied().reduce(f32::max));
        let peak = |row: u32| dataset.labels(row as usize).is_some_and(|l| l.iter().any(|v| *v >= 0.5));
        let highest = rows.iter().filter_map(|r| most(*r)).fold(0.0, f32::max);
        rows.retain(|&row| {
            select.coverage_above.is_none_or(|t| most(row).is_some_and(|m| m > t)) && (!select.peaks_only || peak(row))
        });
        if rows.is_empty() {
            let message = format!(
                "train.select leaves none of the {before} windows of the {} split; their highest coverage is {highest}, and peaks_only needs \
                 tracks with peaks",
                split.name()
            );
            return Err(CistronError::input(format!("model {:?}", model.name), message));
        }
    }
    Ok(dataset.source_of_rows(rows, &options)?)
}

/// Trains every network of the study, or goes on where a run was interrupted.
pub(crate) fn train_networks(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<TrainedNetwork>, CistronError> {
    // Every network must fit before the first one trains for an hour.
    for (model, config) in study.networks() {
        let valid = model_split(study, dataset, (model, 0), Split::Valid)?;
        cistron_nn::summarise(config, valid.target())
            .map_err(|source| CistronError::Network { model: model.name.clone(), source })?;
    }
    let mut trained = Vec::new();
    for (model, config) in study.networks() {
        for replicate in 0..model.replicates {
            trained.push(train_one(study, dataset, dir, options, (model, config, replicate), reporter)?);
        }
    }
    Ok(trained)
}

fn train_one(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    options: &RunOptions,
    (model, config, replicate): (&ModelEntry, &ModelConfig, u32),
    reporter: &dyn Reporter,
) -> Result<TrainedNetwork, CistronError> {
    let name = replicate_name(model, replicate);
    let train = model_split(study, dataset, (model, replicate), Split::Train)?;
    let valid = model_split(study, dataset, (model, 0), Split::Valid)?;
    let mut train_options = study.training(model).options.clone();
    train_options.seed = study.study.seed + u64::from(replicate);
    let path = dir.model(&name);
    let training = study.training(model);
    let data = serde_json::json!({
        "fingerprint": data_fingerprint(dataset.manifest()),
        "augment": training.augment,
        "select": training.select,
    });
    reporter.note(&format!("training {name} on {} windows", train.samples()));
    let job = TrainJob {
        model: config,
        options: &train_options,
        train: &train,
        valid: &valid,
        dir: &path,
        resume: true,
        device: options.device,
        data: &data,
    };
    let report =
        cistron_nn::train(&job, reporter).map_err(|source| CistronError::Network { model: name.clone(), source })?;
    Ok(TrainedNetwork { model: model.name.clone(), name, config: config.clone(), report })
}
