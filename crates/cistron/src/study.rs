//! The study file: one TOML document that declares genome, dataset, models, training and evaluations.
//!
//! [`Study::read`] reports every problem of the text at once; [`crate::check`] adds those that need a look at the files.

mod evaluation;
mod known_fields;
pub(crate) mod section;
mod training;

use std::path::{Path, PathBuf};

use cistron_core::TargetKind;
use cistron_data::{DatasetConfig, GenomeConfig};
use cistron_nn::ModelConfig;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use self::evaluation::read_evaluations;
use self::section::{note_unknown_sections, read_section, read_table};
use self::training::{read_train, train_table};
use crate::Problem;

pub use self::evaluation::{Evaluation, EvaluationKind};
pub use self::training::{Augmentation, TrainSection, TrainSelection};

/// Top-level sections.
const SECTIONS: [&str; 6] = ["study", "genome", "dataset", "model", "train", "evaluate"];

/// `[study]`: name and seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudyHeader {
    /// Name of the study; also the default name of its run directory.
    pub name: String,
    /// Every random choice derives from this number.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// One or two sentences for the head of the report.
    #[serde(default)]
    pub description: String,
}

fn default_seed() -> u64 {
    7
}

/// Stored predictions of a model that is not ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredictionsConfig {
    /// One bigWig per task, in the order of the dataset's tasks; averaged into the target's bins.
    #[serde(default)]
    pub bigwigs: Vec<String>,
    /// A `.npy` array `[windows, tasks, bins]`.
    #[serde(default)]
    pub npy: Option<String>,
    /// The window names of the rows of `npy`, one a line.
    #[serde(default)]
    pub names: Option<String>,
    /// Parquet, TSV or CSV files with one row per window.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Column that identifies the row, for `tables`.
    #[serde(default)]
    pub key_column: Option<String>,
    /// Whether the key column holds window names or the sequence itself.
    #[serde(default)]
    pub key: TableKey,
    /// One column of `tables` per task.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// What the key column of a table of predictions holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKey {
    /// Window names as `cistron data inspect` lists them.
    #[default]
    Name,
    /// The sequence.
    Sequence,
}

/// Where a model of the study comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelSource {
    /// A preset that is trained here.
    Network(ModelConfig),
    /// A network that cistron trained earlier: a model directory, or a run directory with one model.
    Checkpoint(String),
    /// Predictions made elsewhere.
    Predictions(PredictionsConfig),
}

/// One `[[model]]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelEntry {
    /// Name in tables and figures; the preset's name unless given.
    pub name: String,
    /// Number of trainings with different seeds (1 unless given).
    pub replicates: u32,
    /// Bin at which a preset predicts profiles, in bp; the dataset's unless given. Its predictions are averaged or repeated to the dataset's.
    pub bin_bp: Option<usize>,
    /// What a preset learns; the dataset's target unless given. `binary` needs tracks with peaks.
    pub target: Option<TargetKind>,
    /// How a preset is trained, when that differs from `[train]`.
    pub train: Option<TrainSection>,
    /// Preset or stored predictions.
    pub source: ModelSource,
}

impl ModelEntry {
    fn new(name: String, replicates: u32, source: ModelSource) -> Self {
        Self { name, replicates, bin_bp: None, target: None, train: None, source }
    }
}

/// A study whose text is sound. Relative paths in it start from [`Study::base_dir`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// Name, seed, description.
    pub study: StudyHeader,
    /// The reference genome, for genomic datasets.
    pub genome: Option<GenomeConfig>,
    /// What is learnt from.
    pub dataset: DatasetConfig,
    /// The models, in the order of the report.
    pub model: Vec<ModelEntry>,
    /// How networks are trained.
    pub train: TrainSection,
    /// What is evaluated.
    pub evaluate: Vec<Evaluation>,
    /// Folder that relative paths start from: the study file's.
    #[serde(skip)]
    pub base_dir: PathBuf,
    /// The text as the user wrote it.
    #[serde(skip)]
    pub text: String,
}

