//! Building datasets: select windows, put them on sides, then write arrays, in streams.
//!
//! Two passes. The first looks at every candidate (contigs in chunks, in parallel) and keeps a few dozen bytes of each
//! window that passes; duplicates and splits are decided on those. The second reads the kept windows again and writes
//! them by position, so memory does not grow with the genome or the signal, and the result does not depend on the number
//! of threads.

mod coverage;
mod extract;
mod fingerprint;
mod genome_inputs;
mod genome_windows;
mod merge_peaks;
mod negatives;
mod peak_labels;
mod peaks;
mod scale_means;
mod sequence_rows;
mod sequence_set;
mod signal_pool;

use std::path::{Path, PathBuf};

use cistron_core::{Reporter, StagedDir, hash_file};
use rayon::prelude::*;

pub(crate) use genome_inputs::{contig_map, named_contigs};
pub(crate) use genome_windows::split_contig_problems;
pub use merge_peaks::{MergedPeak, merge_peaks};

use crate::config::{self, DatasetConfig, DatasetKind, GenomeConfig};
use crate::dataset;
use crate::manifest::{ArrayFile, FORMAT_VERSION, Manifest, ResolvedConfig, SplitCounts};
use crate::{DataError, NpyArray, Split, TrackTransform, window_table};

/// What to build from.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildOptions {
    /// `[genome]`; needed for the kinds coverage and peaks.
    pub genome: Option<GenomeConfig>,
    /// `[dataset]`.
    pub dataset: DatasetConfig,
    /// Seed of splits and negatives.
    pub seed: u64,
    /// Folder against which relative paths are resolved (the study's).
    pub base_dir: PathBuf,
    /// Where decoded genomes are kept between builds.
    pub cache_dir: PathBuf,
}

/// An input file with the key that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputPath {
    pub key: String,
    pub path: PathBuf,
}

impl BuildOptions {
    /// The configuration with defaults written out.
    pub(crate) fn resolved(&self) -> ResolvedConfig {
        let dataset = self.dataset.resolved();
        let genome = self.genome.clone().filter(|_| dataset.resolved_kind().on_genome());
        ResolvedConfig { genome, dataset }
    }

    /// Problems that show without opening a file, each with its key.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.dataset.resolved_kind().on_genome() {
            match &self.genome {
                Some(genome) => problems.extend(genome.validate()),
                None => problems.push("genome: kinds \"coverage\" and \"peaks\" need [genome] with fasta = …".into()),
            }
        }
        problems.extend(self.dataset.validate());
        problems
    }

    pub(crate) fn path(&self, path: &str) -> Result<PathBuf, DataError> {
        config::resolve_path(&self.base_dir, path).map_err(|p| DataError::Config { problems: vec![p] })
    }

    /// Every input file with its key, in a fixed order; and the paths that cannot be resolved.
    pub(crate) fn input_paths(&self) -> (Vec<InputPath>, Vec<String>) {
        let mut named: Vec<(String, &String)> = Vec::new();
        let resolved_kind = self.dataset.resolved_kind();
        if resolved_kind.on_genome() {
            if let Some(genome) = &self.genome {
                named.push(("genome.fasta".into(), &genome.fasta));
                named.extend(genome.chrom_sizes.iter().map(|p| ("genome.chrom_sizes".into(), p)));
                named.extend(genome.exclude.iter().enumerate().map(|(i, p)| (format!("genome.exclude[{i}]"), p)));
            }
            let reads_signal = genome_inputs::reads_signal(&self.dataset);
            for (i, track) in self.dataset.tracks.iter().enumerate() {
                if reads_signal {
                    named.extend(track.bigwig.iter().map(|p| (format!("dataset.tracks[{i}].bigwig"), p)));
                }
                named.extend(track.peaks.iter().map(|p| (format!("dataset.tracks[{i}].peaks"), p)));
            }
        }
        if resolved_kind == DatasetKind::Table {
            let files = self.dataset.table.iter().flat_map(|t| &t.files);
            named.extend(files.enumerate().map(|(i, f)| (format!("dataset.table.files[{i}].path"), &f.path)));
            let fasta = self.dataset.table.iter().filter_map(|t| t.sequences_fasta.as_ref());
            named.extend(fasta.map(|path| ("dataset.table.sequences_fasta".into(), path)));
        }
        if resolved_kind == DatasetKind::Fasta {
            let files = self.dataset.fasta.iter().flat_map(|t| &t.files);
            named.extend(files.enumerate().map(|(i, f)| (format!("dataset.fasta.files[{i}].path"), &f.path)));
        }
        let mut paths = Vec::new();
        let mut problems = Vec::new();
        for (key, path) in named.into_iter().filter(|(_, path)| !path.is_empty()) {
            match config::resolve_path(&self.base_dir, path) {
                Ok(path) => paths.push(InputPath { key, path }),
                Err(problem) => problems.push(format!("{key}: {problem}")),
            }
        }
        (paths, problems)
    }
}

/// What a builder leaves in the staged directory.
struct Built {
    window_bp: usize,
    windows: u64,
    splits: Vec<SplitCounts>,
    duplicates: u64,
    warnings: Vec<String>,
}

