use cistron_core::{AtomicFile, BatchSource, Predictor, Reporter, hash_bytes};
use cistron_data::{Dataset, Manifest, Split};
use cistron_eval::generalisation::EvaluatedModel;
use cistron_eval::{GeneralisationOptions, GeneralisationReport, generalisation, predict_to_disk, write_bigwigs};
use cistron_genome::Genome;
use cistron_nn::NativePredictor;

use crate::baselines::fit_baselines;
use crate::check::build_options;
use crate::open_predictor::open_predictions;
use crate::study::ModelSource;
use crate::train::{TrainedNetwork, split};
use crate::{CistronError, RunDir, RunOptions, Study};

/// Sequences predicted at once.
const BATCH: usize = 64;

/// Predicts the test split with every model and compares them.
pub(crate) fn evaluate(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    trained: &[TrainedNetwork],
    options: &RunOptions,
    reporter: &dyn Reporter,
) -> Result<GeneralisationReport, CistronError> {
    let evaluation = study.evaluate.first().cloned().unwrap_or_default();
    let test = split(study, dataset, Split::Test)?;
    let train = split(study, dataset, Split::Train)?;
    let data = data_fingerprint(dataset.manifest());

    let mut models = Vec::new();
    let mut predict = |predictor: &dyn Predictor, what: &str, baseline: bool| -> Result<(), CistronError> {
        let name = &predictor.spec().name;
        let fingerprint = hash_bytes(format!("{data}\n{what}").as_bytes());
        let stored = predict_to_disk(predictor, &test, BATCH, &dir.predictions(name), &fingerprint, reporter)?;
        models.push(EvaluatedModel { predictions: stored, baseline });
        Ok(())
    };
    for model in &study.model {
        match &model.source {
            ModelSource::Network(_) => {
                for network in trained.iter().filter(|t| t.model == model.name) {
                    let predictor = NativePredictor::load(&network.report.model_dir, options.device)
                        .map_err(|source| CistronError::Network { model: network.name.clone(), source })?
                        .with_name(&network.name);
                    predict(&predictor, &network.report.weights_hash, false)?;
                }
            }
            ModelSource::Checkpoint(checkpoint) => {
                let network = |source| CistronError::Network { model: model.name.clone(), source };
                let path = cistron_data::config::resolve_path(&study.base_dir, checkpoint)
                    .map_err(|message| CistronError::Predictor { model: model.name.clone(), message })?;
                let hash = cistron_nn::weights_hash(&path).map_err(network)?;
                let predictor = NativePredictor::load(&path, options.device).map_err(network)?.with_name(&model.name);
                predict(&predictor, &hash, false)?;
            }
            ModelSource::Predictions(config) => {
                let predictor = open_predictions(study, &model.name, config, test.target())?;
                // The files may change under the same name, so they are read anew each time.
                let what = format!("{config:?} {}", unix_nanoseconds());
                predict(predictor.as_ref(), &what, false)?;
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
    Ok(report)
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
fn data_fingerprint(manifest: &Manifest) -> String {
    let arrays: Vec<&str> = manifest.arrays.iter().map(|a| a.blake3.as_str()).collect();
    format!("{} {:?} {:?} {}", arrays.join(" "), manifest.config.dataset, manifest.transforms, manifest.seed)
}

fn unix_nanoseconds() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos())
}
