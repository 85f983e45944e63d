use cistron_core::TargetKind;
use serde::{Deserialize, Serialize};

use super::{FastaConfig, SplitConfig, TableConfig, TrackConfig};

/// Where windows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DatasetKind {
    /// Tiled windows whose coverage exceeds a threshold.
    Coverage,
    /// Windows on merged peaks, optionally with non-peak windows.
    Peaks,
    /// Sequences with values in TSV, CSV or Parquet.
    Table,
    /// Labelled FASTA files.
    Fasta,
}

impl DatasetKind {
    /// Whether windows are cut from a genome.
    pub const fn on_genome(self) -> bool {
        matches!(self, Self::Coverage | Self::Peaks)
    }
}

/// What to do with a window whose sequence, or its reverse complement, was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DuplicatePolicy {
    /// One of them stays: the one on the test side, else validation, else the first; the count is reported.
    #[default]
    Drop,
    /// An error that names the first few.
    Error,
    /// Repeats stay within one split (measured replicates); across splits they are dropped as with `drop`.
    Keep,
}

/// `dataset.select`: which windows of a genome are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectConfig {
    /// A tiled window stays when the maximum of any track's raw signal is strictly above this (kind `coverage`).
    pub coverage_above: f64,
    /// Largest share of N.
    pub max_n_share: f64,
    /// Only these contigs; all when absent.
    pub contigs: Option<Vec<String>>,
}

impl Default for SelectConfig {
    fn default() -> Self {
        Self { coverage_above: 2.0, max_n_share: 0.5, contigs: None }
    }
}

/// `dataset.negatives`: windows without a peak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NegativesConfig {
    /// Negatives per peak window, contig by contig.
    pub ratio: f64,
    /// Whether their GC content follows that of the peak windows (in bins of 0.02).
    pub match_gc: bool,
}

impl Default for NegativesConfig {
    fn default() -> Self {
        Self { ratio: 1.0, match_gc: false }
    }
}

/// `[dataset]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetConfig {
    /// Where windows come from; must be given.
    pub kind: Option<DatasetKind>,
    /// What is predicted: by default profile (coverage, peaks), scalar (table), binary (fasta).
    pub target: Option<TargetKind>,
    /// Length of the stored windows; 3,072 by default on a genome, the sequences' length otherwise.
    pub window_bp: Option<usize>,
    /// Length that a model sees; 2,048 by default when window_bp is 3,072 by default too, else window_bp.
    pub input_bp: Option<usize>,
    /// Width of a target bin of a profile; 32 by default.
    pub bin_bp: Option<usize>,
    /// Tasks on a genome.
    pub tracks: Vec<TrackConfig>,
    /// Which windows of a genome are kept.
    pub select: SelectConfig,
    /// Kind `peaks`: least overlap of two extended peaks that merges them. Basset's default 200 for its 600 bp windows;
    /// min(200, window_bp ÷ 3) here when absent.
    pub merge_overlap_bp: Option<usize>,
    /// Kind `peaks`: windows without a peak.
    pub negatives: Option<NegativesConfig>,
    /// What to do with repeated sequences.
    pub duplicates: DuplicatePolicy,
    /// Which windows train, validate and test.
    pub split: SplitConfig,
    /// Kind `table`.
    pub table: Option<TableConfig>,
    /// Kind `fasta`.
    pub fasta: Option<FastaConfig>,
}

impl DatasetConfig {
    /// Stored window length on a genome when none is given (GOPHER).
    pub const DEFAULT_WINDOW_BP: usize = 3072;
    /// Model input length on a genome when none is given (GOPHER).
    pub const DEFAULT_INPUT_BP: usize = 2048;
    /// Bin width of profiles when none is given.
    pub const DEFAULT_BIN_BP: usize = 32;

    /// The kind; `coverage` where it is missing, which [`DatasetConfig::validate`] reports.
    pub fn resolved_kind(&self) -> DatasetKind {
        self.kind.unwrap_or(DatasetKind::Coverage)
    }

    /// The target, by default that of the kind.
    pub fn resolved_target(&self) -> TargetKind {
        self.target.unwrap_or(match self.resolved_kind() {
            DatasetKind::Coverage | DatasetKind::Peaks => TargetKind::Profile,
            DatasetKind::Table => TargetKind::Scalar,
            DatasetKind::Fasta => TargetKind::Binary,
        })
    }

