//! Genomes and what is measured along them: FASTA, bigWig, BED / narrowPeak, chromosome sizes, interval sets, and the
//! checks that catch contig names and assemblies that do not match.
//!
//! Coordinates are 0-based half-open throughout.

mod bed;
mod bigwig;
mod bigwig_write;
mod chrom_sizes;
mod contig;
mod contig_map;
mod error;
mod fasta;
mod genome;
mod interval_set;
pub mod preflight;
mod text_file;
pub mod variant;

pub use bed::{Peak, read_peaks};
pub use bigwig::BigWig;
pub use bigwig_write::write_bigwig;
pub use chrom_sizes::read_chrom_sizes;
pub use contig::Contig;
pub use contig_map::ContigMap;
pub use error::GenomeError;
pub use fasta::{FastaRecord, FastaRecords, read_fasta};
pub use genome::Genome;
pub use interval_set::IntervalSet;
