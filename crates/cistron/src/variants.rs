//! Effects of sequence variants predicted by trained networks: scoring of any file of variants, and the benchmarks on saturation
//! mutagenesis and on linked variants.

mod benchmark;
mod effects_table;
mod locate;
mod measured;
mod models;
mod qtl;
mod qtl_page;
mod saturation_page;
mod score;

pub use benchmark::{BenchmarkJob, BenchmarkSummary, benchmark};
pub use cistron_eval::variants::{EffectKind, NullKind, QtlReport, SaturationReport};
pub use cistron_genome::variant::Padding;
pub use effects_table::ScoredVariants;
pub use locate::OnMismatch;
pub use measured::{ExternalScores, MeasuredJob};
pub use models::ModelPath;
pub use qtl::{QtlJob, QtlSummary, qtl};
pub use score::{ScoreJob, ScoreSummary, score};

use std::path::{Path, PathBuf};

use cistron_genome::Genome;
use cistron_genome::variant::Reference;

use crate::CistronError;

/// The sequence that variants change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferencePath {
    /// FASTA of a whole genome.
    Genome(PathBuf),
    /// FASTA of pieces whose headers name their places: `>NAME contig:start-end`, 1-based.
    Pieces(PathBuf),
}

impl ReferencePath {
    fn open(&self, cache: &Path) -> Result<Reference, CistronError> {
        Ok(match self {
            Self::Genome(fasta) => Reference::Genome(Genome::open(fasta, cache)?),
            Self::Pieces(fasta) => Reference::pieces(fasta)?,
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Genome(path) | Self::Pieces(path) => path,
        }
    }
}