    /// The configuration with every default that does not depend on the data written out.
    pub fn resolved(&self) -> Self {
        let mut out = self.clone();
        let kind = self.resolved_kind();
        out.kind = Some(kind);
        out.target = Some(self.resolved_target());
        if kind.on_genome() {
            out.input_bp = self.input_bp.or(match self.window_bp {
                None => Some(Self::DEFAULT_INPUT_BP),
                same => same,
            });
            out.window_bp = Some(self.window_bp.unwrap_or(Self::DEFAULT_WINDOW_BP));
        }
        if out.target == Some(TargetKind::Profile) {
            out.bin_bp = Some(self.bin_bp.unwrap_or(Self::DEFAULT_BIN_BP));
        }
        if kind == DatasetKind::Peaks {
            let window = out.window_bp.unwrap_or(Self::DEFAULT_WINDOW_BP);
            out.merge_overlap_bp = Some(self.merge_overlap_bp.unwrap_or((window / 3).clamp(1, 200)));
        }
        let by = self.split.resolved_by(kind.on_genome(), self.file_splits().contains(&true));
        out.split.by = Some(by);
        if by == super::SplitBy::Fraction {
            out.split.valid = out.split.valid.or(Some(super::SplitValue::Share(0.1)));
            out.split.test = out.split.test.or(Some(super::SplitValue::Share(0.2)));
        }
        out
    }

    /// Task names, in order.
    pub fn tasks(&self) -> Vec<String> {
        match self.resolved_kind() {
            DatasetKind::Coverage | DatasetKind::Peaks => self.tracks.iter().map(|t| t.name.clone()).collect(),
            DatasetKind::Table => self.table.as_ref().map(|t| t.task_names().to_vec()).unwrap_or_default(),
            DatasetKind::Fasta => self.fasta.iter().map(|f| f.task.clone()).collect(),
        }
    }

    pub(crate) fn file_splits(&self) -> Vec<bool> {
        match self.resolved_kind() {
            DatasetKind::Table => self.table.iter().flat_map(|t| &t.files).map(|f| f.split.is_some()).collect(),
            DatasetKind::Fasta => self.fasta.iter().flat_map(|t| &t.files).map(|f| f.split.is_some()).collect(),
            _ => Vec::new(),
        }
    }

