//! Ranks of the models in every bootstrap replicate: how sure the order of a leaderboard is.

use cistron_core::RankRow;

use super::rows::{Estimate, over_tasks};
use super::{EvaluatedModel, Scored};
use crate::higher_is_better;

/// Replicates that a summary of ranks needs at least.
const FEWEST: usize = 20;

/// One row per (metric that has a better end, model), over the means over tasks. A model for which the metric is undefined has no
/// rank, and the others are ranked without it; a replicate counts when the metric is defined for all of those.
pub(super) fn rank_rows(models: &[EvaluatedModel], scored: &Scored) -> Vec<RankRow> {
    let mut rows = Vec::new();
    for (index, metric) in scored.metrics.iter().enumerate() {
        let Some(higher) = higher_is_better(metric) else { continue };
        let estimates: Vec<Estimate> = scored.measured.iter().map(|m| over_tasks(m, index)).collect();
        let standings = standings(&estimates, higher);
        for ((model, estimate), standing) in models.iter().zip(estimates).zip(standings) {
            let reason = match (&standing, estimate.value) {
                (None, Some(_)) => Some("too few bootstrap replicates in which the metric is defined".to_owned()),
                _ => estimate.reason,
            };
            rows.push(RankRow {
                model: model.predictions.name().to_owned(),
                metric: (*metric).to_owned(),
                mean_rank: standing.as_ref().map(|s| s.mean),
                low: standing.as_ref().map(|s| s.low),
                high: standing.as_ref().map(|s| s.high),
                share_first: standing.as_ref().map(|s| s.share_first),
                reason,
            });
        }
    }
    rows
}

#[derive(Debug, Clone, PartialEq)]
struct Standing {
    mean: f64,
    low: f64,
    high: f64,
    share_first: f64,
}

/// One standing per estimate; `None` where the value is undefined, and everywhere when fewer than 20 replicates, or fewer than nine
/// in ten, are defined for all others.
fn standings(estimates: &[Estimate], higher: bool) -> Vec<Option<Standing>> {
    let ranked: Vec<usize> = (0..estimates.len()).filter(|i| estimates[*i].value.is_some()).collect();
    let replicates = ranked.iter().map(|i| estimates[*i].replicates.len()).min().unwrap_or(0);
    let mut of_model: Vec<Vec<f64>> = vec![Vec::new(); ranked.len()];
    let mut firsts = vec![0.0; ranked.len()];
    for replicate in 0..replicates {
        let values: Option<Vec<f64>> = ranked.iter().map(|i| estimates[*i].replicates[replicate]).collect();
        let Some(values) = values else { continue };
        let ranks = ranks(&values, higher);
        let best = ranks.iter().copied().fold(f64::INFINITY, f64::min);
        let winners = ranks.iter().filter(|r| **r == best).count() as f64;
        for (model, rank) in ranks.into_iter().enumerate() {
            of_model[model].push(rank);
            if rank == best {
                firsts[model] += 1.0 / winners;
            }
        }
    }
    let mut out = vec![None; estimates.len()];
    for ((model, mut ranks), first) in ranked.into_iter().zip(of_model).zip(firsts) {
        let n = ranks.len();
        if n < FEWEST || n * 10 < replicates * 9 {
            continue;
        }
        let mean = ranks.iter().sum::<f64>() / n as f64;
        ranks.sort_by(f64::total_cmp);
        // Ranks that occurred, never between two of them: the outer neighbours of the quantiles.
        let last = (n - 1) as f64;
        let (low, high) = (ranks[(0.025 * last).floor() as usize], ranks[(0.975 * last).ceil() as usize]);
        out[model] = Some(Standing { mean, low, high, share_first: first / n as f64 });
    }
    out
}

/// 1 for the best; equal values share the mean of their ranks.
fn ranks(values: &[f64], higher: bool) -> Vec<f64> {
    let rank = |value: &f64| {
        let better = values.iter().filter(|v| if higher { *v > value } else { *v < value }).count() as f64;
        let equal = values.iter().filter(|v| *v == value).count() as f64;
        better + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: Option<f64>, replicates: Vec<Option<f64>>) -> Estimate {
        Estimate { value, replicates, reason: None, windows: 1 }
    }

    #[test]
    fn ranks_by_hand() {
        assert_eq!(ranks(&[0.5, 0.9, 0.5, 0.1], true), [2.5, 1.0, 2.5, 4.0]);
        assert_eq!(ranks(&[0.5, 0.9, 0.5, 0.1], false), [2.5, 4.0, 2.5, 1.0]);
        assert_eq!(ranks(&[3.0; 3], true), [2.0; 3]);
    }

    #[test]
    fn shares_and_quantiles_over_replicates() {
        // a wins 30 of 40 replicates, b 10; c is as good as a in all of them.
        let a: Vec<Option<f64>> = (0..40).map(|i| Some(if i < 30 { 2.0 } else { 0.0 })).collect();
        let b = vec![Some(1.0); 40];
        let found = standings(&[estimate(Some(1.5), a.clone()), estimate(Some(1.0), b), estimate(Some(1.5), a)], true);
        // a and c: rank 1.5 in 30 replicates, 2.5 in 10; b: 3 and 1.
        let tied = Standing { mean: 1.75, low: 1.5, high: 2.5, share_first: 0.375 };
        assert_eq!(found[0], Some(tied.clone()));
        assert_eq!(found[1], Some(Standing { mean: 2.5, low: 1.0, high: 3.0, share_first: 0.25 }));
        assert_eq!(found[2], Some(tied));
    }

    #[test]
    fn undefined_models_have_no_rank_and_do_not_spoil_the_others() {
        let good = || vec![Some(1.0); 25];
        let found = standings(&[estimate(None, Vec::new()), estimate(Some(1.0), good())], true);
        assert_eq!(found[0], None);
        assert_eq!(found[1].as_ref().map(|s| s.mean), Some(1.0));
        let half: Vec<Option<f64>> = (0..25).map(|i| (i % 2 == 0).then_some(1.0)).collect();
        assert_eq!(standings(&[estimate(Some(1.0), half), estimate(Some(1.0), good())], true), [None, None]);
    }
}
