//! The trials of a sweep.

mod difference;

use std::fs;
use std::path::Path;

use cistron_core::AtomicFile;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use self::difference::difference;
use super::directory::SweepDir;
use super::{Domain, Method, SweepFile, key, value_text};
use crate::study::section::read_table;
use crate::{CistronError, Problem, Study};

/// After this many trials with problems no more are looked at.
const MOST_WRONG: usize = 8;

/// One trial and the values that it gives to the sweep's keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTrial {
    /// Number, from 0.
    pub trial: usize,
    /// Value by key.
    pub parameters: Table,
}

/// Every trial of a sweep; it follows from the sweep file and the study, and is kept as `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The sweep file.
    pub file: SweepFile,
    /// The study as it is without the sweep.
    pub study: Table,
    /// The trials by number.
    pub trials: Vec<PlannedTrial>,
}

impl Plan {
    /// Plans the sweep of a file. Every trial's study is parsed, so that a key that is not known shows before any work.
    ///
    /// # Errors
    /// Problems of the sweep file, or of the studies that it makes, with the trial.
    pub fn read(path: &Path) -> Result<Self, CistronError> {
        let file = SweepFile::read(path)?;
        let place = file.study_path.display().to_string();
        let text = fs::read_to_string(&file.study_path)
            .map_err(|error| CistronError::input(&place, format!("cannot read the study file: {error}")))?;
        let study = read_table(&text)
            .map_err(|problem| vec![Problem { place: format!("{place}: {}", problem.place), ..problem }])?;
        let plan = Self { trials: trials(&file), file, study };
        plan.check()?;
        Ok(plan)
    }

    /// The plan of a sweep's directory, for looking at its results.
    ///
    /// # Errors
    /// No plan, or one of another version.
    pub fn open(out: &Path) -> Result<Self, CistronError> {
        let path = SweepDir::new(out).plan();
        let text = fs::read_to_string(&path).map_err(|_| {
            CistronError::input(path.display().to_string(), "there is no sweep here: `cistron sweep run` makes one")
        })?;
        serde_json::from_str(&text).map_err(|error| CistronError::RunDirectory {
            path,
            message: format!("is not a plan of this version ({error}): sweep into another directory"),
        })
    }

    /// Writes the plan, or sees that the one in the directory is the same.
    ///
    /// # Errors
    /// Another plan in the directory, with the first thing that differs.
    pub(super) fn keep(&self, dir: &SweepDir) -> Result<(), CistronError> {
        let path = dir.plan();
        let broken =
            |error: serde_json::Error| CistronError::RunDirectory { path: path.clone(), message: error.to_string() };
        let text = serde_json::to_string_pretty(self).map_err(broken)?;
        match fs::read_to_string(&path) {
            Ok(kept) if kept == text => Ok(()),
            Ok(kept) => {
                let kept = serde_json::from_str(&kept).map_err(broken)?;
                let asked = serde_json::from_str(&text).map_err(broken)?;
                let what = difference(&kept, &asked).unwrap_or_else(|| "its layout differs".into());
                Err(vec![
                    Problem::new(
                        path.display().to_string(),
                        format!("the sweep in this directory is another one: {what}"),
                    )
                    .with_help("restore it, or sweep into another directory with --out"),
                ]
                .into())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                AtomicFile::write(&path, text.as_bytes()).map_err(CistronError::io(&path))
            }
            Err(error) => Err(CistronError::io(&path)(error)),
        }
    }

    /// The study of a trial, with other epochs when a rung asks for them.
    ///
    /// # Errors
    /// Every problem of the study.
    pub(super) fn study(&self, trial: &PlannedTrial, epochs: Option<u64>) -> Result<Study, Vec<Problem>> {
        let mut table = self.study.clone();
        let own =
            self.file.parameters.iter().filter_map(|p| Some((p.key.as_str(), trial.parameters.get(&p.key)?.clone())));
        let rung = epochs.map(|epochs| ("train.epochs", Value::Integer(i64::try_from(epochs).unwrap_or(i64::MAX))));
        for (key, value) in own.chain(rung) {
            key::set(&mut table, key, value).map_err(|problem| vec![problem])?;
        }
        let text = toml::to_string(&table).map_err(|e| vec![Problem::new("study", e.to_string())])?;
        let folder = self.file.study_path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Study::parse(&text, folder)
    }

