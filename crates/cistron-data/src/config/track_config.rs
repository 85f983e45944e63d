use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{TrackTransform, Transform};

/// One entry of `dataset.tracks`: a task with its signal and its peaks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackConfig {
    /// Name of the task, unique in the dataset.
    pub name: String,
    /// Signal; needed for profile targets and for `kind = "coverage"`.
    pub bigwig: Option<String>,
    /// BED or narrowPeak, plain or gzip; needed for binary targets and for `kind = "peaks"`.
    pub peaks: Option<String>,
    /// Names in this track's files → names in the FASTA, e.g. `{ "II" = "chrII" }`; names not listed stay as they are.
    pub contigs: BTreeMap<String, String>,
    /// Transforms of the binned signal, in order: `"log1p"`, `"scale-by-mean"`, `"clip=VALUE"`.
    pub normalise: Vec<String>,
    /// Whether the bigWig may hold negative values (an error otherwise).
    pub allow_negative: bool,
}

impl TrackConfig {
    /// The transforms of [`TrackConfig::normalise`].
    ///
    /// # Errors
    /// A message per step that is not known, or for steps that cannot stand together.
    pub fn transform(&self) -> Result<TrackTransform, Vec<String>> {
        let mut problems = Vec::new();
        let mut steps = Vec::new();
        for text in &self.normalise {
            match text.parse::<Transform>() {
                Ok(step) => steps.push(step),
                Err(problem) => problems.push(problem),
            }
        }
        if steps.iter().filter(|s| **s == Transform::ScaleByMean).count() > 1 {
            problems.push("\"scale-by-mean\" may stand only once".into());
        }
        if self.allow_negative && steps.contains(&Transform::Log1p) {
            problems.push("\"log1p\" cannot be used with allow_negative = true".into());
        }
        if problems.is_empty() { Ok(TrackTransform { steps, mean: None }) } else { Err(problems) }
    }

    pub(crate) fn validate(&self, key: &str) -> Vec<String> {
        let mut problems = Vec::new();
        if self.name.is_empty() {
            problems.push(format!("{key}.name: give the track a name"));
        }
        if let Err(found) = self.transform() {
            problems.extend(found.into_iter().map(|p| format!("{key}.normalise: {p}")));
        }
        let mut seen = BTreeMap::new();
        for (foreign, genome) in &self.contigs {
            if let Some(first) = seen.insert(genome, foreign) {
                problems.push(format!("{key}.contigs: both {first:?} and {foreign:?} are mapped to {genome:?}"));
            }
        }
        problems
    }
}
