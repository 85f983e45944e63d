//! Putting windows on sides: duplicates first, then the windows that chance decides.
//!
//! A sequence and its reverse complement (equal [`CanonicalHash`]) never end on two sides. Windows that overlap on the
//! genome never do either where chance decides; across contigs they cannot overlap.

use std::collections::HashMap;

use cistron_core::{Stream, keyed_rng};
use rand::RngExt;

use super::Split;
use crate::config::{SplitBy, SplitConfig, SplitValue};
use crate::{CanonicalHash, DataError, DuplicatePolicy};

/// What is known of the windows, in their order.
pub(crate) struct SplitInput<'a> {
    /// Identity of each window's sequence.
    pub hashes: &'a [CanonicalHash],
    /// The side by contig, column or file; `Train` for all with fraction and k-fold.
    pub fixed: &'a [Split],
    /// `(contig, start, end)` of each window, sorted, for windows on a genome.
    pub places: Option<&'a [(u32, u64, u64)]>,
    /// Windows of one group stay on one side where chance decides.
    pub groups: Option<&'a [u64]>,
    /// Resolved split configuration.
    pub config: &'a SplitConfig,
    pub duplicates: DuplicatePolicy,
    pub seed: u64,
}

/// Where each window goes.
pub(crate) struct Assignment {
    /// `None` = dropped as a duplicate.
    pub splits: Vec<Option<Split>>,
    /// Windows that repeat another.
    pub duplicates: u64,
    pub warnings: Vec<String>,
}

pub(crate) fn assign(input: &SplitInput<'_>, describe: &dyn Fn(usize) -> String) -> Result<Assignment, DataError> {
    let mut out = resolve_duplicates(input, describe)?;
    let chance = match input.config.by {
        Some(SplitBy::KFold) => true,
        Some(SplitBy::Fraction) => true,
        _ => share(&input.config.valid).is_some() || share(&input.config.test).is_some(),
    };
    if chance {
        let pool: Vec<usize> = (0..out.splits.len()).filter(|&i| out.splits[i] == Some(Split::Train)).collect();
        for (members, split) in draw(input, &pool) {
            for i in members {
                out.splits[i] = Some(split);
            }
        }
    }
    for split in Split::ALL {
        if !out.splits.contains(&Some(split)) {
            return Err(DataError::EmptySplit { split, message: what_to_change(input, &out, split) });
        }
    }
    Ok(out)
}

fn share(value: &Option<SplitValue>) -> Option<f64> {
    value.as_ref().and_then(SplitValue::share)
}

/// Of two sides that hold one sequence, the one that keeps it: test, then validation, then training.
fn rank(split: Split) -> u8 {
    2 - split.code()
}

fn resolve_duplicates(input: &SplitInput<'_>, describe: &dyn Fn(usize) -> String) -> Result<Assignment, DataError> {
    let n = input.hashes.len();
    let mut splits: Vec<Option<Split>> = input.fixed.iter().copied().map(Some).collect();
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.sort_unstable_by_key(|&i| (input.hashes[i as usize], rank(input.fixed[i as usize]), i));
    let mut across: HashMap<(Split, Split), u64> = HashMap::new();
    let mut within = 0;
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for group in order.chunk_by(|&a, &b| input.hashes[a as usize] == input.hashes[b as usize]) {
        let kept = input.fixed[group[0] as usize];
        for &i in &group[1..] {
            pairs.push((i, group[0]));
            let side = input.fixed[i as usize];
            if side == kept {
                within += 1;
                if input.duplicates == DuplicatePolicy::Keep {
                    continue;
                }
            } else {
                *across.entry((side, kept)).or_default() += 1;
            }
            splits[i as usize] = None;
        }
    }
    pairs.sort_unstable();
    if input.duplicates == DuplicatePolicy::Error && !pairs.is_empty() {
        let examples: Vec<String> = pairs
            .iter()
            .take(3)
            .map(|&(i, first)| format!("{} = {}", describe(i as usize), describe(first as usize)))
            .collect();
        return Err(DataError::Duplicates { count: pairs.len() as u64, examples: examples.join(", ") });
    }
    let mut warnings = Vec::new();
    let example = |side: Split, kept: Split| {
        pairs
            .iter()
            .find(|(i, first)| input.fixed[*i as usize] == side && input.fixed[*first as usize] == kept)
            .map(|&(i, first)| format!(" (e.g. {} = {})", describe(i as usize), describe(first as usize)))
            .unwrap_or_default()
    };
    for side in Split::ALL {
        for kept in Split::ALL {
            if let Some(count) = across.get(&(side, kept)) {
                let total = input.fixed.iter().filter(|s| **s == side).count();
                warnings.push(format!(
                    "{count} of {total} {side} windows repeat a {kept} window's sequence or its reverse complement and were \
                     dropped from {side}{}",
                    example(side, kept)
                ));
            }
        }
    }
    if within > 0 {
        let what = if input.duplicates == DuplicatePolicy::Keep { "they were kept" } else { "the first of each stays" };
        warnings.push(format!(
            "{within} of {n} windows repeat a sequence (or its reverse complement) of their own split; {what}"
        ));
    }
    Ok(Assignment { splits, duplicates: pairs.len() as u64, warnings })
}

