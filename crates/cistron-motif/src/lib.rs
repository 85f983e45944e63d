//! Motifs without any model: matrices in the formats of their databases, position weight matrices, exact p-values of scores, scanning,
//! and a dozen JASPAR matrices for simulations.

mod attribution_maps;
mod background;
mod best_sites;
mod discover;
mod embedded;
mod enrich;
mod filters;
pub mod formats;
mod logo;
mod motif;
mod overlap;
mod pattern_hits;
mod patterns;
mod pwm;
#[cfg(test)]
mod random_letters;
mod scan;
mod score_distribution;
mod seqlets;
mod similarity;

pub use attribution_maps::{AttributionMaps, BadMaps};
pub use background::{Background, LARGEST_ORDER};
pub use best_sites::{BestSite, best_sites};
pub use discover::{DiscoverOptions, Discovery, FEWEST_SEQUENCES, TooFewSequences, discover};
pub use embedded::embedded_motifs;
pub use enrich::{EnrichOptions, Enrichment, enrich};
pub use filters::{FilterAlignments, FilterOptions, FilterReport, compare_filters};
pub use logo::{Logo, aligned_logos_svg, logo_svg};
pub use motif::{Motif, MotifError};
pub use overlap::{Instance, OverlapOptions, OverlapReport, compare_instances};
pub use pattern_hits::{PatternHit, PatternHitOptions, pattern_hits};
pub use patterns::{Pattern, PatternOptions, PatternSeqlet, PatternSet, find_patterns};
pub use pwm::{Pwm, Site};
pub use scan::{MotifHit, ScanOptions, Scanner, SequenceHit, scan_sequences};
pub use score_distribution::ScoreDistribution;
pub use seqlets::{FixedSeqletOptions, FixedSeqlets, RecursiveSeqletOptions, Seqlet, fixed_seqlets, recursive_seqlets};
pub use similarity::{ColumnScore, MotifDatabase, MotifMatch, SimilarityOptions};
