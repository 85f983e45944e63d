//! How much each parameter matters.

use cistron_core::{Stream, keyed_rng};
use rand::seq::SliceRandom;
use toml::Value;

use super::parameter::value_number;
use super::{Domain, Parameter, value_text};

/// Permutations of the scores that say how much chance explains.
pub const PERMUTATIONS: u64 = 200;
/// With fewer scored trials the importance is undefined.
pub const LEAST_TRIALS: usize = 4;
/// Groups that a range is cut into, by quantiles of the trials' values.
const GROUPS: usize = 4;

/// The importance of a parameter: the share of the score's variance that lies between groups of trials with alike values (eta², the sum of
/// squares between groups over the total), less what groups of the same sizes explain by chance, and at least 0.
///
/// A list of values makes one group a value; a range is cut into up to four groups at the quartiles of the trials' values. Chance is the
/// mean eta² over [`PERMUTATIONS`] permutations of the scores, keyed by `seed` and the parameter's place. It says nothing of interactions, and of a
/// parameter's effect only what its own groups show.
///
/// # Errors
/// Why it is undefined: too few trials, equal scores, or one group.
pub fn importance(
    parameter: &Parameter,
    place: usize,
    trials: &[(&Value, f64)],
    seed: u64,
) -> Result<f64, &'static str> {
    if trials.len() < LEAST_TRIALS {
        return Err("fewer than four trials have a score");
    }
    let mut scores: Vec<f64> = trials.iter().map(|(_, score)| *score).collect();
    if scores.iter().all(|score| *score == scores[0]) {
        return Err("all scores are equal");
    }
    let groups = groups(parameter, trials);
    if groups.iter().all(|group| *group == groups[0]) {
        return Err("all trials are in one group");
    }
    let explained = eta_squared(&groups, &scores);
    let mut by_chance = 0.0;
    for permutation in 0..PERMUTATIONS {
        scores.shuffle(&mut keyed_rng(seed, Stream::Permutation, place as u64, permutation));
        by_chance += eta_squared(&groups, &scores);
    }
    Ok((explained - by_chance / PERMUTATIONS as f64).max(0.0))
}

/// The group of each trial.
fn groups(parameter: &Parameter, trials: &[(&Value, f64)]) -> Vec<usize> {
    match &parameter.domain {
        Domain::Values(_) => {
            let mut seen: Vec<String> = Vec::new();
            let group = |(value, _): &(&Value, f64)| {
                let text = value_text(value);
                seen.iter().position(|known| *known == text).unwrap_or_else(|| {
                    seen.push(text);
                    seen.len() - 1
                })
            };
            trials.iter().map(group).collect()
        }
        Domain::Range(_) => {
            let values: Vec<f64> = trials.iter().map(|(value, _)| value_number(value).unwrap_or(f64::NAN)).collect();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            // Equal values stay together: a value's group is the quarter in which its first copy lies.
            let group = |value: &f64| sorted.partition_point(|v| v < value) * GROUPS / sorted.len();
            values.iter().map(group).collect()
        }
    }
}

/// Sum of squares between groups over the total.
fn eta_squared(groups: &[usize], scores: &[f64]) -> f64 {
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let total: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    let mut sums = vec![(0.0, 0usize); groups.iter().max().map_or(0, |last| last + 1)];
    for (group, score) in groups.iter().zip(scores) {
        sums[*group].0 += score - mean;
        sums[*group].1 += 1;
    }
    let between: f64 = sums.iter().filter(|(_, n)| *n > 0).map(|(sum, n)| sum * sum / *n as f64).sum();
    between / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Range, RangeScale};

    fn list(key: &str, values: &[i64]) -> Parameter {
        Parameter { key: key.into(), domain: Domain::Values(values.iter().map(|v| Value::Integer(*v)).collect()) }
    }

    #[test]
    fn eta_squared_by_hand() {
        // Means 2 and 5, grand mean 3.5: between 4 · 1.5² = 9, total 9 + 4 · 1 = 13.
        assert!((eta_squared(&[0, 0, 1, 1], &[1.0, 3.0, 4.0, 6.0]) - 9.0 / 13.0).abs() < 1e-12);
    }

    #[test]
    fn the_one_that_decides_is_near_1_and_the_others_near_0() {
        let (a, b) = (list("a", &[0, 1, 2]), list("b", &[0, 1, 2]));
        let grid: Vec<(i64, i64)> = (0..81).map(|i| (i % 3, i / 3 % 3)).collect();
        let score = |a: i64| [0.3, 0.9, 0.1][a as usize];
        let values: Vec<(Value, Value)> = grid.iter().map(|(a, b)| (Value::Integer(*a), Value::Integer(*b))).collect();
        let of_a: Vec<(&Value, f64)> = values.iter().zip(&grid).map(|(v, g)| (&v.0, score(g.0))).collect();
        let of_b: Vec<(&Value, f64)> = values.iter().zip(&grid).map(|(v, g)| (&v.1, score(g.0))).collect();
        // Chance explains (groups - 1) / (trials - 1) = 0.025 on average.
        let found = importance(&a, 0, &of_a, 7).unwrap();
        assert!((found - 0.975).abs() < 0.01, "{found}");
        assert_eq!(importance(&b, 1, &of_b, 7), Ok(0.0));
        assert_eq!(importance(&a, 0, &of_a, 7), importance(&a, 0, &of_a, 7));
    }

    #[test]
    fn ranges_are_cut_at_quartiles() {
        let range = Range { min: 0.0, max: 1.0, scale: RangeScale::Linear, integer: false };
        let parameter = Parameter { key: "x".into(), domain: Domain::Range(range) };
        let values: Vec<Value> = (0..8).map(|i| Value::Float(f64::from(i * i))).collect();
        let trials: Vec<(&Value, f64)> = values.iter().map(|v| (v, 0.0)).collect();
        assert_eq!(groups(&parameter, &trials), [0, 0, 1, 1, 2, 2, 3, 3]);
        let same: Vec<Value> = [1, 1, 1, 1, 1, 9].map(Value::Integer).to_vec();
        let trials: Vec<(&Value, f64)> = same.iter().map(|v| (v, 0.0)).collect();
        assert_eq!(groups(&parameter, &trials), [0, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn what_cannot_be_said_has_a_reason() {
        let parameter = list("a", &[0, 1]);
        let values: Vec<Value> = [0, 1, 0, 1, 0].map(Value::Integer).to_vec();
        let with = |score: fn(usize) -> f64, count: usize| {
            let trials: Vec<(&Value, f64)> =
                values.iter().take(count).enumerate().map(|(i, v)| (v, score(i))).collect();
            importance(&parameter, 0, &trials, 7)
        };
        assert!(with(|i| i as f64, 3).unwrap_err().contains("fewer"));
        assert!(with(|_| 1.0, 5).unwrap_err().contains("equal"));
        assert!(with(|i| i as f64, 5).is_ok());
    }
}
