use std::fmt;
use std::str::FromStr;

/// The part of a sweep that one process runs: trials whose number leaves `index - 1` when divided by `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Whether a trial belongs to it.
    pub fn holds(&self, trial: usize) -> bool {
        trial % self.count == self.index - 1
    }

    /// Whether it is the whole sweep.
    pub fn is_whole(&self) -> bool {
        self.count == 1
    }

    /// The 1-based number of the shard that runs a trial, of `count`.
    pub fn of_trial(trial: usize, count: usize) -> usize {
        trial % count.max(1) + 1
    }

    /// The file that says it is done.
    pub(super) fn file_name(&self) -> String {
        Self::done_pattern(&self.index.to_string(), self.count)
    }

    /// The same with anything in the place of the number.
    pub(super) fn done_pattern(index: &str, count: usize) -> String {
        format!("{index}-of-{count}.done")
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("write i/N, e.g. 2/4 for the second of four".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trial_is_in_one_shard() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].map(|s| s.parse().unwrap()).to_vec();
        for trial in 0..10 {
            let holding: Vec<usize> = (0..3).filter(|i| shards[*i].holds(trial)).collect();
            assert_eq!(holding, [Shard::of_trial(trial, 3) - 1]);
            assert!(Shard::WHOLE.holds(trial));
        }
        assert!(["0/2", "3/2", "1", "a/b", "1/0"].iter().all(|s| s.parse::<Shard>().is_err()));
    }
}
