//! Datasets cut from a genome: select, split, extract.

use std::path::Path;

use cistron_core::{Interval, Reporter};

use super::genome_inputs::{self, GenomeInputs};
use super::{BuildOptions, Built, coverage, extract, peaks};
use crate::config::{DatasetKind, SplitBy, SplitValue};
use crate::manifest::ResolvedConfig;
use crate::split::{SplitInput, assign};
use crate::{CanonicalHash, DataError, Split, canonical_hash};

/// A window that passed the selection.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GenomeWindow {
    /// Index into [`GenomeInputs::contigs`].
    pub contig: u32,
    pub start_0: u64,
    pub gc: f32,
    pub n_share: f32,
    pub hash: CanonicalHash,
    /// Tasks labelled 1, ascending.
    pub tasks: Box<[u32]>,
}

/// Composition and identity of a sequence.
pub(super) struct SequenceFacts {
    pub gc: f32,
    pub n_share: f32,
}

impl SequenceFacts {
    pub(super) fn of(codes: &[u8]) -> Self {
        let mut counts = [0u32; 5];
        for &code in codes {
            counts[usize::from(code.min(4))] += 1;
        }
        let known = counts[..4].iter().sum::<u32>();
        let gc = if known == 0 { 0.0 } else { (counts[1] + counts[2]) as f32 / known as f32 };
        Self { gc, n_share: counts[4] as f32 / codes.len().max(1) as f32 }
    }
}

impl GenomeInputs {
    /// The window, unless it touches an excluded region or holds too much N.
    pub(super) fn admit(&self, contig: usize, start_0: u64, codes: &[u8], tasks: Box<[u32]>) -> Option<GenomeWindow> {
        let end = start_0 + self.window_bp;
        if let Some(exclude) = &self.exclude
            && exclude.overlaps(&Interval::new(self.contigs[contig].name.as_str(), start_0, end))
        {
            return None;
        }
        let codes = &codes[start_0 as usize..end as usize];
        let facts = SequenceFacts::of(codes);
        if f64::from(facts.n_share) > self.max_n_share {
            return None;
        }
        Some(GenomeWindow {
            contig: contig as u32,
            start_0,
            gc: facts.gc,
            n_share: facts.n_share,
            hash: canonical_hash(codes),
            tasks,
        })
    }
}

pub(super) fn build(
    options: &BuildOptions,
    config: &ResolvedConfig,
    dir: &Path,
    reporter: &dyn Reporter,
) -> Result<Built, DataError> {
    let dataset = &config.dataset;
    let mut inputs = genome_inputs::open(options, config)?;
    check_split_contigs(&inputs, config)?;
    let mut windows = match dataset.resolved_kind() {
        DatasetKind::Coverage => coverage::select(&inputs, dataset, reporter)?,
        _ => peaks::select(&mut inputs, dataset, options.seed, reporter)?,
    };
    if windows.len() > u32::MAX as usize {
        return Err(DataError::NoWindows { message: "more than 4,294,967,295 windows; raise window_bp".into() });
    }
    let fixed: Vec<Split> = windows.iter().map(|w| fixed_split(&inputs, config, w)).collect();
    let hashes: Vec<CanonicalHash> = windows.iter().map(|w| w.hash).collect();
    let places: Vec<(u32, u64, u64)> =
        windows.iter().map(|w| (w.contig, w.start_0, w.start_0 + inputs.window_bp)).collect();
    let input = SplitInput {
        hashes: &hashes,
        fixed: &fixed,
        groups: None,
        places: Some(&places),
        config: &dataset.split,
        duplicates: dataset.duplicates,
        seed: options.seed,
    };
    let name = |i: usize| {
        let (contig, start, end) = places[i];
        format!("{}:{start}-{end}", inputs.contigs[contig as usize].name)
    };
    let assigned = assign(&input, &name)?;
    drop((fixed, hashes, places));
    let mut kept = assigned.splits.iter();
    windows.retain(|_| kept.next().is_some_and(Option::is_some));
    let splits: Vec<Split> = assigned.splits.into_iter().flatten().collect();
    let mut warnings = std::mem::take(&mut inputs.warnings);
    warnings.extend(assigned.warnings);
    let counts = extract::write(&inputs, config, &windows, &splits, dir, reporter)?;
    Ok(Built {
        window_bp: inputs.window_bp as usize,
        windows: windows.len() as u64,
        splits: counts,
        duplicates: assigned.duplicates,
        warnings,
    })
}

fn names(value: &Option<SplitValue>) -> &[String] {
    value.as_ref().and_then(SplitValue::names).unwrap_or_default()
}

fn fixed_split(inputs: &GenomeInputs, config: &ResolvedConfig, window: &GenomeWindow) -> Split {
    let split = &config.dataset.split;
    if split.by != Some(SplitBy::Contig) {
        return Split::Train;
    }
    let contig = &inputs.contigs[window.contig as usize].name;
    if names(&split.test).contains(contig) {
        Split::Test
    } else if names(&split.valid).contains(contig) {
        Split::Valid
    } else {
        Split::Train
    }
}

/// Every contig that the split lists must be in the FASTA; with a training list, contigs in no list are not used.
fn check_split_contigs(inputs: &GenomeInputs, config: &ResolvedConfig) -> Result<(), DataError> {
    let problems = split_contig_problems(inputs.genome.contigs(), config);
    if problems.is_empty() { Ok(()) } else { Err(DataError::Config { problems }) }
}

pub(crate) fn split_contig_problems(genome: &[cistron_genome::Contig], config: &ResolvedConfig) -> Vec<String> {
    let split = &config.dataset.split;
    if split.by != Some(SplitBy::Contig) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (side, value) in [("train", &split.train), ("valid", &split.valid), ("test", &split.test)] {
        for name in names(value) {
            if !genome.iter().any(|c| &c.name == name) {
                let known: Vec<&str> = genome.iter().take(8).map(|c| c.name.as_str()).collect();
                problems.push(format!(
                    "dataset.split.{side}: the FASTA has no contig {name:?}; it has {}{}",
                    known.join(", "),
                    if genome.len() > 8 { ", …" } else { "" }
                ));
            }
        }
    }
    problems
}
