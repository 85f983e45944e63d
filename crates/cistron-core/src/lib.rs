//! The vocabulary that every other crate shares: intervals, the DNA alphabet, sequence batches,
//! predictions with a declared kind, the object-safe [`Predictor`] and [`BatchSource`] traits,
//! progress reporting, seeds, provenance and atomic output.
//!
//! Conventions, written once where each type is born:
//! - coordinates are 0-based half-open ([`Interval`]);
//! - dense one-hot sequence is `[batch, 4, length]`, channels in the order A, C, G, T ([`alphabet`]);
//! - profile-like values are `[batch, tasks, bins]` ([`Prediction`], [`TargetBatch`]);
//! - the scale of an output is a type ([`OutputKind`]).

pub mod alphabet;
mod atomic_output;
mod batch_source;
mod interval;
mod kmer_shuffle;
pub mod mapped;
pub mod npy;
mod one_hot;
mod output;
mod predictor;
mod provenance;
mod reporter;
mod result_kind;
mod result_row;
mod seed;
mod sequence_batch;
mod target;
mod wide;

pub use atomic_output::{AtomicFile, StagedDir, is_out_of_space};
pub use batch_source::{BatchSource, Pass, SourceError, TargetBatch};
pub use interval::{Interval, Strand};
pub use kmer_shuffle::kmer_shuffle;
pub use one_hot::{NEncoding, one_hot_f32, one_hot_u8};
pub use output::{HeadSpec, OutputKind, Prediction};
pub use predictor::{PredictError, Predictor, PredictorSpec};
pub use provenance::{HashingReader, hash_bytes, hash_file, peak_memory_bytes, resident_memory_bytes};
pub use reporter::{Reporter, SilentReporter, Task};
pub use result_kind::{CurveFamily, Outcome};
pub use result_row::{DifferenceRow, MetricRow, RankRow};
pub use seed::{Stream, keyed_rng};
pub use sequence_batch::{SequenceBatch, WindowId};
pub use target::{TargetKind, TargetSpec};