    /// A trial's values in words: `train.learning_rate = 0.01, train.loss = mse`.
    pub fn describe(&self, trial: &PlannedTrial) -> String {
        let text = |key: &String| Some(format!("{key} = {}", value_text(trial.parameters.get(key)?)));
        self.file.parameters.iter().filter_map(|p| text(&p.key)).collect::<Vec<_>>().join(", ")
    }

    /// The trials as tab-separated text; with several shards, the shard of each.
    pub fn to_tsv(&self, shards: usize) -> String {
        super::table::plan_table(self, shards)
    }

    /// Problems of trials, with the trial's number before each; one that several trials share is told once.
    pub(super) fn problems_of(
        &self,
        trials: impl IntoIterator<Item = usize>,
        find: impl Fn(&PlannedTrial) -> Vec<Problem>,
    ) -> Vec<Problem> {
        let mut found: Vec<(Problem, usize)> = Vec::new();
        let mut wrong = 0;
        for trial in trials {
            let problems = find(&self.trials[trial]);
            wrong += usize::from(!problems.is_empty());
            for problem in problems {
                if !found.iter().any(|(known, _)| *known == problem) {
                    found.push((problem, trial));
                }
            }
            if wrong >= MOST_WRONG {
                break;
            }
        }
        let named = |(problem, trial): (Problem, usize)| {
            let place = format!("trial {trial} ({}): {}", self.describe(&self.trials[trial]), problem.place);
            Problem { place, ..problem }
        };
        found.into_iter().map(named).collect()
    }

    fn check(&self) -> Result<(), CistronError> {
        let problems = self.problems_of(0..self.trials.len(), |trial| match self.study(trial, None) {
            Err(problems) => problems,
            Ok(study) if study.networks().next().is_none() => {
                vec![Problem::new("model", "a sweep needs a [[model]] with a preset: nothing else is trained")]
            }
            Ok(_) => Vec::new(),
        });
        if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
    }
}

/// Every combination for a grid, the last parameter changing fastest; independent draws otherwise.
fn trials(file: &SweepFile) -> Vec<PlannedTrial> {
    let sizes: Vec<usize> = file
        .parameters
        .iter()
        .map(|p| match &p.domain {
            Domain::Values(values) => values.len(),
            Domain::Range(_) => 1,
        })
        .collect();
    let count = file.sweep.trials.unwrap_or_else(|| sizes.iter().product());
    let value = |trial: usize, place: usize| match (&file.parameters[place].domain, file.sweep.method) {
        (Domain::Values(values), Method::Grid) => {
            let faster: usize = sizes[place + 1..].iter().product();
            values[trial / faster % values.len()].clone()
        }
        _ => file.parameters[place].draw(file.sweep.seed, trial, place),
    };
    (0..count)
        .map(|trial| {
            let named = file.parameters.iter().enumerate().map(|(place, p)| (p.key.clone(), value(trial, place)));
            PlannedTrial { trial, parameters: named.collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SweepFile {
        SweepFile::parse(text, Path::new(".")).unwrap()
    }

    #[test]
    fn a_grid_is_every_combination_the_last_key_fastest() {
        let text = "[sweep]\nstudy = 's'\nname = 'x'\nmethod = 'grid'\n[[parameter]]\nkey = 'train.batch_size'\nvalues = [8, 16]\n\
                    [[parameter]]\nkey = 'train.monitor'\nvalues = ['loss', 'metric', 'x']";
        let plan = Plan { file: file(text), study: Table::new(), trials: trials(&file(text)) };
        let lines: Vec<String> = plan.trials.iter().map(|t| plan.describe(t)).collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "train.batch_size = 8, train.monitor = loss");
        assert_eq!(lines[1], "train.batch_size = 8, train.monitor = metric");
        assert_eq!(lines[5], "train.batch_size = 16, train.monitor = x");
    }

    #[test]
    fn more_draws_begin_with_the_same_ones() {
        let text = |trials| {
            format!(
                "[sweep]\nstudy = 's'\nname = 'x'\nmethod = 'random'\ntrials = {trials}\n[[parameter]]\nkey = 'train.patience'\n\
                 min = 1\nmax = 1000\ninteger = true"
            )
        };
        let (few, many) = (trials(&file(&text(5))), trials(&file(&text(9))));
        assert_eq!((few.len(), many.len()), (5, 9));
        assert_eq!(few, many[..5]);
    }
}
