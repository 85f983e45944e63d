//! Reading one section of a study so that *every* mistake in it is reported, not only the first.
//!
//! A value that does not fit is noted, taken out, and the section is read again. Keys that no struct asks for are noted
//! with the nearest key that is known.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::known_fields::known_fields;
use crate::Problem;

/// Parses a TOML document; a mistake in its syntax is placed by its line.
pub(crate) fn read_table(text: &str) -> Result<Table, Problem> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        Problem::new(format!("line {line}"), error.message().to_owned())
    })
}

/// Notes the keys of a document that are no known sections.
pub(crate) fn note_unknown_sections(table: &Table, known: &[&str], problems: &mut Vec<Problem>) {
    for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
        let mut problem = Problem::new(key.clone(), "unknown section");
        problem.help = nearest(key, known);
        problems.push(problem);
    }
}

/// Deserialises `value`, which stands at `place` in the study. Unknown keys are noted and do not hinder; returns nothing when a value
/// was wrong or missing.
pub(crate) fn read_section<T: DeserializeOwned>(
    mut value: Value,
    place: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut removed: Vec<String> = Vec::new();
    loop {
        let mut unknown = Vec::new();
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
        let deserializer = serde_ignored::Deserializer::new(value.clone(), &mut note);
        match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(section) => {
                note_unknown::<T>(place, &unknown, problems);
                return removed.is_empty().then_some(section);
            }
            Err(error) => {
                let message = error.inner().to_string().trim().replace('\n', " ");
                let missing_one_that_was_wrong =
                    removed.iter().any(|key| message.contains(&format!("missing field `{key}`")));
                if !missing_one_that_was_wrong {
                    problems.push(Problem::new(join(place, &error.path().to_string()), message));
                }
                match remove(&mut value, error.path()) {
                    Some(key) => removed.push(key),
                    None => {
                        note_unknown::<T>(place, &unknown, problems);
                        return None;
                    }
                }
            }
        }
    }
}

fn note_unknown<T: DeserializeOwned>(place: &str, unknown: &[String], problems: &mut Vec<Problem>) {
    for path in unknown {
        let key = path.rsplit('.').next().unwrap_or(path);
        let mut problem = Problem::new(join(place, path), "unknown key");
        // Suggestions are known for the keys of the section itself, not for those of tables nested in it.
        if !path.contains('.') {
            problem.help = nearest(key, known_fields::<T>());
        }
        problems.push(problem);
    }
}

/// `did you mean …` when a known name is close, else the list of known names.
pub(crate) fn nearest(key: &str, known: &[&str]) -> Option<String> {
    let best = known.iter().map(|k| (strsim::jaro_winkler(key, k), *k)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(if best.0 > 0.85 {
        format!("did you mean `{}`?", best.1)
    } else {
        format!("known keys: {}", known.join(", "))
    })
}

fn join(place: &str, path: &str) -> String {
    match (place.is_empty(), path == "." || path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => place.to_owned(),
        (false, false) if path.starts_with('[') => format!("{place}{path}"),
        (false, false) => format!("{place}.{path}"),
    }
}

/// Takes the value at the path out and returns its last key; `None` when the path points at the whole section.
fn remove(value: &mut Value, path: &serde_path_to_error::Path) -> Option<String> {
    let segments: Vec<&Segment> = path.iter().collect();
    let (last, parents) = segments.split_last()?;
    let mut at = value;
    for segment in parents {
        at = match segment {
            Segment::Map { key } => at.get_mut(key.as_str())?,
            Segment::Seq { index } => at.get_mut(*index)?,
            _ => return None,
        };
    }
    match (last, at) {
        (Segment::Map { key }, Value::Table(table)) => table.remove(key).map(|_| key.clone()),
        (Segment::Seq { index }, Value::Array(array)) if *index < array.len() => {
            array.remove(*index);
            Some(index.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Train {
        #[serde(default)]
        batch_size: usize,
        #[serde(default)]
        learning_rate: f64,
        loss: String,
    }

    fn problems(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let read: Option<Train> = read_section(toml::from_str(text).unwrap(), "train", &mut problems);
        assert_eq!(read.is_some(), problems.iter().all(|p| p.message == "unknown key"));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_section_is_read() {
        assert!(problems("loss = 'mse'\nbatch_size = 3").is_empty());
    }

    #[test]
    fn every_mistake_is_reported_once() {
        let all = problems("loss = 3\nbatch_size = 'many'\nlearing_rate = 0.1");
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all.iter().any(|p| p.starts_with("train.loss: invalid type")), "{all:?}");
        assert!(all.iter().any(|p| p.starts_with("train.batch_size: invalid type")), "{all:?}");
        assert!(all.iter().any(|p| p.contains("unknown key") && p.contains("did you mean `learning_rate`")), "{all:?}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let all = problems("batch_size = 3");
        assert_eq!(all, ["train: missing field `loss`"]);
    }
}