/// Groups of the pool that must stay together, in the order of a keyed draw, each with its side.
fn draw(input: &SplitInput<'_>, pool: &[usize]) -> Vec<(Vec<usize>, Split)> {
    let mut groups = groups_of(input, pool);
    let key = |hash: CanonicalHash| -> u64 {
        keyed_rng(input.seed, Stream::Split, hash as u64, (hash >> 64) as u64).random()
    };
    let mut keyed: Vec<(u64, usize)> = groups
        .iter()
        .enumerate()
        .map(|(g, members)| (members.iter().map(|&i| key(input.hashes[i])).min().unwrap_or(0), g))
        .collect();
    keyed.sort_unstable();
    let total = pool.len();
    let mut out = Vec::new();
    let (mut tested, mut validated, mut seen) = (0, 0, 0);
    let wanted = |value: &Option<SplitValue>| (share(value).unwrap_or(0.0) * total as f64).round() as usize;
    let (test, valid) = (wanted(&input.config.test), wanted(&input.config.valid));
    let folds = input.config.folds.unwrap_or(3).max(1) as usize;
    let fold = input.config.fold.unwrap_or(0) as usize;
    for (_, g) in keyed {
        let members = std::mem::take(&mut groups[g]);
        let size = members.len();
        let split = if input.config.by == Some(SplitBy::KFold) {
            let mine = seen * folds / total;
            if mine == fold {
                Split::Test
            } else if mine == (fold + 1) % folds {
                Split::Valid
            } else {
                Split::Train
            }
        } else if tested < test {
            tested += size;
            Split::Test
        } else if validated < valid {
            validated += size;
            Split::Valid
        } else {
            Split::Train
        };
        seen += size;
        out.push((members, split));
    }
    out
}

