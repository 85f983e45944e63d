//! The sweep file.

mod checks;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{Domain, Goal, Halving, Metric, Parameter, Range, RangeScale};
use crate::Problem;
use crate::study::section::{note_unknown_sections, read_section, read_table};

/// Top-level sections.
const SECTIONS: [&str; 3] = ["sweep", "asha", "parameter"];

/// How values are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Every combination; the last parameter changes fastest.
    Grid,
    /// Independent draws.
    Random,
    /// Independent draws, trained by successive [`Halving`].
    Asha,
}

/// `[sweep]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepHeader {
    /// The study; a relative path starts from the sweep file's folder.
    pub study: String,
    /// Name for the report.
    pub name: String,
    /// How values are chosen.
    pub method: Method,
    /// Number of trials, unless every combination is tried.
    #[serde(default)]
    pub trials: Option<usize>,
    /// Seed of the draws.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// What trials are compared by.
    #[serde(default)]
    pub metric: Metric,
    /// Which scores are good; the metric decides, and this may only say the same.
    #[serde(default)]
    pub goal: Option<Goal>,
}

fn default_seed() -> u64 {
    7
}

/// A sweep file whose text is sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepFile {
    /// `[sweep]`.
    pub sweep: SweepHeader,
    /// `[asha]`, for that method.
    pub asha: Option<Halving>,
    /// `[[parameter]]`, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The study's file.
    #[serde(skip)]
    pub study_path: PathBuf,
}

/// `[[parameter]]` as it is written.
#[derive(Debug, Deserialize)]
struct ParameterEntry {
    key: String,
    #[serde(default)]
    values: Option<Vec<Value>>,
    #[serde(default)]
    min: Option<f64>,
    #[serde(default)]
    max: Option<f64>,
    #[serde(default)]
    scale: Option<RangeScale>,
    #[serde(default)]
    integer: Option<bool>,
}

impl SweepFile {
    /// Reads a sweep file.
    ///
    /// # Errors
    /// Every problem of the file's text. The study is not read.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| vec![Problem::new(&file, format!("cannot read the sweep file: {error}"))])?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|problems| {
            problems.into_iter().map(|p| Problem { place: format!("{file}: {}", p.place), ..p }).collect()
        })
    }

    /// Parses the text of a sweep file that lies in `folder`.
    ///
    /// # Errors
    /// As [`SweepFile::read`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Problem>> {
        let mut table = read_table(text).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        note_unknown_sections(&table, &SECTIONS, &mut problems);
        let header: Option<SweepHeader> = match table.remove("sweep") {
            Some(value) => read_section(value, "sweep", &mut problems),
            None => {
                problems.push(Problem::new("sweep", "this section is missing").with_help("add a [sweep] section"));
                None
            }
        };
        let has_asha = table.contains_key("asha");
        let asha: Option<Halving> = table.remove("asha").and_then(|value| read_section(value, "asha", &mut problems));
        let parameters = read_parameters(&mut table, &mut problems);
        if let Some(header) = &header {
            checks::header(header, has_asha, &parameters, &mut problems);
        }
        problems.extend(asha.iter().flat_map(Halving::problems));
        checks::keys(&parameters, &mut problems);
        match header {
            Some(sweep) if problems.is_empty() => {
                let study_path = folder.join(&sweep.study);
                Ok(Self { sweep, asha, parameters, study_path })
            }
            _ => Err(problems),
        }
    }

    /// Which scores are good.
    pub fn goal(&self) -> Goal {
        self.sweep.metric.goal()
    }
}

fn read_parameters(table: &mut Table, problems: &mut Vec<Problem>) -> Vec<Parameter> {
    let entries = match table.remove("parameter") {
        Some(Value::Array(entries)) if !entries.is_empty() => entries,
        _ => {
            let problem = Problem::new("parameter", "there is none").with_help("add [[parameter]] with key and values");
            problems.push(problem);
            return Vec::new();
        }
    };
    let mut parameters = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("parameter[{index}]");
        let Some(entry) = read_section::<ParameterEntry>(entry, &place, problems) else { continue };
        match domain(&entry) {
            Ok(domain) => parameters.push(Parameter { key: entry.key, domain }),
            Err(message) => problems.push(Problem::new(format!("{place} ({})", entry.key), message)),
        }
    }
    parameters
}

