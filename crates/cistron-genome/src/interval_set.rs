use std::collections::BTreeMap;

use cistron_core::Interval;

/// A set of bases as merged, sorted, disjoint intervals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntervalSet {
    contigs: BTreeMap<String, Vec<(u64, u64)>>,
}

impl IntervalSet {
    /// The union of intervals; touching ones are merged, empty ones dropped.
    pub fn from_intervals(intervals: impl IntoIterator<Item = Interval>) -> Self {
        let mut contigs: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        for interval in intervals.into_iter().filter(|i| i.length_bp() > 0) {
            contigs.entry(interval.contig).or_default().push((interval.start_0, interval.end_0));
        }
        for spans in contigs.values_mut() {
            spans.sort_unstable();
            let mut merged: Vec<(u64, u64)> = Vec::with_capacity(spans.len());
            for &(start, end) in spans.iter() {
                match merged.last_mut() {
                    Some(last) if start <= last.1 => last.1 = last.1.max(end),
                    _ => merged.push((start, end)),
                }
            }
            *spans = merged;
        }
        Self { contigs }
    }

    /// Number of bases of `interval` that the set covers.
    pub fn covered_bp(&self, interval: &Interval) -> u64 {
        let Some(spans) = self.contigs.get(&interval.contig) else { return 0 };
        let first = spans.partition_point(|&(_, end)| end <= interval.start_0);
        spans[first..]
            .iter()
            .take_while(|&&(start, _)| start < interval.end_0)
            .map(|&(start, end)| end.min(interval.end_0) - start.max(interval.start_0))
            .sum()
    }

    /// Whether the set covers at least one base of `interval`.
    pub fn overlaps(&self, interval: &Interval) -> bool {
        self.covered_bp(interval) > 0
    }

    /// The merged intervals, by contig name and position.
    pub fn iter(&self) -> impl Iterator<Item = Interval> + '_ {
        self.contigs.iter().flat_map(|(contig, spans)| spans.iter().map(|&(s, e)| Interval::new(contig.as_str(), s, e)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_and_counts_bases() {
        let at = |s, e| Interval::new("a", s, e);
        let set = IntervalSet::from_intervals([at(10, 20), at(15, 30), at(30, 31), at(50, 60), at(5, 5)]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [at(10, 31), at(50, 60)]);
        assert_eq!(set.covered_bp(&at(0, 100)), 31);
        assert_eq!(set.covered_bp(&at(25, 55)), 11);
        assert!(!set.overlaps(&at(31, 50)));
        assert!(!set.overlaps(&Interval::new("b", 10, 20)));
    }
}