fn groups_of(input: &SplitInput<'_>, pool: &[usize]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..pool.len()).collect();
    fn root(parent: &mut [usize], mut i: usize) -> usize {
        while parent[i] != i {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        i
    }
    let mut join = |a: usize, b: usize| {
        let (a, b) = (root(&mut parent, a), root(&mut parent, b));
        parent[a.max(b)] = a.min(b);
    };
    let mut first_of: HashMap<CanonicalHash, usize> = HashMap::new();
    let mut first_of_group: HashMap<u64, usize> = HashMap::new();
    let mut furthest: Option<(u32, u64, usize)> = None;
    for (p, &i) in pool.iter().enumerate() {
        join(*first_of.entry(input.hashes[i]).or_insert(p), p);
        if let Some(groups) = input.groups {
            join(*first_of_group.entry(groups[i]).or_insert(p), p);
        }
        if let Some(places) = input.places {
            let (contig, start, end) = places[i];
            match furthest {
                Some((c, e, q)) if c == contig && start < e => {
                    join(q, p);
                    furthest = Some((c, e.max(end), p));
                }
                _ => furthest = Some((contig, end, p)),
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); pool.len()];
    for (p, &i) in pool.iter().enumerate() {
        let r = root(&mut parent, p);
        groups[r].push(i);
    }
    groups.retain(|g| !g.is_empty());
    groups
}

fn what_to_change(input: &SplitInput<'_>, out: &Assignment, split: Split) -> String {
    let left = out.splits.iter().flatten().count();
    let lost = input.fixed.iter().filter(|s| **s == split).count();
    let value = match split {
        Split::Train => &input.config.train,
        Split::Valid => &input.config.valid,
        Split::Test => &input.config.test,
    };
    if lost > 0 && input.fixed.contains(&Split::Test) {
        return format!(
            "all its {lost} windows repeat windows of another split and were dropped; give other data for dataset.split.{split}"
        );
    }
    match (input.config.by, value) {
        (_, Some(SplitValue::Share(share))) => {
            format!("{share} of {left} windows is none; raise dataset.split.{split} or add data")
        }
        (Some(SplitBy::Contig), Some(SplitValue::Names(names))) => format!(
            "no window on {} passed the selection; list other contigs in dataset.split.{split} or lower dataset.select.coverage_above",
            names.join(", ")
        ),
        (Some(SplitBy::Contig), None) => {
            "every contig with windows is listed for validation or test; leave some for training".into()
        }
        (Some(SplitBy::Column), Some(SplitValue::Names(names))) => format!(
            "no row has {} in column {:?}; list other values in dataset.split.{split}",
            names.join(" or "),
            input.config.column.as_deref().unwrap_or("?")
        ),
        (Some(SplitBy::File), _) => format!(
            "no file has split = \"{split}\"; add one, or set dataset.split.{split} = 0.1 to take that share of the training rows"
        ),
        (Some(SplitBy::KFold), _) => format!("{left} windows are too few for the folds; use fewer folds or add data"),
        _ => format!("change dataset.split.{split}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction(valid: f64, test: f64) -> SplitConfig {
        SplitConfig {
            by: Some(SplitBy::Fraction),
            valid: Some(SplitValue::Share(valid)),
            test: Some(SplitValue::Share(test)),
            ..SplitConfig::default()
        }
    }

    fn run(
        hashes: &[u128],
        fixed: &[Split],
        config: &SplitConfig,
        duplicates: DuplicatePolicy,
        seed: u64,
    ) -> Result<Assignment, DataError> {
        let input = SplitInput { hashes, fixed, places: None, groups: None, config, duplicates, seed };
        assign(&input, &|i| format!("w{i}"))
    }

    fn count(out: &Assignment, split: Split) -> usize {
        out.splits.iter().filter(|s| **s == Some(split)).count()
    }

    #[test]
    fn fractions_are_exact_and_keyed() {
        let hashes: Vec<u128> = (0..100).map(|i| i * 0x9E37_79B9_7F4A_7C15).collect();
        let fixed = [Split::Train; 100];
        let out = run(&hashes, &fixed, &fraction(0.1, 0.25), DuplicatePolicy::Drop, 7).unwrap();
        assert_eq!(Split::ALL.map(|s| count(&out, s)), [65, 10, 25]);
        let again = run(&hashes, &fixed, &fraction(0.1, 0.25), DuplicatePolicy::Drop, 7).unwrap();
        assert_eq!(out.splits, again.splits);
        let other = run(&hashes, &fixed, &fraction(0.1, 0.25), DuplicatePolicy::Drop, 8).unwrap();
        assert_ne!(out.splits, other.splits);
    }

    #[test]
    fn folds_partition_the_windows() {
        let hashes: Vec<u128> = (0..53).collect();
        let mut tested = vec![0; 53];
        for fold in 0..5 {
            let config =
                SplitConfig { by: Some(SplitBy::KFold), folds: Some(5), fold: Some(fold), ..SplitConfig::default() };
            let out = run(&hashes, &[Split::Train; 53], &config, DuplicatePolicy::Drop, 1).unwrap();
            assert!((10..=11).contains(&count(&out, Split::Test)) && (10..=11).contains(&count(&out, Split::Valid)));
            for (t, s) in tested.iter_mut().zip(&out.splits) {
                *t += i32::from(*s == Some(Split::Test));
            }
        }
        assert!(tested.iter().all(|&t| t == 1));
    }

    #[test]
    fn duplicates_leave_training_first_and_are_counted() {
        use Split::{Test, Train, Valid};
        let config = SplitConfig { by: Some(SplitBy::File), ..SplitConfig::default() };
        let hashes = [1, 2, 3, 1, 2, 4, 1, 9, 9];
        let fixed = [Train, Train, Train, Valid, Valid, Valid, Test, Test, Test];
        let out = run(&hashes, &fixed, &config, DuplicatePolicy::Drop, 0).unwrap();
        let expected = [None, None, Some(Train), None, Some(Valid), Some(Valid), Some(Test), Some(Test), None];
        assert_eq!(out.splits, expected);
        assert_eq!(out.duplicates, 4);
        assert!(out.warnings[0].starts_with("1 of 3 train windows repeat a valid window"), "{:?}", out.warnings);
        assert!(out.warnings[1].starts_with("1 of 3 train windows repeat a test window"), "{:?}", out.warnings);
        assert!(out.warnings[3].starts_with("1 of 9 windows repeat a sequence"), "{:?}", out.warnings);
        let kept = run(&hashes, &fixed, &config, DuplicatePolicy::Keep, 0).unwrap();
        assert_eq!(kept.splits[8], Some(Test));
        assert_eq!(kept.splits[0], None);
        let error = run(&hashes, &fixed, &config, DuplicatePolicy::Error, 0).err().unwrap().to_string();
        assert!(error.starts_with("4 window(s) repeat") && error.contains("w0 = w6"), "{error}");
    }

    #[test]
    fn empty_splits_say_what_to_change() {
        use Split::{Test, Train, Valid};
        let config = SplitConfig { by: Some(SplitBy::File), ..SplitConfig::default() };
        let error = run(&[1, 2], &[Train, Test], &config, DuplicatePolicy::Drop, 0).err().unwrap().to_string();
        assert!(error.contains("the valid split is empty") && error.contains("dataset.split.valid = 0.1"), "{error}");
        let error = run(&[1, 2, 1], &[Train, Valid, Test], &config, DuplicatePolicy::Drop, 0).err().unwrap();
        assert!(error.to_string().contains("repeat windows of another split"), "{error}");
        let error = run(&[1, 2, 3], &[Train; 3], &fraction(0.1, 0.4), DuplicatePolicy::Drop, 0).err().unwrap();
        assert!(error.to_string().contains("0.1 of 3 windows is none"), "{error}");
    }

    #[test]
    fn overlapping_windows_stay_together() {
        let places: Vec<(u32, u64, u64)> =
            (0..60).map(|i| (0, i * 50 + (i / 3) * 100, i * 50 + (i / 3) * 100 + 60)).collect();
        let hashes: Vec<u128> = (0..60).collect();
        let config = fraction(0.2, 0.2);
        let input = SplitInput {
            hashes: &hashes,
            fixed: &[Split::Train; 60],
            places: Some(&places),
            groups: None,
            config: &config,
            duplicates: DuplicatePolicy::Drop,
            seed: 3,
        };
        let out = assign(&input, &|i| i.to_string()).unwrap();
        for three in out.splits.chunks(3) {
            assert!(three.iter().all(|s| s == &three[0]));
        }
        assert_eq!(count(&out, Split::Test), 12);
    }

    #[test]
    fn a_group_stays_together() {
        let hashes: Vec<u128> = (0..80).map(|i| i * 0x9E37_79B9_7F4A_7C15).collect();
        // Members of a group are not neighbours.
        let groups: Vec<u64> = (0..80).map(|i| i % 20).collect();
        let config = fraction(0.2, 0.2);
        let input = SplitInput {
            hashes: &hashes,
            fixed: &[Split::Train; 80],
            places: None,
            groups: Some(&groups),
            config: &config,
            duplicates: DuplicatePolicy::Drop,
            seed: 3,
        };
        let out = assign(&input, &|i| i.to_string()).unwrap();
        for i in 0..80 {
            assert_eq!(out.splits[i], out.splits[i % 20]);
        }
        assert_eq!((count(&out, Split::Valid), count(&out, Split::Test)), (16, 16));
    }

    proptest! {
        #[test]
        fn no_sequence_is_on_two_sides(
            hashes in proptest::collection::vec(0u128..40, 30..120),
            keep in any::<bool>(),
            seed in 0u64..5,
        ) {
            let fixed = vec![Split::Train; hashes.len()];
            let policy = if keep { DuplicatePolicy::Keep } else { DuplicatePolicy::Drop };
            let out = run(&hashes, &fixed, &fraction(0.2, 0.3), policy, seed).unwrap();
            let mut side = HashMap::new();
            for (hash, split) in hashes.iter().zip(&out.splits) {
                if let Some(split) = split {
                    prop_assert_eq!(*side.entry(*hash).or_insert(*split), *split);
                }
            }
        }
    }
}
