use std::path::{Path, PathBuf};

use cistron_data::{Dataset, DatasetSource, SourceOptions, Split};
use serde::Deserialize;
use toml::Table;

use crate::{CistronError, Problem, RunDir};

/// A run whose evaluation is done.
pub(super) struct FinishedRun {
    /// The directory's name; its path where two have the same name.
    pub name: String,
    pub dir: RunDir,
    pub dataset: Dataset,
    /// The test split as the models saw it.
    pub test: DatasetSource,
    /// The models of the last evaluation.
    pub models: Vec<String>,
    /// The resolved study; empty when it cannot be read.
    study: Table,
}

/// What is needed of `generalisation.json`, whatever version wrote it.
#[derive(Deserialize)]
struct Evaluated {
    models: Vec<String>,
}

impl FinishedRun {
    /// Opens runs; every directory that is no finished run is told.
    pub(super) fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, CistronError> {
        let mut problems: Vec<Problem> = paths.iter().filter_map(|p| not_finished(p)).collect();
        let places: Vec<PathBuf> = paths.iter().map(|p| p.canonicalize().unwrap_or_else(|_| p.clone())).collect();
        for (i, place) in places.iter().enumerate() {
            if let Some(before) = places[..i].iter().position(|p| p == place) {
                let message = format!("is the same directory as {}", paths[before].display());
                problems.push(Problem::new(paths[i].display().to_string(), message).with_help("name each run once"));
            }
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let base = |place: &PathBuf| place.file_name().map(|n| n.to_string_lossy().into_owned());
        let names: Vec<Option<String>> = places.iter().map(base).collect();
        let unique = |name: &&String| names.iter().flatten().filter(|other| other == name).count() == 1;
        let shown = names
            .iter()
            .zip(paths)
            .map(|(name, path)| name.as_ref().filter(unique).cloned().unwrap_or_else(|| path.display().to_string()));
        paths.iter().zip(shown).map(|(path, name)| Self::open(path, name)).collect()
    }

    fn open(path: &Path, name: String) -> Result<Self, CistronError> {
        let dir = RunDir::new(path);
        let dataset = Dataset::open(dir.dataset())?;
        let test = dataset.source(Split::Test, &dataset.source_options(dataset.manifest().seed))?;
        let evaluated = dir.generalisation();
        let text = std::fs::read(&evaluated).map_err(CistronError::io(&evaluated))?;
        let Evaluated { models } = serde_json::from_slice(&text).map_err(|e| CistronError::RunDirectory {
            path: evaluated,
            message: format!("is not what an evaluation writes ({e}); evaluate the study again"),
        })?;
        let study = std::fs::read_to_string(dir.resolved_study()).ok();
        let study = study.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        Ok(Self { name, dir, dataset, test, models, study })
    }

    /// Reads the test split in bins of `bin_bp`.
    pub(super) fn rebin(&mut self, bin_bp: usize) -> Result<(), CistronError> {
        let options = SourceOptions { bin_bp, ..self.test.options().clone() };
        self.test = self.dataset.source(Split::Test, &options)?;
        Ok(())
    }

    /// Whether the test split is read in other bins than the models predict.
    pub(super) fn is_rebinned(&self) -> bool {
        self.test.options().bin_bp != self.own_bin_bp()
    }

    /// Width of the bins that the models predict, in bp.
    pub(super) fn own_bin_bp(&self) -> usize {
        self.dataset.source_options(0).bin_bp
    }

    /// Whether a model's predictions were made elsewhere.
    pub(super) fn is_precomputed(&self, model: &str) -> bool {
        let entries = self.study.get("model").and_then(toml::Value::as_array);
        let named = |entry: &&toml::Value| entry.get("name").and_then(toml::Value::as_str) == Some(model);
        let entry = entries.and_then(|all| all.iter().find(named));
        entry.is_some_and(|e| e.get("source").is_some_and(|s| s.get("predictions").is_some()))
    }
}

fn not_finished(path: &Path) -> Option<Problem> {
    let missing = if !path.is_dir() {
        "there is no such directory".to_owned()
    } else {
        let dir = RunDir::new(path);
        let needed = [dir.dataset().join(cistron_data::Manifest::FILE), dir.generalisation()];
        let missing = needed.iter().find(|p| !p.is_file())?;
        format!("is no finished run: {} is missing", missing.strip_prefix(path).unwrap_or(missing).display())
    };
    let help = "give run directories that `cistron run` or `cistron evaluate` made";
    Some(Problem::new(path.display().to_string(), missing).with_help(help))
}
