//! What of a sweep file does not fit together.

use super::{Method, SweepHeader};
use crate::Problem;
use crate::sweep::{Domain, Metric, Parameter, Range, RangeScale, key};

/// More trials than this are a mistake.
const MOST_TRIALS: usize = 100_000;
/// Whole numbers up to this are exact as f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether numbers can be drawn from a range.
pub(super) fn range(range: &Range) -> Result<(), String> {
    let Range { min, max, scale, integer } = range;
    if !(min.is_finite() && max.is_finite() && min < max) {
        return Err("`min` must be below `max`".into());
    }
    if *scale == RangeScale::Log && *min <= 0.0 {
        return Err("a log scale needs a `min` above 0".into());
    }
    if *integer && [min, max].iter().any(|v| v.fract() != 0.0 || v.abs() >= EXACT) {
        return Err("`integer = true` needs whole numbers as `min` and `max`".into());
    }
    Ok(())
}

/// Whether method, trials, metric and parameters go together.
pub(super) fn header(header: &SweepHeader, has_asha: bool, parameters: &[Parameter], problems: &mut Vec<Problem>) {
    if header.method == Method::Grid {
        grid(parameters, problems);
    }
    match (header.method, header.trials) {
        (Method::Grid, None) => {}
        (Method::Grid, Some(_)) => {
            problems.push(Problem::new("sweep.trials", "does not go with a grid, which tries every combination"));
        }
        (_, None) => problems.push(Problem::new("sweep.trials", "is missing: how many trials shall be drawn?")),
        (_, Some(trials)) if !(1..=MOST_TRIALS).contains(&trials) => {
            problems.push(Problem::new("sweep.trials", format!("must be from 1 to {MOST_TRIALS}")));
        }
        _ => {}
    }
    match (header.method, has_asha) {
        (Method::Asha, false) => problems.push(
            Problem::new("asha", "this section is missing")
                .with_help("add [asha] with max_epochs, e.g. max_epochs = 27"),
        ),
        (Method::Grid | Method::Random, true) => {
            problems.push(Problem::new("asha", "goes with method = \"asha\" only"));
        }
        _ => {}
    }
    if let Some(goal) = header.goal.filter(|goal| *goal != header.metric.goal()) {
        let (metric, right) = (header.metric.name(), header.metric.goal().name());
        let message = format!("{metric} is to {right}, not to {}: remove `goal`", goal.name());
        problems.push(Problem::new("sweep.goal", message));
    }
    for parameter in parameters {
        let touches = |other: &str| key::overlap(&parameter.key, other);
        if header.metric == Metric::ValidLoss && (touches("train.loss") || touches("train.loss_weights")) {
            let message = format!("trials with another {} have losses that cannot be compared", parameter.key);
            problems.push(Problem::new("sweep.metric", message).with_help("write metric = \"valid_metric\""));
        }
        if header.method == Method::Asha && touches("train.epochs") {
            problems.push(Problem::new(&parameter.key, "asha sets train.epochs itself: choose [asha] max_epochs"));
        }
    }
}

/// A grid needs lists of values, and not too many combinations.
fn grid(parameters: &[Parameter], problems: &mut Vec<Problem>) {
    let mut size = 1usize;
    for parameter in parameters {
        match &parameter.domain {
            Domain::Values(values) => size = size.saturating_mul(values.len()),
            Domain::Range(_) => problems.push(
                Problem::new(&parameter.key, "a grid needs `values`, not a range")
                    .with_help("list the values, or use method = \"random\""),
            ),
        }
    }
    if size > MOST_TRIALS {
        let message = format!("there are more than {MOST_TRIALS} combinations");
        problems.push(Problem::new("parameter", message).with_help("use method = \"random\" with `trials`"));
    }
}

/// Two parameters must not set the same key.
pub(super) fn keys(parameters: &[Parameter], problems: &mut Vec<Problem>) {
    for (index, parameter) in parameters.iter().enumerate() {
        if let Some(other) = parameters[..index].iter().find(|other| key::overlap(&other.key, &parameter.key)) {
            let message = format!("is set by another parameter too, {}", other.key);
            problems.push(Problem::new(&parameter.key, message));
        }
    }
}