    /// Every problem that shows without opening a file, each with its key.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.kind.is_none() {
            problems.push("dataset.kind: give \"coverage\", \"peaks\", \"table\" or \"fasta\"".into());
        }
        let kind = self.resolved_kind();
        let resolved = self.resolved();
        self.validate_lengths(&resolved, &mut problems);
        if kind.on_genome() {
            self.validate_tracks(kind, &mut problems);
        } else {
            if !self.tracks.is_empty() {
                problems.push(format!("dataset.tracks: not used with kind = {:?}", name_of(kind)));
            }
            if self.resolved_target() == TargetKind::Profile {
                problems.push(format!(
                    "dataset.target: kind = {:?} has one value per sequence; use \"scalar\" or \"binary\"",
                    name_of(kind)
                ));
            }
        }
        match (kind, &self.table, &self.fasta) {
            (DatasetKind::Table, None, _) => {
                problems.push("dataset.table: kind = \"table\" needs files, sequence and values".into());
            }
            (DatasetKind::Table, Some(table), _) => problems.extend(table.validate()),
            (DatasetKind::Fasta, _, None) => problems.push("dataset.fasta: kind = \"fasta\" needs files".into()),
            (DatasetKind::Fasta, _, Some(fasta)) => {
                problems.extend(fasta.validate(self.resolved_target() == TargetKind::Binary));
            }
            _ => {}
        }
        if kind != DatasetKind::Table && self.table.is_some() {
            problems.push(format!("dataset.table: not used with kind = {:?}", name_of(kind)));
        }
        if kind != DatasetKind::Fasta && self.fasta.is_some() {
            problems.push(format!("dataset.fasta: not used with kind = {:?}", name_of(kind)));
        }
        self.validate_selection(kind, &mut problems);
        problems.extend(self.split.validate(kind.on_genome(), kind == DatasetKind::Table, &self.file_splits()));
        problems
    }

    fn validate_lengths(&self, resolved: &Self, problems: &mut Vec<String>) {
        for (key, value) in [("window_bp", self.window_bp), ("input_bp", self.input_bp), ("bin_bp", self.bin_bp)] {
            if value == Some(0) {
                problems.push(format!("dataset.{key}: must be above 0"));
            }
        }
        if let (Some(input), Some(window)) = (resolved.input_bp, resolved.window_bp)
            && input > window
        {
            problems.push(format!("dataset.input_bp: {input} bp do not fit in window_bp = {window}"));
        }
        if let (Some(input), Some(bin)) = (resolved.input_bp, resolved.bin_bp)
            && bin > 0
            && input % bin != 0
            && self.resolved_target() == TargetKind::Profile
        {
            problems.push(format!("dataset.bin_bp: {bin} does not divide input_bp = {input}"));
        }
    }

    fn validate_tracks(&self, kind: DatasetKind, problems: &mut Vec<String>) {
        if self.tracks.is_empty() {
            problems.push(format!("dataset.tracks: kind = {:?} needs at least one track", name_of(kind)));
        }
        let target = self.resolved_target();
        if target == TargetKind::Scalar {
            problems.push(format!(
                "dataset.target: \"scalar\" needs kind = \"table\" or \"fasta\"; with kind = {:?} use \"profile\" or \"binary\"",
                name_of(kind)
            ));
        }
        for (i, track) in self.tracks.iter().enumerate() {
            let key = format!("dataset.tracks[{i}]");
            problems.extend(track.validate(&key));
            if !track.name.is_empty() && self.tracks[..i].iter().any(|t| t.name == track.name) {
                problems.push(format!("{key}.name: {:?} is used twice", track.name));
            }
            if track.bigwig.is_none() && (kind == DatasetKind::Coverage || target == TargetKind::Profile) {
                let why = if kind == DatasetKind::Coverage { "kind = \"coverage\"" } else { "target = \"profile\"" };
                problems.push(format!("{key}.bigwig: {why} needs a bigWig for every track"));
            }
            if track.peaks.is_none() && (kind == DatasetKind::Peaks || target == TargetKind::Binary) {
                let why = if kind == DatasetKind::Peaks { "kind = \"peaks\"" } else { "target = \"binary\"" };
                problems.push(format!("{key}.peaks: {why} needs a peak file for every track"));
            }
        }
    }

    fn validate_selection(&self, kind: DatasetKind, problems: &mut Vec<String>) {
        if !(0.0..=1.0).contains(&self.select.max_n_share) {
            problems.push(format!("dataset.select.max_n_share: lies in [0, 1], not {}", self.select.max_n_share));
        }
        if !self.select.coverage_above.is_finite() {
            problems.push("dataset.select.coverage_above: must be a finite number".into());
        }
        if self.select.contigs.as_ref().is_some_and(Vec::is_empty) {
            problems.push("dataset.select.contigs: the list is empty; remove the key to use all".into());
        }
        if self.select.contigs.is_some() && !kind.on_genome() {
            problems.push(format!("dataset.select.contigs: not used with kind = {:?}", name_of(kind)));
        }
        if let Some(negatives) = &self.negatives {
            if kind != DatasetKind::Peaks {
                problems.push("dataset.negatives: only used with kind = \"peaks\"".into());
            }
            if !(negatives.ratio > 0.0 && negatives.ratio.is_finite()) {
                problems.push(format!("dataset.negatives.ratio: must be above 0, not {}", negatives.ratio));
            }
        }
        if let Some(overlap) = self.merge_overlap_bp {
            if kind != DatasetKind::Peaks {
                problems.push("dataset.merge_overlap_bp: only used with kind = \"peaks\"".into());
            } else if overlap == 0 {
                problems.push("dataset.merge_overlap_bp: must be above 0".into());
            }
        }
    }
}

