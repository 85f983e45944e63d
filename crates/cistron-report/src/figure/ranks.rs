//! Ranks over bootstrap replicates, one row per model, one panel per metric.

use super::forest::{Column, Estimate, Row, draw, interval};
use super::{Figure, Place};
use crate::plot::palette::Styles;
use crate::{HeadlineMetric, LeaderboardInput};

/// Every model's mean rank on every headline metric.
pub(super) fn figure(input: &LeaderboardInput, styles: &Styles) -> Option<Figure> {
    let ranks: Vec<HeadlineMetric> = (input.report.headline_metrics.iter())
        .map(|m| HeadlineMetric::new(m.metric.clone(), m.label.clone(), false))
        .collect();
    let mut columns = Vec::new();
    for metric in &ranks {
        let estimate = |name: &str| {
            let row = input.rank(name, &metric.metric)?;
            Some(Estimate { value: row.mean_rank?, interval: interval(row.low, row.high), hollow: false })
        };
        let estimates: Vec<Option<Estimate>> = styles.names().map(estimate).collect();
        if estimates.iter().any(Option::is_some) {
            columns.push(Column { metric, reference: None, estimates });
        }
    }
    if columns.is_empty() {
        return None;
    }
    let rows: Vec<Row> = styles.names().map(|n| Row { name: n.into(), style: styles.of(n) }).collect();
    Some(Figure {
        name: "ranks".into(),
        place: Place::Summary,
        caption: "In every bootstrap resample of the test windows the models are put in order, 1 = best. Points are mean ranks, bars run \
                  from the 2.5 % to the 97.5 % quantile: models whose bars overlap change places from resample to resample. Models \
                  for which a metric is undefined are not ranked by it."
            .into(),
        svg: draw("Ranks over bootstrap replicates", &rows, &columns, &[], "not ranked"),
    })
}
