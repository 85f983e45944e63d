//! Seqlets: stretches of sequence that contribute more than the maps' background would.

mod fixed;
mod recursive;

pub use fixed::{FixedSeqletOptions, FixedSeqlets, fixed_seqlets};
pub use recursive::{RecursiveSeqletOptions, recursive_seqlets};

/// A stretch of one sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seqlet {
    /// Index of its sequence.
    pub example: usize,
    /// First base, 0-based.
    pub start_0: usize,
    /// One past the last base.
    pub end_0: usize,
    /// Sum of the contributions (of the core, where there are flanks).
    pub attribution: f64,
    /// p-value, where the method gives one.
    pub p_value: Option<f64>,
}
