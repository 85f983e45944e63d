use serde::{Deserialize, Serialize};

/// `[genome]`: the reference that windows are cut from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenomeConfig {
    /// FASTA, plain, gzip or bgzip.
    pub fasta: String,
    /// Table of contig names and lengths; when given, it must agree with the FASTA.
    pub chrom_sizes: Option<String>,
    /// BED files of regions that no window may touch (unmappable, blacklisted).
    pub exclude: Vec<String>,
}

impl GenomeConfig {
    /// Every problem that shows without opening a file, each with its key.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.fasta.is_empty() {
            problems.push("genome.fasta: give the path of the reference FASTA".into());
        }
        for (i, path) in self.exclude.iter().enumerate() {
            if path.is_empty() {
                problems.push(format!("genome.exclude[{i}]: the path is empty"));
            }
        }
        problems
    }
}