fn domain(entry: &ParameterEntry) -> Result<Domain, String> {
    let ParameterEntry { key: _, values, min, max, scale, integer } = entry;
    let of_range = min.is_some() || max.is_some() || scale.is_some() || integer.is_some();
    match (values, min, max) {
        (Some(_), ..) if of_range => Err("give `values`, or `min` and `max`, not both".into()),
        (Some(values), ..) => {
            if values.is_empty() {
                return Err("`values` is empty".into());
            }
            if let Some(twice) = values.iter().enumerate().find(|(i, v)| values[..*i].contains(v)) {
                return Err(format!("`values` holds {} twice", twice.1));
            }
            if values.iter().any(|v| v.as_float().is_some_and(|f| !f.is_finite())) {
                return Err("`values` must be finite".into());
            }
            Ok(Domain::Values(values.clone()))
        }
        (None, Some(min), Some(max)) => {
            let range =
                Range { min: *min, max: *max, scale: scale.unwrap_or_default(), integer: integer.unwrap_or(false) };
            checks::range(&range).map(|()| Domain::Range(range))
        }
        _ => Err("needs `values`, or `min` and `max`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        SweepFile::parse(text, Path::new("."))
            .map(|_| ())
            .err()
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const RANDOM: &str = "[sweep]\nstudy = 's.toml'\nname = 'x'\nmethod = 'random'\ntrials = 4\n";

    #[test]
    fn a_sound_file_is_read() {
        let text = format!(
            "{RANDOM}metric = 'valid_metric'\n[[parameter]]\nkey = 'train.learning_rate'\nmin = 1e-4\nmax = 1\nscale = 'log'\n\
             [[parameter]]\nkey = 'train.loss'\nvalues = ['mse', 'poisson']"
        );
        let file = SweepFile::parse(&text, Path::new("folder")).unwrap();
        assert_eq!(file.study_path, Path::new("folder/s.toml"));
        assert_eq!((file.goal(), file.sweep.seed, file.parameters.len()), (Goal::Maximise, 7, 2));
    }

    #[test]
    fn every_mistake_is_reported() {
        let all = problems(
            "[sweep]\nstudy = 's.toml'\nname = 'x'\nmethod = 'grid'\ntrials = 3\ngoal = 'maximise'\nsede = 1\n[ahsa]\n\
             [[parameter]]\nkey = 'train.loss'\nvalues = ['mse', 'mse']\n[[parameter]]\nkey = 'train.patience'\nmin = 3\nmax = 1\n\
             [[parameter]]\nkey = 'train.batch_size'\nmin = 1\nmax = 3",
        );
        for part in
            ["ahsa: unknown section", "did you mean `seed`", "sweep.trials", "sweep.goal", "twice", "max", "batch_size"]
        {
            assert!(all.iter().any(|p| p.contains(part)), "{part} is not in {all:?}");
        }
    }

    #[test]
    fn a_loss_is_not_chosen_by_its_own_value() {
        for key in ["train.loss", "train.loss_weights", "train"] {
            let all = problems(&format!("{RANDOM}[[parameter]]\nkey = '{key}'\nvalues = [1, 2]"));
            assert!(all.len() == 1 && all[0].contains("valid_metric"), "{all:?}");
        }
        assert!(problems(&format!("{RANDOM}[[parameter]]\nkey = 'train.lr_factor'\nvalues = [1, 2]")).is_empty());
    }

    #[test]
    fn halving_sets_the_epochs() {
        let text = RANDOM.replace("random", "asha");
        let parameter = "[[parameter]]\nkey = 'train.epochs'\nvalues = [1, 2]";
        let all = problems(&format!("{text}{parameter}"));
        assert!(all.iter().any(|p| p.starts_with("asha: ")), "{all:?}");
        let all = problems(&format!("{text}[asha]\nmax_epochs = 9\n{parameter}"));
        assert!(all.len() == 1 && all[0].contains("train.epochs"), "{all:?}");
        let all = problems(&format!("{RANDOM}[asha]\nmax_epochs = 9\n{parameter}"));
        assert!(all.len() == 1 && all[0].starts_with("asha: "), "{all:?}");
        let twice = "[[parameter]]\nkey = 'model.0'\nvalues = [1]\n[[parameter]]\nkey = 'model.0.preset'\nvalues = [1]";
        assert!(problems(&format!("{RANDOM}{twice}"))[0].contains("model.0"));
    }
}
