use std::path::{Path, PathBuf};

use crate::study::ModelEntry;

/// Where everything of one run lies.
#[derive(Debug, Clone)]
pub struct RunDir {
    root: PathBuf,
}

impl RunDir {
    /// The layout below `root`; nothing is created.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The run directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The dataset on disk.
    pub fn dataset(&self) -> PathBuf {
        self.root.join("dataset")
    }

    /// Decoded genomes.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// A trained network.
    pub fn model(&self, name: &str) -> PathBuf {
        self.root.join("models").join(file_name(name))
    }

    /// Predictions of one model over the test split.
    pub fn predictions(&self, name: &str) -> PathBuf {
        self.root.join("predictions").join(file_name(name))
    }

    /// The results of the evaluations, one `KIND.json` each.
    pub fn evaluations(&self) -> PathBuf {
        self.root.join("evaluation")
    }

    /// The result of the generalisation evaluation.
    pub fn generalisation(&self) -> PathBuf {
        self.evaluations().join("generalisation.json")
    }

    /// The result of another evaluation.
    pub fn evaluation(&self, kind: crate::study::EvaluationKind) -> PathBuf {
        self.root.join("evaluation").join(format!("{}.json", kind.name()))
    }

    /// The study with every default written out.
    pub fn resolved_study(&self) -> PathBuf {
        self.root.join("study.toml")
    }

    /// Versions, seeds, hashes, device, wall time, peak memory.
    pub fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }
}

/// The name of one replicate of a model: the model's own name when there is one replicate.
pub(crate) fn replicate_name(model: &ModelEntry, replicate: u32) -> String {
    if model.replicates == 1 { model.name.clone() } else { format!("{} #{}", model.name, replicate + 1) }
}

/// A name as part of a path: letters, digits, `.`, `-` and `_` stay, everything else becomes `-`. Names that differ
/// stay different: when anything was replaced, a short hash is added.
fn file_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' }).collect();
    if plain == name && !name.starts_with('.') && !name.is_empty() {
        plain
    } else {
        let plain = plain.trim_matches(['.', '-']);
        format!("{plain}-{}", &cistron_core::hash_bytes(name.as_bytes())[..6])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_that_stay_apart() {
        assert_eq!(file_name("residualbind-32"), "residualbind-32");
        assert_ne!(file_name("a b"), file_name("a/b"));
        assert!(!file_name("../x").contains('/'));
        assert!(!file_name("..").starts_with('.'));
    }
}
