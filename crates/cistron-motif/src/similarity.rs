//! Comparison of motifs as Tomtom does it (Gupta et al. 2007), with complete scores (Tanaka et al. 2011): every offset and strand
//! of a target, the score's distribution from the database's own columns by dynamic programming.

mod columns;
mod median;
mod null;

use rayon::prelude::*;

pub use columns::ColumnScore;
use columns::{QueryColumns, TargetColumns};
use null::MaxDistributions;

use crate::Motif;
use cistron_stats::q_values;

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimilarityOptions {
    /// How two columns are compared.
    pub column_score: ColumnScore,
    /// Steps in which a column's scores are counted, at most 1,000.
    pub bins: usize,
    /// Whether targets are tried on both strands.
    pub both_strands: bool,
}

impl Default for SimilarityOptions {
    fn default() -> Self {
        Self { column_score: ColumnScore::Euclidean, bins: 100, both_strands: true }
    }
}

/// The best alignment of a query with one target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotifMatch {
    /// Index of the target.
    pub target: usize,
    /// Probability of such a score, or a better one, at the best offset and strand of a random target of that length.
    pub p_value: f64,
    /// p-value times the number of targets.
    pub e_value: f64,
    /// Benjamini–Hochberg q-value among the targets.
    pub q_value: f64,
    /// Score in bins; positions of the query beyond the target count as the median column.
    pub score: i32,
    /// Where the query begins in the target (read on the other strand where `reverse`); negative when it begins before.
    pub offset: i32,
    /// Positions that are aligned.
    pub overlap: usize,
    /// Whether the target is read on its other strand.
    pub reverse: bool,
}

impl MotifMatch {
    /// The one with the smallest p-value, the first of equals.
    pub fn best(matches: &[Self]) -> Option<Self> {
        matches.iter().min_by(|a, b| a.p_value.total_cmp(&b.p_value)).copied()
    }
}

/// Targets made ready for comparison.
#[derive(Debug, Clone)]
pub struct MotifDatabase {
    columns: TargetColumns,
    options: SimilarityOptions,
}

/// What a comparison works with, used again by the next.
type Memory = (QueryColumns, MaxDistributions);

impl MotifDatabase {
    /// Prepares the frequencies of targets. The columns of all targets are the null's columns, so with fewer than about 50 targets
    /// p-values depend on which they are.
    ///
    /// # Panics
    /// If there are no bins, or more than 1,000.
    pub fn new(targets: &[Motif], options: SimilarityOptions) -> Self {
        assert!((1..=1000).contains(&options.bins), "scores are counted in 1 to 1,000 bins");
        Self { columns: TargetColumns::new(targets, options.both_strands), options }
    }

    /// Number of targets.
    pub fn len(&self) -> usize {
        self.columns.targets()
    }

    /// Whether there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A query with every target, in the order of the targets.
    pub fn compare(&self, query: &Motif) -> Vec<MotifMatch> {
        self.compare_in(query, &mut self.memory(query.len()))
    }

    /// Memory for queries of up to so many columns.
    fn memory(&self, longest: usize) -> Memory {
        (QueryColumns::with_room(longest, &self.columns), MaxDistributions::default())
    }

    fn compare_in(&self, query: &Motif, (columns, null): &mut Memory) -> Vec<MotifMatch> {
        if self.is_empty() {
            return Vec::new();
        }
        columns.set(query, &self.columns, self.options.column_score, self.options.bins);
        null.set(columns, self.columns.lengths());
        let (columns, null) = (&*columns, &*null);
        let targets = self.columns.targets();
        let mut matches: Vec<MotifMatch> = Vec::with_capacity(targets);
        let mut sums = Vec::new();
        for target in 0..targets {
            let forward = self.columns.align(target, columns, &mut sums);
            let mut best = forward;
            let mut p_value = null.p_value(self.columns.length(target), forward.score);
            let mut reverse = false;
            if self.options.both_strands {
                let backward = self.columns.align(targets + target, columns, &mut sums);
                let other = null.p_value(self.columns.length(target), backward.score);
                p_value = p_value.min(other);
                // 1 − (1 − p)²
                p_value *= 2.0 - p_value;
                reverse = backward.score > forward.score;
                if reverse {
                    best = backward;
                }
            }
            matches.push(MotifMatch {
                target,
                p_value,
                e_value: p_value * targets as f64,
                q_value: 1.0,
                score: best.score,
                offset: best.offset,
                overlap: best.overlap,
                reverse,
            });
        }
        let q = q_values(&matches.iter().map(|m| m.p_value).collect::<Vec<_>>(), targets as u64);
        matches.iter_mut().zip(q).for_each(|(m, q)| m.q_value = q);
        matches
    }