/// Builds a dataset into `out_dir`, or keeps the one there when it was built by this version from the same
/// configuration, seed and input contents. The directory appears under its name only when it is whole.
///
/// # Errors
/// [`DataError`] naming file, line, contig or key; nothing is left under the final name.
pub fn build(options: &BuildOptions, out_dir: &Path, reporter: &dyn Reporter) -> Result<Manifest, DataError> {
    let mut problems = options.validate();
    let (paths, unresolved) = options.input_paths();
    problems.extend(unresolved);
    if !problems.is_empty() {
        return Err(DataError::Config { problems });
    }
    let config = options.resolved();
    let previous = fingerprint::previous(out_dir);
    let inputs = fingerprint::inputs(&paths, previous.as_ref())?;
    if let Some(manifest) = previous
        && fingerprint::reusable(&manifest, &config, options.seed, &inputs, out_dir)
    {
        reporter.note(&format!("the dataset in {} is up to date: not built again", out_dir.display()));
        return fingerprint::refresh(manifest, config, inputs, out_dir);
    }
    let staged = StagedDir::create(out_dir).map_err(DataError::io(out_dir))?;
    let dir = staged.path().to_owned();
    let built = match config.dataset.resolved_kind() {
        DatasetKind::Coverage | DatasetKind::Peaks => genome_windows::build(options, &config, &dir, reporter)?,
        DatasetKind::Table | DatasetKind::Fasta => sequence_set::build(options, &config, &dir, reporter)?,
    };
    for warning in &built.warnings {
        reporter.warn(warning);
    }
    let task = reporter.start("hashing arrays", 0);
    let arrays = hash_arrays(&dir, built.windows)?;
    task.finish("");
    let input_bp = config.dataset.input_bp.unwrap_or(built.window_bp);
    check_input(input_bp, built.window_bp)?;
    let transforms = transforms(&config, &dir)?;
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        software: concat!("cistron-data ", env!("CARGO_PKG_VERSION")).into(),
        tasks: config.dataset.tasks(),
        config,
        seed: options.seed,
        windows: built.windows,
        window_bp: built.window_bp,
        input_bp,
        splits: built.splits,
        transforms,
        inputs,
        arrays,
        duplicates: built.duplicates,
        warnings: built.warnings,
    };
    manifest.write(&dir)?;
    staged.commit().map_err(DataError::io(out_dir))?;
    Ok(manifest)
}

fn check_input(input_bp: usize, window_bp: usize) -> Result<(), DataError> {
    if input_bp <= window_bp {
        return Ok(());
    }
    let problem = format!("dataset.input_bp: {input_bp} bp do not fit in the sequences of {window_bp} bp");
    Err(DataError::Config { problems: vec![problem] })
}

/// The transforms of every track, with means over the training windows of the arrays in `dir`.
fn transforms(config: &ResolvedConfig, dir: &Path) -> Result<Vec<TrackTransform>, DataError> {
    let mut transforms = Vec::new();
    for track in &config.dataset.tracks {
        transforms.push(track.transform().map_err(|problems| DataError::Config { problems })?);
    }
    if transforms.iter().any(TrackTransform::needs_mean) && dir.join(dataset::SIGNAL).is_file() {
        scale_means::fill(&mut transforms, config, dir)?;
    }
    Ok(transforms)
}

fn hash_arrays(dir: &Path, windows: u64) -> Result<Vec<ArrayFile>, DataError> {
    let floats = [dataset::SIGNAL, dataset::LABEL, dataset::VALUE, dataset::TRACK_MEAN, dataset::TRACK_MAX];
    let mut files: Vec<(&str, Vec<u64>, &str)> = vec![
        (window_table::FILE, vec![windows], "parquet"),
        (dataset::SEQUENCE, NpyArray::<u8>::open(&dir.join(dataset::SEQUENCE))?.shape().to_vec(), "|u1"),
    ];
    for file in floats.into_iter().filter(|f| dir.join(f).is_file()) {
        files.push((file, NpyArray::<f32>::open(&dir.join(file))?.shape().to_vec(), "<f4"));
    }
    files
        .into_par_iter()
        .map(|(file, shape, dtype)| {
            let path = dir.join(file);
            let bytes = std::fs::metadata(&path).map_err(DataError::io(&path))?.len();
            let blake3 = hash_file(&path).map_err(DataError::io(&path))?;
            Ok(ArrayFile { file: file.into(), shape, dtype: dtype.into(), bytes, blake3 })
        })
        .collect()
}

/// Counts per split from sides and, where there are labels, the tasks labelled 1.
struct SplitCounter {
    counts: Vec<SplitCounts>,
}

impl SplitCounter {
    fn new(label_tasks: Option<usize>) -> Self {
        let counts =
            Split::ALL.map(|split| SplitCounts { split, windows: 0, positives: label_tasks.map(|n| vec![0; n]) });
        Self { counts: counts.to_vec() }
    }

    fn add(&mut self, split: Split, positive_tasks: impl Iterator<Item = usize>) {
        let counts = &mut self.counts[usize::from(split.code())];
        counts.windows += 1;
        if let Some(positives) = &mut counts.positives {
            for task in positive_tasks {
                positives[task] += 1;
            }
        }
    }
}
