use cistron_core::{BatchSource, Reporter};
use cistron_data::{Dataset, DatasetSource, SourceOptions, Split};
use cistron_nn::{ModelConfig, TrainJob, TrainReport};

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

/// How a split is read for the study: centre crops for evaluation, the study's augmentation for training.
pub(crate) fn source_options(study: &Study, dataset: &Dataset, replicate: u32) -> SourceOptions {
    let mut options = dataset.source_options(study.study.seed + u64::from(replicate));
    options.reverse_complement = study.augments(Augmentation::ReverseComplement);
    options.random_shift = study.augments(Augmentation::RandomShift);
    options
}

pub(crate) fn split(study: &Study, dataset: &Dataset, split: Split) -> Result<DatasetSource, CistronError> {
    Ok(dataset.source(split, &source_options(study, dataset, 0))?)
}

/// Trains every network of the study, or goes on where a run was interrupted.
pub(crate) fn train_networks(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<TrainedNetwork>, CistronError> {
    let valid = split(study, dataset, Split::Valid)?;
    // Every network must fit before the first one trains for an hour.
    for (model, config) in study.networks() {
        cistron_nn::summarise(config, valid.target())
            .map_err(|source| CistronError::Network { model: model.name.clone(), source })?;
    }
    let mut trained = Vec::new();
    for (model, config) in study.networks() {
        for replicate in 0..model.replicates {
            trained.push(train_one(study, dataset, dir, options, (model, config, replicate), &valid, reporter)?);
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
    valid: &DatasetSource,
    reporter: &dyn Reporter,
) -> Result<TrainedNetwork, CistronError> {
    let name = replicate_name(model, replicate);
    let train = dataset.source(Split::Train, &source_options(study, dataset, replicate))?;
    let mut train_options = study.train.options.clone();
    train_options.seed = study.study.seed + u64::from(replicate);
    let path = dir.model(&name);
    reporter.note(&format!("training {name} on {} windows", train.samples()));
    let job = TrainJob {
        model: config,
        options: &train_options,
        train: &train,
        valid,
        dir: &path,
        resume: true,
        device: options.device,
    };
    let report =
        cistron_nn::train(&job, reporter).map_err(|source| CistronError::Network { model: name.clone(), source })?;
    Ok(TrainedNetwork { model: model.name.clone(), name, config: config.clone(), report })
}
