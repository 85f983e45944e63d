//! Called instances against given ones.

use std::collections::HashMap;

use cistron_core::Interval;

/// A named place.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Where it lies.
    pub interval: Interval,
    /// What it is.
    pub name: String,
}

/// When an instance counts as found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverlapOptions {
    /// Share of the shorter of the two that both have.
    pub min_share: f64,
    /// Whether the names must be equal.
    pub match_names: bool,
}

impl Default for OverlapOptions {
    fn default() -> Self {
        Self { min_share: 0.5, match_names: false }
    }
}

/// How called instances agree with given ones.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlapReport {
    /// Called instances.
    pub called: u64,
    /// Given instances.
    pub given: u64,
    /// Called instances that overlap a given one.
    pub called_right: u64,
    /// Given instances that a called one overlaps.
    pub given_found: u64,
    /// Bases under called instances, under given ones, and under both.
    pub bases: [u64; 3],
}

impl OverlapReport {
    /// Share of the called instances that are right.
    pub fn precision(&self) -> Option<f64> {
        share(self.called_right, self.called)
    }

    /// Share of the given instances that are found.
    pub fn recall(&self) -> Option<f64> {
        share(self.given_found, self.given)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        let (p, r) = (self.precision()?, self.recall()?);
        (p + r > 0.0).then(|| 2.0 * p * r / (p + r))
    }

    /// Share of the bases under called instances that are under given ones.
    pub fn base_precision(&self) -> Option<f64> {
        share(self.bases[2], self.bases[0])
    }

    /// Share of the bases under given instances that are under called ones.
    pub fn base_recall(&self) -> Option<f64> {
        share(self.bases[2], self.bases[1])
    }

    /// Bases under both over bases under either.
    pub fn base_jaccard(&self) -> Option<f64> {
        share(self.bases[2], self.bases[0] + self.bases[1] - self.bases[2])
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Compares called instances with given ones. Strands do not count; with `match_names` the bases are counted per name too.
pub fn compare_instances(called: &[Instance], given: &[Instance], options: &OverlapOptions) -> OverlapReport {
    let key =
        |i: &Instance| (i.interval.contig.clone(), if options.match_names { i.name.clone() } else { String::new() });
    // Called and given places by contig and name.
    type Places = HashMap<(String, String), [Vec<(u64, u64)>; 2]>;
    let mut places = Places::new();
    for (side, set) in [called, given].into_iter().enumerate() {
        for instance in set {
            let place = (instance.interval.start_0, instance.interval.end_0);
            places.entry(key(instance)).or_default()[side].push(place);
        }
    }
    let mut report = OverlapReport {
        called: called.len() as u64,
        given: given.len() as u64,
        called_right: 0,
        given_found: 0,
        bases: [0; 3],
    };
    for [mut called, mut given] in places.into_values() {
        called.sort_unstable();
        given.sort_unstable();
        report.called_right += overlapping(&called, &given, options.min_share);
        report.given_found += overlapping(&given, &called, options.min_share);
        let (called, given) = (joined(&called), joined(&given));
        let total = |set: &[(u64, u64)]| set.iter().map(|(s, e)| e - s).sum::<u64>();
        let (a, b) = (total(&called), total(&given));
        let either = total(&joined(&{
            let mut all = [called, given].concat();
            all.sort_unstable();
            all
        }));
        report.bases = [report.bases[0] + a, report.bases[1] + b, report.bases[2] + a + b - either];
    }
    report
}

/// How many of `these` share enough with one of the `others`; both are sorted.
fn overlapping(these: &[(u64, u64)], others: &[(u64, u64)], min_share: f64) -> u64 {
    let longest = others.iter().map(|(s, e)| e - s).max().unwrap_or(0);
    let enough = |a: &(u64, u64), b: &(u64, u64)| {
        let shared = a.1.min(b.1).saturating_sub(a.0.max(b.0));
        shared > 0 && shared as f64 >= min_share * (a.1 - a.0).min(b.1 - b.0) as f64
    };
    let one = |a: &&(u64, u64)| {
        let first = others.partition_point(|o| o.0 + longest <= a.0);
        others[first..].iter().take_while(|o| o.0 < a.1).any(|o| enough(a, o))
    };
    these.iter().filter(one).count() as u64
}

/// Sorted intervals with those that touch made one.
fn joined(sorted: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut out: Vec<(u64, u64)> = Vec::new();
    for &(start, end) in sorted {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(contig: &str, start: u64, end: u64, name: &str) -> Instance {
        Instance { interval: Interval::new(contig, start, end), name: name.into() }
    }

    #[test]
    fn by_hand() {
        let given = [at("a", 10, 20, "x"), at("a", 50, 60, "y"), at("b", 0, 10, "x")];
        let called = [at("a", 12, 22, "x"), at("a", 18, 30, "x"), at("a", 50, 60, "x"), at("c", 0, 5, "x")];
        let report = compare_instances(&called, &given, &OverlapOptions::default());
        // 12–22 shares 8 of 10 with 10–20, 18–30 only 2, 50–60 all.
        assert_eq!((report.called_right, report.given_found), (2, 2));
        assert_eq!((report.precision(), report.recall()), (Some(0.5), Some(2.0 / 3.0)));
        // Called: 12–30, 50–60, 5 of c. Given: 30 bases. Both: 8 + 10.
        assert_eq!(report.bases, [33, 30, 18]);
        assert_eq!(report.base_jaccard(), Some(18.0 / 45.0));
        let named = compare_instances(&called, &given, &OverlapOptions { match_names: true, ..Default::default() });
        assert_eq!((named.called_right, named.given_found, named.bases[2]), (1, 1, 8));
        let none = compare_instances(&[], &given, &OverlapOptions::default());
        assert_eq!((none.precision(), none.recall(), none.f1()), (None, Some(0.0), None));
    }
}
