use std::fmt;

use serde::{Deserialize, Serialize};

/// The strand of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strand {
    /// `+`
    Forward,
    /// `-`
    Reverse,
    /// `.`: not stranded or not known.
    #[default]
    Unstranded,
}

/// A stretch of a contig: 0-based, half-open, as in BED.
///
/// Displayed as `chrI:100-200` in the same 0-based half-open numbers (never converted to 1-based).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    /// Name of the contig (chromosome), as in the FASTA.
    pub contig: String,
    /// First position, 0-based.
    pub start_0: u64,
    /// One past the last position, 0-based.
    pub end_0: u64,
}

impl Interval {
    /// An interval; `end_0` may equal `start_0` (empty) but not be below it.
    ///
    /// # Panics
    /// If `end_0 < start_0`; parsers check that first and name the file and line.
    pub fn new(contig: impl Into<String>, start_0: u64, end_0: u64) -> Self {
        assert!(start_0 <= end_0, "interval start past its end");
        Self { contig: contig.into(), start_0, end_0 }
    }

    /// Number of bases.
    pub fn length_bp(&self) -> u64 {
        self.end_0 - self.start_0
    }

    /// Whether the two share at least one base.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contig == other.contig && self.start_0 < other.end_0 && other.start_0 < self.end_0
    }

    /// The centre, rounded down: the base at `start_0 + length / 2`.
    pub fn centre_0(&self) -> u64 {
        self.start_0 + self.length_bp() / 2
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}-{}", self.contig, self.start_0, self.end_0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_open_overlap_and_centre() {
        let a = Interval::new("chrI", 10, 20);
        assert!(a.overlaps(&Interval::new("chrI", 19, 30)));
        assert!(!a.overlaps(&Interval::new("chrI", 20, 30)));
        assert!(!a.overlaps(&Interval::new("chrII", 10, 20)));
        assert_eq!((a.length_bp(), a.centre_0(), a.to_string()), (10, 15, "chrI:10-20".into()));
    }
}
