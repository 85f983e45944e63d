//! A key of the study and the values that trials give it.

use cistron_core::{Stream, keyed_rng};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use toml::Value;

/// A key of the study with the values that are tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Dotted key; entries of lists by their number from 0, as in `model.0.width_factor`.
    pub key: String,
    /// What is tried.
    pub domain: Domain,
}

/// The values of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// One of these.
    Values(Vec<Value>),
    /// Any number of a range.
    Range(Range),
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// What is uniform.
    pub scale: RangeScale,
    /// Whole numbers only.
    pub integer: bool,
}

/// What is uniform when a number is drawn from a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeScale {
    /// The number.
    #[default]
    Linear,
    /// Its logarithm.
    Log,
}

impl Parameter {
    /// The value of one trial: keyed by seed, trial and the parameter's place in the file, so that it depends on nothing else.
    pub(super) fn draw(&self, seed: u64, trial: usize, place: usize) -> Value {
        let mut rng = keyed_rng(seed, Stream::Sweep, trial as u64, place as u64);
        match &self.domain {
            Domain::Values(values) => values[rng.random_range(0..values.len())].clone(),
            Domain::Range(range) => range.at(rng.random::<f64>()),
        }
    }
}

impl Range {
    /// The number at a share in [0, 1) of the range. Numbers that are not whole keep six digits: exact enough to try, short
    /// enough to write down, and the same with every system's logarithm.
    fn at(&self, share: f64) -> Value {
        // A whole number stands for the unit interval above it.
        let end = if self.integer { self.max + 1.0 } else { self.max };
        let value = match self.scale {
            RangeScale::Linear => self.min + share * (end - self.min),
            RangeScale::Log => (self.min.ln() + share * (end.ln() - self.min.ln())).exp(),
        };
        if self.integer {
            // The guard against 2.9999… keeps the smallest number from being missed; bounds are checked to be exact in f64.
            return Value::Integer((value * (1.0 + 1e-12)).floor().clamp(self.min, self.max) as i64);
        }
        let short = format!("{value:.5e}").parse().unwrap_or(value);
        Value::Float(f64::clamp(short, self.min, self.max))
    }
}

/// A value for people and tables: text without quotation marks, very large and small numbers with an exponent, everything else as
/// in TOML.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) if *number != 0.0 && !(1e-4..1e7).contains(&number.abs()) => format!("{number:e}"),
        Value::Array(values) => format!("[{}]", values.iter().map(value_text).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A value as a number.
pub(super) fn value_number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: f64, max: f64, scale: RangeScale, integer: bool) -> Parameter {
        Parameter { key: "train.x".into(), domain: Domain::Range(Range { min, max, scale, integer }) }
    }

    fn draws(parameter: &Parameter, count: usize) -> Vec<f64> {
        (0..count).map(|trial| value_number(&parameter.draw(7, trial, 0)).unwrap()).collect()
    }

    #[test]
    fn draws_repeat_and_depend_on_trial_seed_and_place() {
        let parameter = range(0.0, 1.0, RangeScale::Linear, false);
        assert_eq!(parameter.draw(7, 3, 1), parameter.draw(7, 3, 1));
        let others = [parameter.draw(8, 3, 1), parameter.draw(7, 4, 1), parameter.draw(7, 3, 2)];
        assert!(others.iter().all(|other| *other != parameter.draw(7, 3, 1)));
    }

    #[test]
    fn a_log_scale_gives_each_decade_its_share() {
        let values = draws(&range(1e-5, 1e-1, RangeScale::Log, false), 4000);
        assert!(values.iter().all(|v| (1e-5..=1e-1).contains(v)));
        for decade in [1e-5, 1e-4, 1e-3, 1e-2] {
            let share = values.iter().filter(|v| (decade..decade * 10.0).contains(*v)).count() as f64 / 4000.0;
            assert!((share - 0.25).abs() < 0.03, "{decade}: {share}");
        }
        let values = draws(&range(-2.0, 6.0, RangeScale::Linear, false), 4000);
        let below = values.iter().filter(|v| **v < 0.0).count() as f64 / 4000.0;
        assert!((below - 0.25).abs() < 0.03 && values.iter().all(|v| (-2.0..=6.0).contains(v)), "{below}");
    }

    #[test]
    fn whole_numbers_include_both_ends() {
        let values = draws(&range(3.0, 5.0, RangeScale::Linear, true), 3000);
        for number in [3.0, 4.0, 5.0] {
            let count = values.iter().filter(|v| **v == number).count();
            assert!((900..1100).contains(&count), "{number}: {count}");
        }
        let values = draws(&range(1.0, 64.0, RangeScale::Log, true), 3000);
        assert!(values.contains(&1.0) && values.contains(&64.0));
        assert!(values.iter().all(|v| (1.0..=64.0).contains(v) && v.fract() == 0.0));
        // ln 2 / ln 65 of the draws are 1.
        let ones = values.iter().filter(|v| **v == 1.0).count() as f64 / 3000.0;
        assert!((ones - 2f64.ln() / 65f64.ln()).abs() < 0.03, "{ones}");
    }

    #[test]
    fn values_read_well() {
        let text = |toml: &str| value_text(&toml::from_str::<toml::Table>(&format!("x = {toml}")).unwrap()["x"]);
        assert_eq!(
            ["'mse'", "0.001", "1e-5", "3", "true", "[1e39, 10.0]", "['a', 'b']"].map(text),
            ["mse", "0.001", "1e-5", "3", "true", "[1e39, 10.0]", "[a, b]"]
        );
    }
}