    /// Of every query the targets at or below a q-value, and its best whatever that one's is, by p-value; on all cores.
    pub fn matches(&self, queries: &[Motif], q_value: f64) -> Vec<Vec<MotifMatch>> {
        let of = |memory: &mut Memory, query: &Motif| {
            let all = self.compare_in(query, memory);
            let best = MotifMatch::best(&all).map(|m| m.target);
            let mut kept: Vec<MotifMatch> =
                all.into_iter().filter(|m| m.q_value <= q_value || best == Some(m.target)).collect();
            kept.sort_by(|a, b| a.p_value.total_cmp(&b.p_value).then(a.target.cmp(&b.target)));
            kept.shrink_to_fit();
            kept
        };
        let longest = queries.iter().map(Motif::len).max().unwrap_or(0);
        queries.par_iter().map_init(|| self.memory(longest), of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::parse_jaspar;

    fn dozen() -> Vec<Motif> {
        parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap()
    }

    #[test]
    fn a_motif_is_most_like_itself_on_either_strand() {
        let motifs = dozen();
        for column_score in ColumnScore::ALL {
            let database = MotifDatabase::new(&motifs, SimilarityOptions { column_score, ..Default::default() });
            let turned: Vec<Motif> = motifs.iter().map(Motif::reverse_complement).collect();
            for (i, query) in turned.iter().enumerate() {
                let matches = database.compare(query);
                let best = MotifMatch::best(&matches).unwrap();
                assert_eq!(best.target, i, "{column_score:?} {}", motifs[i].name);
                assert_eq!((best.overlap, best.offset), (motifs[i].len(), 0), "{column_score:?}");
                assert!(best.p_value < 1e-3 && best.e_value < 0.01 && best.q_value <= best.e_value * 1.0001);
                assert!(matches.iter().all(|m| (0.0..=1.0).contains(&m.p_value)));
            }
            let same = database.compare(&motifs[3]);
            assert!(!same[3].reverse && same[3].offset == 0);
            // Selected: the best alone, and all in their order.
            for (q_value, count) in [(0.0, 1), (1.0, motifs.len())] {
                for (i, matches) in database.matches(&turned, q_value).iter().enumerate() {
                    assert_eq!((matches.len(), matches[0].target), (count, i), "{column_score:?}");
                    assert!(matches.is_sorted_by(|a, b| a.p_value <= b.p_value));
                }
            }
        }
    }

    #[test]
    fn a_part_is_found_where_it_lies() {
        let motifs = dozen();
        let long = (0..motifs.len()).max_by_key(|i| motifs[*i].len()).unwrap();
        let database = MotifDatabase::new(&motifs, SimilarityOptions::default());
        let part = Motif::from_counts("part", "", motifs[long].counts()[4..12].to_vec()).unwrap();
        let found = database.compare(&part);
        assert_eq!((found[long].offset, found[long].overlap, found[long].reverse), (4, 8, false));
        // The longer motif begins four positions before the part.
        let parts = MotifDatabase::new(&[vec![part], motifs.clone()].concat(), SimilarityOptions::default());
        let whole = parts.compare(&motifs[long]);
        assert_eq!((whole[0].offset, whole[0].overlap), (-4, 8));
    }
}