impl Study {
    /// Reads a study file.
    ///
    /// # Errors
    /// Every problem of the file's text: unreadable file, TOML syntax with its line, unknown keys, values of a wrong
    /// type, values that contradict each other; then also those that [`crate::check`] finds in what could be read.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            vec![Problem::new(path.display().to_string(), format!("cannot read the study file: {error}"))]
        })?;
        let base_dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
        Self::parse(&text, &base_dir).map_err(|problems| {
            problems
                .into_iter()
                .map(|problem| Problem { place: format!("{}: {}", path.display(), problem.place), ..problem })
                .collect()
        })
    }

    /// Parses the text of a study; relative paths in it start from `base_dir`.
    ///
    /// # Errors
    /// As [`Study::read`].
    pub fn parse(text: &str, base_dir: &Path) -> Result<Self, Vec<Problem>> {
        let mut table = read_table(text).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        note_unknown_sections(&table, &SECTIONS, &mut problems);
        let study: Option<StudyHeader> = required(&mut table, "study", &mut problems);
        let dataset: Option<DatasetConfig> = required(&mut table, "dataset", &mut problems);
        let genome = table.remove("genome").map(|value| read_section::<GenomeConfig>(value, "genome", &mut problems));
        let train_keys = train_table(table.remove("train"), "train", &mut problems);
        let train = train_keys.clone().and_then(|keys| read_train(keys, "train", &mut problems));
        let model = read_models(table.remove("model"), &train_keys.unwrap_or_default(), &mut problems);
        let evaluate = read_evaluations(table.remove("evaluate"), &mut problems);

        if let Some(dataset) = &dataset {
            problems.extend(dataset.validate().into_iter().map(|p| Problem::new("dataset", p)));
        }
        let genome_is_known = genome.as_ref().is_none_or(Option::is_some);
        // What could not be read is replaced, so that the files of the rest are looked into all the same.
        let header = study.unwrap_or_else(|| StudyHeader {
            name: String::new(),
            seed: default_seed(),
            description: String::new(),
        });
        let train = train.or_else(|| read_train(Table::new(), "train", &mut Vec::new()));
        if let (Some(dataset), Some(train), true) = (dataset, train, genome_is_known) {
            let study = Self {
                study: header,
                genome: genome.flatten(),
                dataset,
                model,
                train,
                evaluate,
                base_dir: base_dir.to_path_buf(),
                text: text.to_owned(),
            };
            if problems.is_empty() {
                return Ok(study);
            }
            for problem in crate::check(&study) {
                let told = problems.iter().any(|p| p.message.contains(&problem.message) || p.place == problem.place);
                // Models that could not be read are not missing.
                let of_models = problem.place == "model" && problems.iter().any(|p| p.place.starts_with("model"));
                if !told && !of_models {
                    problems.push(problem);
                }
            }
        }
        Err(problems)
    }

    /// The study with every default written out, as TOML.
    ///
    /// # Errors
    /// When a value cannot be written as TOML.
    pub fn resolved(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The models that are trained here.
    pub fn networks(&self) -> impl Iterator<Item = (&ModelEntry, &ModelConfig)> {
        self.model.iter().filter_map(|model| match &model.source {
            ModelSource::Network(config) => Some((model, config)),
            ModelSource::Checkpoint(_) | ModelSource::Predictions(_) => None,
        })
    }

    /// How a model is trained.
    pub fn training<'a>(&'a self, model: &'a ModelEntry) -> &'a TrainSection {
        model.train.as_ref().unwrap_or(&self.train)
    }

    /// The evaluation of a kind, when the study asks for it.
    pub fn evaluation(&self, kind: EvaluationKind) -> Option<&Evaluation> {
        self.evaluate.iter().find(|e| e.kind == kind)
    }
}

fn required<T: serde::de::DeserializeOwned>(table: &mut Table, key: &str, problems: &mut Vec<Problem>) -> Option<T> {
    match table.remove(key) {
        Some(value) => read_section(value, key, problems),
        None => {
            problems.push(Problem::new(key, "this section is missing").with_help(format!("add a [{key}] section")));
            None
        }
    }
}

