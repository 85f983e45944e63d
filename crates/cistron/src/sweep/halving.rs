//! Successive halving (Jamieson and Talwalkar 2016), the synchronous form of ASHA.

use serde::{Deserialize, Serialize};

use super::Goal;
use crate::Problem;

/// `[asha]`: trials are trained to a first rung; the best go on to the next, until few reach the last.
///
/// All trials of a rung are finished before any is promoted, so the outcome does not depend on how fast they are. A shard halves among
/// its own trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halving {
    /// Epochs of the first rung.
    #[serde(default = "one")]
    pub min_epochs: u64,
    /// No rung has more epochs than this.
    pub max_epochs: u64,
    /// One of so many is promoted, and each rung has so many times the epochs of the one before.
    #[serde(default = "three")]
    pub reduction: u64,
}

fn one() -> u64 {
    1
}

fn three() -> u64 {
    3
}

impl Halving {
    /// Values that cannot work.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.min_epochs == 0 {
            problems.push(Problem::new("asha.min_epochs", "must be at least 1"));
        }
        if self.max_epochs < self.min_epochs {
            problems.push(Problem::new("asha.max_epochs", format!("must be at least min_epochs, {}", self.min_epochs)));
        }
        if self.reduction < 2 {
            problems.push(Problem::new("asha.reduction", "must be at least 2, e.g. 3"));
        }
        problems
    }

    /// Epochs of each rung: `min_epochs · reduction^k`, as far as `max_epochs` reaches.
    pub fn rungs(&self) -> Vec<u64> {
        let next = |epochs: &u64| epochs.checked_mul(self.reduction);
        std::iter::successors(Some(self.min_epochs), next).take_while(|epochs| *epochs <= self.max_epochs).collect()
    }

    /// The trials that go on, in the order of their numbers: of those with a score one in `reduction`, rounded down, at least one. Of equal
    /// scores the trial with the lower number is taken.
    pub fn promoted(&self, scores: &[(usize, f64)], goal: Goal) -> Vec<usize> {
        let count = (scores.len() as u64 / self.reduction).max(1) as usize;
        let mut ranked = scores.to_vec();
        ranked.sort_by(|a, b| goal.order(a.1, b.1).then(a.0.cmp(&b.0)));
        let mut promoted: Vec<usize> = ranked.into_iter().take(count).map(|(trial, _)| trial).collect();
        promoted.sort_unstable();
        promoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_grow_by_the_reduction() {
        let rungs = |min_epochs, max_epochs, reduction| Halving { min_epochs, max_epochs, reduction }.rungs();
        assert_eq!(rungs(1, 9, 3), [1, 3, 9]);
        assert_eq!(rungs(2, 31, 4), [2, 8]);
        assert_eq!(rungs(5, 5, 2), [5]);
        assert_eq!(rungs(1, u64::MAX, 1 << 40), [1, 1 << 40]);
    }

    #[test]
    fn the_best_third_goes_on() {
        let halving = Halving { min_epochs: 1, max_epochs: 9, reduction: 3 };
        let scores: Vec<(usize, f64)> = (0..9).map(|trial| (trial, ((trial as f64) - 5.2).abs())).collect();
        assert_eq!(halving.promoted(&scores, Goal::Minimise), [4, 5, 6]);
        assert_eq!(halving.promoted(&scores, Goal::Maximise), [0, 1, 2]);
        assert_eq!(halving.promoted(&[(3, 0.5), (1, 0.5)], Goal::Minimise), [1]);
        assert!(halving.promoted(&[], Goal::Minimise).is_empty());
    }
}
