//! The `[genome]` and `[dataset]` sections of a study file, as plain structs. Unknown keys are found by the caller
//! (`serde_ignored`); [`DatasetConfig::validate`] and [`GenomeConfig::validate`] list every other problem that can be
//! seen without opening a file.

mod dataset_config;
mod fasta_config;
mod genome_config;
mod path;
mod split_config;
mod table_config;
mod track_config;

pub use dataset_config::{DatasetConfig, DatasetKind, DuplicatePolicy, NegativesConfig, SelectConfig};
pub use fasta_config::{FastaConfig, FastaFileConfig};
pub use genome_config::GenomeConfig;
pub use path::resolve_path;
pub use split_config::{GroupConfig, SplitBy, SplitConfig, SplitValue};
pub use table_config::{TableConfig, TableFileConfig, Uneven};
pub use track_config::TrackConfig;