fn read_models(value: Option<Value>, train: &Table, problems: &mut Vec<Problem>) -> Vec<ModelEntry> {
    let entries = match value {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            problems.push(Problem::new("model", "must be a list of sections: [[model]]"));
            return Vec::new();
        }
    };
    let mut models: Vec<ModelEntry> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("model[{index}]");
        let Value::Table(table) = entry else {
            problems.push(Problem::new(place, "must be a section: [[model]]"));
            continue;
        };
        let Some(model) = read_model(table, train, &place, problems) else { continue };
        if models.iter().any(|other| other.name == model.name) {
            problems.push(
                Problem::new(&place, format!("the name {:?} is taken by another model", model.name))
                    .with_help("give each [[model]] its own name"),
            );
        }
        models.push(model);
    }
    models
}

fn read_model(mut table: Table, train: &Table, place: &str, problems: &mut Vec<Problem>) -> Option<ModelEntry> {
    let own = |table: &mut Table, key: &str| table.remove(key).map(|value| (value, format!("{place}.{key}")));
    let name: Option<String> =
        own(&mut table, "name").map_or(Some(None), |(v, at)| read_section::<String>(v, &at, problems).map(Some))?;
    let replicates: u32 =
        own(&mut table, "replicates").map_or(Some(1), |(v, at)| read_section::<u32>(v, &at, problems))?;
    if replicates == 0 {
        problems.push(Problem::new(format!("{place}.replicates"), "must be at least 1"));
    }
    if let Some((value, at)) = own(&mut table, "checkpoint") {
        let checkpoint: String = read_section(value, &at, problems)?;
        for key in table.keys() {
            problems.push(Problem::new(format!("{place}.{key}"), "does not go with `checkpoint`"));
        }
        let Some(name) = name else {
            problems.push(Problem::new(place, "a model with `checkpoint` needs a `name`"));
            return None;
        };
        return Some(ModelEntry::new(name, 1, ModelSource::Checkpoint(checkpoint)));
    }
    let Some((value, at)) = own(&mut table, "predictions") else {
        let bin_bp = own(&mut table, "bin_bp").map(|(v, at)| read_section::<usize>(v, &at, problems));
        let target = own(&mut table, "target").map(|(v, at)| read_section::<TargetKind>(v, &at, problems));
        let train = match table.remove("train") {
            None => None,
            Some(value) => {
                let place = format!("{place}.train");
                // The model's keys in the place of the study's.
                let mut keys = train.clone();
                keys.extend(train_table(Some(value), &place, problems)?);
                Some(read_train(keys, &place, problems)?)
            }
        };
        let config: ModelConfig = read_section(Value::Table(table), place, problems)?;
        let name = name.unwrap_or_else(|| config.preset.clone());
        if bin_bp == Some(Some(0)) {
            problems.push(Problem::new(format!("{place}.bin_bp"), "must be at least 1"));
        }
        let entry = ModelEntry::new(name, replicates, ModelSource::Network(config));
        // A value that could not be read is a problem already.
        return Some(ModelEntry { bin_bp: bin_bp.flatten(), target: target.flatten(), train, ..entry });
    };
    let config: PredictionsConfig = read_section(value, &at, problems)?;
    for key in table.keys() {
        problems.push(Problem::new(format!("{place}.{key}"), "does not go with `predictions`"));
    }
    let kinds = [!config.bigwigs.is_empty(), config.npy.is_some(), !config.tables.is_empty()];
    if kinds.iter().filter(|given| **given).count() != 1 {
        problems.push(Problem::new(&at, "give exactly one of `bigwigs`, `npy` and `tables`"));
    }
    if config.npy.is_some() != config.names.is_some() {
        problems.push(Problem::new(&at, "`npy` and `names` go together").with_help(
            "`names` is a text file with the window name of each row, one a line; `cistron data windows` prints them",
        ));
    }
    if !config.tables.is_empty() && (config.key_column.is_none() || config.columns.is_empty()) {
        problems.push(Problem::new(&at, "`tables` needs `key_column` and `columns`"));
    }
    let Some(name) = name else {
        problems.push(Problem::new(place, "a model with `predictions` needs a `name`"));
        return None;
    };
    Some(ModelEntry::new(name, 1, ModelSource::Predictions(config)))
}
