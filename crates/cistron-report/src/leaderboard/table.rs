use cistron_core::{MetricRow, RankRow};

use super::LeaderboardInput;
use crate::table::{Table, float, integer, text};

struct Row<'a> {
    run: &'a str,
    evaluation: &'a str,
    value: &'a MetricRow,
    rank: Option<&'a RankRow>,
    on_front: Option<bool>,
}

/// The leaderboard as tidy rows: one per (criterion, model).
pub(super) fn leaderboard(input: &LeaderboardInput) -> Table {
    let mut rows = Vec::new();
    for criterion in &input.criteria {
        for (value, run) in criterion.values.iter().zip(&input.runs) {
            let ranked = criterion.evaluation == LeaderboardInput::GENERALISATION;
            rows.push(Row {
                run,
                evaluation: &criterion.evaluation,
                value,
                rank: if ranked { input.rank(&value.model, &value.metric) } else { None },
                on_front: input.on_front(&value.model),
            });
        }
    }
    let rank = |get: fn(&RankRow) -> Option<f64>| move |r: &Row<'_>| r.rank.and_then(get);
    let columns = vec![
        text("model", "name of the model", &rows, |r| Some(&r.value.model)),
        text("run", "the run that it comes from; several for a baseline that they share", &rows, |r| Some(r.run)),
        text("criterion", "the evaluation: generalisation, robustness …", &rows, |r| Some(r.evaluation)),
        text("metric", "metric, mean over tasks", &rows, |r| Some(&r.value.metric)),
        float("value", "the value; empty when undefined or missing, see `reason`", &rows, |r| r.value.value),
        float("low", "lower end of the 95 % bootstrap interval", &rows, |r| r.value.low),
        float("high", "upper end of the 95 % bootstrap interval", &rows, |r| r.value.high),
        float("mean_rank", "mean rank over bootstrap replicates, 1 = best", &rows, rank(|r| r.mean_rank)),
        float("rank_low", "2.5 % quantile of the rank", &rows, rank(|r| r.low)),
        float("rank_high", "97.5 % quantile of the rank", &rows, rank(|r| r.high)),
        float("share_first", "share of replicates in which the model is first", &rows, rank(|r| r.share_first)),
        integer(
            "pareto",
            "1 for a model on the front of performance and robustness, 0 for one behind it, empty for one without both",
            &rows,
            |r| r.on_front.map(u64::from),
        ),
        text("reason", "why the value is missing, or a caveat", &rows, |r| r.value.reason.as_deref()),
    ];
    Table { name: "leaderboard", columns }
}
