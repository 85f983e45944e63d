use std::path::PathBuf;

use cistron_core::{AtomicFile, BatchSource, Predictor, Reporter, hash_bytes};
use cistron_data::{Dataset, DatasetSource, Manifest, Split};
use cistron_eval::generalisation::EvaluatedModel;
use cistron_eval::{
    FurtherReport, GeneralisationOptions, GeneralisationReport, generalisation, predict_to_disk, write_bigwigs,
};
use cistron_genome::Genome;
use cistron_nn::NativePredictor;
use cistron_predict::adapt;

use crate::baselines::fit_baselines;
use crate::check::build_options;
use crate::further::{Found, further_evaluations};
use crate::open_predictor::open_predictions;
use crate::study::{EvaluationKind, ModelSource};
use crate::train::{TrainedNetwork, split};
use crate::{CistronError, RunDir, RunOptions, Study};

/// Sequences predicted at once at most.
const BATCH: usize = 64;

/// What the evaluations of a study found.
pub(crate) struct Evaluated {
    pub(crate) generalisation: GeneralisationReport,
    /// In the order of the study.
    pub(crate) further: Vec<(EvaluationKind, FurtherReport)>,
}

/// Predicts the test split with every model and compares them.
pub(crate) fn evaluate(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    trained: &[TrainedNetwork],
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<Evaluated, CistronError> {
    let evaluation = study.evaluation(EvaluationKind::Generalisation).cloned().unwrap_or_default();
    let test = split(study, dataset, Split::Test)?;
    let train = split(study, dataset, Split::Train)?;
    let data = data_fingerprint(dataset.manifest());

    let mut models = Vec::new();
    let mut networks: Vec<Network> = Vec::new();
    let mut own_bins_bp = Vec::new();
    let mut predict = |predictor: &dyn Predictor, what: &str, baseline: bool| -> Result<(), CistronError> {
        let name = &predictor.spec().name;
        let fingerprint = hash_bytes(format!("{data}\n{what}").as_bytes());
        let stored = predict_to_disk(
            predictor,
            &test,
            test.target().batch_size(BATCH),
            &dir.predictions(name),
            &fingerprint,
            reporter,
        )?;
        models.push(EvaluatedModel { predictions: stored, baseline });
        Ok(())
    };
    for model in &study.model {
        match &model.source {
            ModelSource::Network(_) => {
                for network in trained.iter().filter(|t| t.model == model.name) {
                    networks.push(Network {
                        name: network.name.clone(),
                        dir: network.report.model_dir.clone(),
                        weights_hash: network.report.weights_hash.clone(),
                    });
                    own_bins_bp.push(predict_network(&networks[networks.len() - 1], options, &test, &mut predict)?);
                }
            }
            ModelSource::Checkpoint(checkpoint) => {
                let path = cistron_data::config::resolve_path(&study.base_dir, checkpoint)
                    .map_err(|message| CistronError::Predictor { model: model.name.clone(), message })?;
                let weights_hash = cistron_nn::weights_hash(&path)
                    .map_err(|source| CistronError::Network { model: model.name.clone(), source })?;
                networks.push(Network { name: model.name.clone(), dir: path, weights_hash });
                own_bins_bp.push(predict_network(&networks[networks.len() - 1], options, &test, &mut predict)?);
            }
            ModelSource::Predictions(config) => {
                let predictor = open_predictions(study, &model.name, config, test.target())?;
                // The files may change under the same name, so they are read anew each time.
                let what = format!("{config:?} {}", unix_nanoseconds());
                predict(predictor.as_ref(), &what, false)?;
                own_bins_bp.push(test.target().bin_bp);
            }
        }
    }
    for baseline in fit_baselines(&train, evaluation.kmer_baseline, reporter)? {
        predict(baseline.as_ref(), &format!("baseline of {}", env!("CARGO_PKG_VERSION")), true)?;
    }
    if evaluation.bigwigs {
        write_predictions(study, dir, &models, reporter)?;
    }
    let report = generalisation(
        &models,
        &test,
        &GeneralisationOptions {
            bootstrap_replicates: evaluation.bootstrap_replicates,
            seed: study.study.seed,
            ..GeneralisationOptions::default()
        },
        reporter,
    )?;
    let path = dir.generalisation();
    let text = serde_json::to_vec(&report)
        .map_err(|e| CistronError::RunDirectory { path: path.clone(), message: e.to_string() })?;
    AtomicFile::write(&path, &text).map_err(CistronError::io(&path))?;
    report.warnings.iter().for_each(|w| reporter.warn(w));
    let found = Found { models: &models, own_bins_bp: &own_bins_bp, networks: &networks, test: &test };
    let further = further_evaluations(study, dataset, dir, &found, options, reporter)?;
    Ok(Evaluated { generalisation: report, further })
}

/// A network with its weights on disk.
pub(crate) struct Network {
    pub(crate) name: String,
    dir: PathBuf,
    pub(crate) weights_hash: String,
}

impl Network {
    /// Loads it under its name.
    pub(crate) fn load(&self, options: &RunOptions) -> Result<NativePredictor, CistronError> {
        let loaded = NativePredictor::load(&self.dir, options.device)
            .map_err(|source| CistronError::Network { model: self.name.clone(), source })?;
        Ok(loaded.with_name(&self.name))
    }
}

/// Predicts the test split at the dataset's bin; returns the bin at which the network itself predicts.
fn predict_network(
    network: &Network,
    options: &RunOptions,
    test: &DatasetSource,
    predict: &mut impl FnMut(&dyn Predictor, &str, bool) -> Result<(), CistronError>,
) -> Result<usize, CistronError> {
    let predictor = network.load(options)?;
    let bin_bp = predictor.spec().heads[0].bin_bp;
    let adapted = adapt(predictor, test.target()).map_err(cistron_eval::EvalError::from)?;
    predict(&adapted, &network.weights_hash, false)?;
    Ok(bin_bp)
}

/// bigWig files of the predictions of every model that is no baseline.
fn write_predictions(
    study: &Study,
    dir: &RunDir,
    models: &[EvaluatedModel],
    reporter: &dyn Reporter,
) -> Result<(), CistronError> {
    let Some(config) = &study.genome else {
        reporter.warn("bigwigs = true needs a genome; no bigWig is written");
        return Ok(());
    };
    let build = build_options(study, &dir.cache());
    let fasta = cistron_data::config::resolve_path(&build.base_dir, &config.fasta)
        .map_err(|message| CistronError::Predictor { model: "bigWig".into(), message })?;
    let genome = Genome::open(&fasta, &build.cache_dir)?;
    for model in models.iter().filter(|m| !m.baseline) {
        let out = model.predictions.dir().join("bigwig");
        let written = write_bigwigs(&model.predictions, genome.contigs(), &out)?;
        reporter.note(&format!("wrote {} bigWig file(s) to {}", written.len(), out.display()));
    }
    Ok(())
}

/// What the test windows and targets are: changes when the dataset does.
pub(crate) fn data_fingerprint(manifest: &Manifest) -> String {
    let arrays: Vec<&str> = manifest.arrays.iter().map(|a| a.blake3.as_str()).collect();
    format!("{} {:?} {:?} {}", arrays.join(" "), manifest.config.dataset, manifest.transforms, manifest.seed)
}

fn unix_nanoseconds() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos())
}
