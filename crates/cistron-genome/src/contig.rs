use serde::{Deserialize, Serialize};

/// A contig (chromosome) and its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contig {
    /// Name as in the file it was read from.
    pub name: String,
    /// Length in bp.
    pub length_bp: u64,
}
