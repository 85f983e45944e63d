use std::path::PathBuf;

use cistron_core::{Predictor, TargetSpec};
use cistron_data::config::resolve_path;
use cistron_genome::ContigMap;
use cistron_predict::{BigWigPredictor, LoadError, NpyPredictor, TablePredictor};

use crate::study::{PredictionsConfig, TableKey};
use crate::{CistronError, Study};

/// Opens the stored predictions of a model that was trained elsewhere.
pub(crate) fn open_predictions(
    study: &Study,
    name: &str,
    config: &PredictionsConfig,
    target: &TargetSpec,
) -> Result<Box<dyn Predictor>, CistronError> {
    let failed = |message: String| CistronError::Predictor { model: name.to_owned(), message };
    let path = |text: &String| resolve_path(&study.base_dir, text).map_err(failed);
    let loaded = |error: LoadError| failed(error.to_string());
    let PredictionsConfig { bigwigs, npy, names, tables, key_column, key, columns } = config;
    if let (Some(npy), Some(names)) = (npy, names) {
        return Ok(Box::new(NpyPredictor::open(name, &path(npy)?, &path(names)?, target).map_err(loaded)?));
    }
    if !bigwigs.is_empty() {
        // The tracks' own mapping serves for their predictions too, as far as there is one.
        let maps = study.dataset.tracks.iter().map(|t| ContigMap::from_pairs(t.contigs.clone()));
        let files: Vec<(PathBuf, ContigMap)> = bigwigs
            .iter()
            .zip(maps.chain(std::iter::repeat_with(ContigMap::identity)))
            .map(|(file, map)| Ok((path(file)?, map)))
            .collect::<Result<_, CistronError>>()?;
        return Ok(Box::new(BigWigPredictor::open(name, &files, target).map_err(loaded)?));
    }
    let files: Vec<PathBuf> = tables.iter().map(path).collect::<Result<_, CistronError>>()?;
    let key_column = key_column.as_deref().unwrap_or_default();
    let key = match key {
        TableKey::Name => cistron_predict::TableKey::Name,
        TableKey::Sequence => cistron_predict::TableKey::Sequence,
    };
    Ok(Box::new(TablePredictor::open(name, &files, key_column, key, columns, target).map_err(loaded)?))
}
