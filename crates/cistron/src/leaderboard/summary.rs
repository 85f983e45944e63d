use std::fmt;

use cistron_core::MetricRow;
use cistron_report::LeaderboardInput;

use super::CompareSummary;

/// Accuracy metrics that the terminal shows.
const METRICS: usize = 2;

/// The models by their first accuracy metrics, their rank on the first, and the other criteria of the main table, in columns.
pub(super) fn table(input: &LeaderboardInput) -> String {
    let generalisation = |evaluation: &str| evaluation == LeaderboardInput::GENERALISATION;
    let models = &input.report.models;
    let mut columns: Vec<Vec<String>> = vec![
        std::iter::once("model".to_owned()).chain(models.iter().map(|m| m.name.clone())).collect(),
        std::iter::once("run".to_owned()).chain(input.runs.iter().cloned()).collect(),
    ];
    let accuracy = input.criteria.iter().filter(|c| generalisation(&c.evaluation)).take(METRICS);
    for (index, criterion) in accuracy.enumerate() {
        columns.push(std::iter::once(criterion.metric.clone()).chain(criterion.values.iter().map(value)).collect());
        if index == 0 {
            let rank = |model: &str| {
                let row = input.ranks.iter().find(|r| r.model == model && r.metric == criterion.metric)?;
                Some(format!("{:.2} [{}, {}]", row.mean_rank?, row.low?, row.high?))
            };
            let ranks = models.iter().map(|m| rank(&m.name).unwrap_or_else(|| "-".into()));
            columns.push(std::iter::once("rank".to_owned()).chain(ranks).collect());
        }
    }
    for criterion in input.criteria.iter().filter(|c| c.shown && !generalisation(&c.evaluation)) {
        let head = format!("{} {}", criterion.evaluation, criterion.metric);
        columns.push(std::iter::once(head).chain(criterion.values.iter().map(value)).collect());
    }
    if let Ok(front) = &input.front {
        let place = |model: &str| match front.points.iter().find(|p| p.model == model) {
            Some(point) if point.on_front => "yes",
            Some(_) => "no",
            None => "-",
        };
        let places = models.iter().map(|m| place(&m.name).to_owned());
        columns.push(std::iter::once("pareto front".to_owned()).chain(places).collect());
    }
    let mut out = String::new();
    for row in 0..=models.len() {
        for (index, column) in columns.iter().enumerate() {
            let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            // Names to the left, numbers to the right.
            let cell = &column[row];
            out.push_str(&if index < 2 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") });
            if index == 0 {
                out.push_str("  ");
            }
        }
        out.push('\n');
    }
    out
}

fn value(row: &MetricRow) -> String {
    match (row.value, row.low, row.high) {
        (Some(v), Some(low), Some(high)) => format!("{v:.3} [{low:.3}, {high:.3}]").replace("-0.000", "0.000"),
        (Some(v), _, _) => format!("{v:.3}"),
        _ => "-".into(),
    }
}

impl fmt::Display for CompareSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.table)?;
        writeln!(f, "Table: {}", self.tsv.display())?;
        writeln!(f, "Page: {}", self.html.display())
    }
}
