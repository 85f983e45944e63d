//! Dotted keys of a study: `train.learning_rate`, `model.0.width_factor`.

use toml::{Table, Value};

use crate::Problem;

/// Whether two keys are the same or one holds the other.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    a.split('.').zip(b.split('.')).all(|(a, b)| a == b)
}

/// Puts a value at a key. Sections that are missing are made; entries of lists must be there, and are named by their number
/// from 0.
///
/// # Errors
/// An empty part, a list without such an entry, or something on the way that has no keys.
pub(super) fn set(study: &mut Table, key: &str, value: Value) -> Result<(), Problem> {
    let parts: Vec<&str> = key.split('.').collect();
    if parts.iter().any(|part| part.is_empty() || part.trim() != *part) {
        return Err(Problem::new(key, "is not a key of a study, as train.learning_rate is"));
    }
    let first = study.entry(parts[0]).or_insert_with(|| Value::Table(Table::new()));
    put(first, &parts, 1, value).map_err(|message| Problem::new(key, message))
}

/// Goes down from the value at the first `depth` parts.
fn put(at: &mut Value, parts: &[&str], depth: usize, value: Value) -> Result<(), String> {
    let Some(part) = parts.get(depth) else {
        *at = value;
        return Ok(());
    };
    let place = parts[..depth].join(".");
    let next = match at {
        Value::Table(table) => table.entry(*part).or_insert_with(|| Value::Table(Table::new())),
        Value::Array(entries) => {
            let count = entries.len();
            let entry = part.parse::<usize>().ok().and_then(|index| entries.get_mut(index));
            entry.ok_or_else(|| {
                format!("{place} is a list of {count}: its entries are numbered from 0, and there is no {part:?}")
            })?
        }
        _ => return Err(format!("{place} is a single value and has no key {part:?}")),
    };
    put(next, parts, depth + 1, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Table {
        toml::from_str("[dataset]\nbin_bp = 32\n[[model]]\npreset = 'basset'\n[[model]]\npreset = 'bpnet'").unwrap()
    }

    #[test]
    fn values_land_in_sections_lists_and_new_sections() {
        let mut table = study();
        set(&mut table, "dataset.bin_bp", Value::Integer(64)).unwrap();
        set(&mut table, "model.1.width_factor", Value::Float(0.5)).unwrap();
        set(&mut table, "train.learning_rate", Value::Float(0.1)).unwrap();
        set(&mut table, "evaluate", Value::Array(Vec::new())).unwrap();
        assert_eq!(table["dataset"]["bin_bp"].as_integer(), Some(64));
        assert_eq!(table["model"][1]["width_factor"].as_float(), Some(0.5));
        assert!(table["model"][0].get("width_factor").is_none());
        assert_eq!(table["train"]["learning_rate"].as_float(), Some(0.1));
    }

    #[test]
    fn places_that_cannot_be_are_named() {
        let message = |key: &str| set(&mut study(), key, Value::Integer(1)).unwrap_err().to_string();
        assert!(
            message("model.2.width_factor").contains("model is a list of 2"),
            "{}",
            message("model.2.width_factor")
        );
        assert!(message("model.first.width_factor").contains("there is no \"first\""));
        assert!(message("dataset.bin_bp.x").contains("dataset.bin_bp is a single value"));
        assert!(message("train..x").contains("is not a key"));
    }

    #[test]
    fn keys_that_hold_each_other_overlap() {
        assert!(overlap("train", "train.loss") && overlap("train.loss", "train.loss"));
        assert!(!overlap("train.loss", "train.loss_weights") && !overlap("model.0", "model.1.preset"));
    }
}
