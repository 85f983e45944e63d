//! Motifs without any model: matrices in the formats of their databases, position weight matrices, exact p-values of scores, scanning,
//! and a dozen JASPAR matrices for simulations.

mod background;
mod best_sites;
mod discover;
mod embedded;
mod enrich;
pub mod formats;
mod logo;
mod motif;
mod pwm;
mod scan;
mod score_distribution;
mod similarity;
mod wide;

pub use background::{Background, LARGEST_ORDER};
pub use best_sites::{BestSite, best_sites};
pub use discover::{DiscoverOptions, Discovery, FEWEST_SEQUENCES, TooFewSequences, discover};
pub use embedded::embedded_motifs;
pub use enrich::{EnrichOptions, Enrichment, enrich};
pub use logo::{Logo, aligned_logos_svg, logo_svg};
pub use motif::{Motif, MotifError};
pub use pwm::{Pwm, Site};
pub use scan::{MotifHit, ScanOptions, Scanner, SequenceHit, q_values, scan_sequences};
pub use score_distribution::ScoreDistribution;
pub use similarity::{ColumnScore, MotifDatabase, MotifMatch, SimilarityOptions};