pub(crate) const fn name_of(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Coverage => "coverage",
        DatasetKind::Peaks => "peaks",
        DatasetKind::Table => "table",
        DatasetKind::Fasta => "fasta",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DatasetConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_study_of_the_brief_is_valid_and_resolves() {
        let config = parse(
            r#"
            kind = "coverage"
            tracks = [ { name = "ATAC", bigwig = "a.bw", peaks = "a.narrowPeak", contigs = { "II" = "chrII" }, normalise = ["scale-by-mean", "clip=32"] } ]
            select = { coverage_above = 2.0, max_n_share = 0.5, contigs = ["chrI"] }
            split = { by = "contig", valid = ["chrIX"], test = ["chrVIII"] }
            "#,
        );
        assert_eq!(config.validate(), Vec::<String>::new());
        let resolved = config.resolved();
        assert_eq!((resolved.window_bp, resolved.input_bp, resolved.bin_bp), (Some(3072), Some(2048), Some(32)));
        assert_eq!(resolved.target, Some(TargetKind::Profile));
        assert_eq!(resolved.validate(), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_listed_with_its_key() {
        let config = parse(
            r#"
            kind = "peaks"
            window_bp = 100
            input_bp = 200
            bin_bp = 7
            tracks = [ { name = "a", bigwig = "a.bw", normalise = ["sqrt"] }, { name = "a", peaks = "b" } ]
            negatives = { ratio = -1.0 }
            split = { valid = ["chr1"], test = ["chr1"] }
            "#,
        );
        let problems = config.validate();
        for key in [
            "dataset.input_bp: 200",
            "dataset.bin_bp: 7",
            "tracks[0].normalise",
            "tracks[0].peaks",
            "tracks[1].name",
            "tracks[1].bigwig",
            "negatives.ratio",
            "\"chr1\" is in both valid and test",
        ] {
            assert!(problems.iter().any(|p| p.contains(key)), "{key} missing in {problems:#?}");
        }
        assert_eq!(problems.len(), 8, "{problems:#?}");
    }

    #[test]
    fn tables_and_fasta_guess_their_split() {
        let table = parse(
            r#"
            kind = "table"
            table = { files = [ { path = "a.tsv", split = "train" }, { path = "b.tsv", split = "test" } ], sequence = "s", values = ["v"] }
            split = { valid = 0.1 }
            "#,
        );
        assert_eq!(table.validate(), Vec::<String>::new());
        assert_eq!(table.resolved().split.by, Some(super::super::SplitBy::File));
        let fasta = parse(
            r#"
            kind = "fasta"
            fasta = { files = [ { path = "p.fa", label = 1 }, { path = "n.fa", label = 0 } ] }
            "#,
        );
        assert_eq!(fasta.validate(), Vec::<String>::new());
        let split = fasta.resolved().split;
        assert_eq!(
            (split.by, split.test),
            (Some(super::super::SplitBy::Fraction), Some(super::super::SplitValue::Share(0.2)))
        );
        let missing = parse("kind = \"fasta\"\nfasta = { files = [ { path = \"p.fa\", label = 1 } ] }");
        assert!(missing.validate()[0].contains("no file has label = 0"));
    }

    #[test]
    fn tasks_have_the_names_that_are_given() {
        let of = |tasks: &str| {
            parse(&format!(
                "kind = \"table\"\ntable = {{ files = [ {{ path = \"a.tsv\" }} ], sequence = \"s\", values = [\"2\", \"3\"]{tasks} }}"
            ))
        };
        assert_eq!(of("").tasks(), ["2", "3"]);
        let named = of(", tasks = [\"x\", \"y\"]");
        assert_eq!((named.tasks(), named.validate()), (vec!["x".to_owned(), "y".into()], Vec::new()));
        assert!(of(", tasks = [\"x\"]").validate()[0].contains("1 name(s) for 2 column(s)"));
        assert!(of(", tasks = [\"x\", \"x\"]").validate()[0].contains("listed twice"));
    }

    #[test]
    fn numbers_without_header_and_k_fold() {
        let table = parse(
            r#"
            kind = "table"
            table = { files = [ { path = "a.tsv" } ], sequence = "1", values = ["expression"], header = false }
            split = { by = "k-fold", folds = 5, fold = 5 }
            "#,
        );
        let problems = table.validate();
        assert!(problems[0].contains("numbers from 1"), "{problems:?}");
        assert!(problems[1].contains("below folds = 5"), "{problems:?}");
    }
}
