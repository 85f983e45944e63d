//! The opened inputs of a dataset on a genome.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use cistron_core::{Interval, TargetKind};
use cistron_genome::{BigWig, Contig, ContigMap, Genome, IntervalSet, Peak, preflight, read_chrom_sizes, read_peaks};

use super::BuildOptions;
use super::peak_labels::ContigPeaks;
use super::signal_pool::SignalPool;
use crate::DataError;
use crate::config::{DatasetConfig, DatasetKind, SplitBy, SplitValue, TrackConfig};
use crate::manifest::ResolvedConfig;

/// What to say of a bigWig that lacks contigs.
const PROFILE_HELP: &str = "a contig that a bigWig does not hold is not measured, so its windows are left out";

/// Whether bigWigs are read at all: to select windows or to store the signal.
pub(crate) fn reads_signal(dataset: &DatasetConfig) -> bool {
    dataset.resolved_kind() == DatasetKind::Coverage || dataset.resolved_target() == TargetKind::Profile
}

pub(super) struct GenomeInputs {
    pub genome: Genome,
    /// Contigs that windows may lie on, in the order of the FASTA.
    pub contigs: Vec<Contig>,
    pub exclude: Option<IntervalSet>,
    pub tracks: Vec<TrackInput>,
    pub window_bp: u64,
    pub max_n_share: f64,
    pub warnings: Vec<String>,
}

pub(super) struct TrackInput {
    /// Present when signal is read.
    pub signal: Option<SignalPool>,
    /// Per contig of [`GenomeInputs::contigs`]; empty vector when the track has no peak file.
    pub peaks: Vec<ContigPeaks>,
}

pub(super) fn open(options: &BuildOptions, config: &ResolvedConfig) -> Result<GenomeInputs, DataError> {
    let dataset = &config.dataset;
    let genome_config = config.genome.as_ref().ok_or_else(|| config_error("genome: fasta is missing".into()))?;
    let fasta = options.path(&genome_config.fasta)?;
    let genome = Genome::open(&fasta, &options.cache_dir)?;
    if let Some(sizes) = &genome_config.chrom_sizes {
        let path = options.path(sizes)?;
        let sizes = read_chrom_sizes(&path)?;
        refuse(preflight::check_contigs(genome.contigs(), &path, &sizes, true, &ContigMap::identity()))?;
    }
    let mut warnings = Vec::new();
    let mut allowed: BTreeSet<&str> = genome.contigs().iter().map(|c| c.name.as_str()).collect();
    if let Some(selected) = &dataset.select.contigs {
        let missing: Vec<String> =
            selected.iter().filter(|c| !allowed.contains(c.as_str())).map(|c| format!("{c:?}")).collect();
        if !missing.is_empty() {
            return Err(config_error(format!(
                "dataset.select.contigs: the FASTA has no contig {}",
                missing.join(", ")
            )));
        }
        allowed.retain(|c| selected.iter().any(|s| s == c));
    }
    if dataset.split.by == Some(SplitBy::Contig) && dataset.split.train.is_some() {
        let sides = [&dataset.split.train, &dataset.split.valid, &dataset.split.test];
        let listed: Vec<&String> = sides.into_iter().flatten().filter_map(SplitValue::names).flatten().collect();
        allowed.retain(|c| listed.iter().any(|l| l == c));
    }
    let signal = reads_signal(dataset);
    let mut pools = Vec::new();
    let idle = Arc::new(AtomicUsize::new(0));
    for track in &dataset.tracks {
        let pool = match &track.bigwig {
            Some(bigwig) if signal => {
                let path = options.path(bigwig)?;
                let map = contig_map(track);
                let opened = BigWig::open(&path)?;
                refuse(preflight::check_contigs(genome.contigs(), &path, opened.contigs(), true, &map))?;
                let held: BTreeSet<&str> = opened.contigs().iter().map(|c| map.to_genome(&c.name)).collect();
                let lacking: Vec<&str> = allowed.iter().copied().filter(|c| !held.contains(c)).collect();
                if !lacking.is_empty() {
                    warnings.push(format!(
                        "the bigWig of track {:?} lacks {} contig(s) ({}): {PROFILE_HELP}",
                        track.name,
                        lacking.len(),
                        some_of(&lacking)
                    ));
                    allowed.retain(|c| held.contains(c));
                }
                Some(SignalPool::new(path, track.allow_negative, map, idle.clone()))
            }
            _ => None,
        };
        pools.push(pool);
    }
    let window_bp = dataset.window_bp.unwrap_or(DatasetConfig::DEFAULT_WINDOW_BP) as u64;
    let contigs: Vec<Contig> = genome.contigs().iter().filter(|c| allowed.contains(c.name.as_str())).cloned().collect();
    if !contigs.iter().any(|c| c.length_bp >= window_bp) {
        return Err(DataError::NoWindows {
            message: format!(
                "none of the {} usable contigs is as long as window_bp = {window_bp}; check dataset.select.contigs and the \
                 contigs of the bigWigs",
                contigs.len()
            ),
        });
    }
    let mut tracks = Vec::new();
    for (track, signal) in dataset.tracks.iter().zip(pools) {
        let peaks = match &track.peaks {
            Some(peaks) => track_peaks(&options.path(peaks)?, track, genome.contigs(), &contigs, &mut warnings)?,
            None => Vec::new(),
        };
        tracks.push(TrackInput { signal, peaks });
    }
    let exclude = exclusions(options, &genome_config.exclude, genome.contigs(), &mut warnings)?;
    Ok(GenomeInputs { genome, contigs, exclude, tracks, window_bp, max_n_share: dataset.select.max_n_share, warnings })
}

pub(crate) fn contig_map(track: &TrackConfig) -> ContigMap {
    ContigMap::from_pairs(track.contigs.clone())
}

fn config_error(problem: String) -> DataError {
    DataError::Config { problems: vec![problem] }
}

fn some_of(names: &[&str]) -> String {
    let shown = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown}, …") } else { shown }
}

fn refuse(problems: Vec<preflight::Problem>) -> Result<(), DataError> {
    match problems.into_iter().next() {
        None => Ok(()),
        Some(problem) => {
            let help = problem.help.map_or_else(String::new, |h| format!("; {h}"));
            Err(DataError::File { path: problem.file, message: format!("{}{help}", problem.message) })
        }
    }
}

/// Peaks of one track per usable contig. A peak past its contig's end is an error; peaks on contigs that the FASTA does
/// not have are counted in a warning.
fn track_peaks(
    path: &Path,
    track: &TrackConfig,
    genome: &[Contig],
    usable: &[Contig],
    warnings: &mut Vec<String>,
) -> Result<Vec<ContigPeaks>, DataError> {
    let map = contig_map(track);
    let peaks = read_peaks(path)?;
    if peaks.is_empty() {
        return Err(DataError::file(
            path,
            format!("holds no peaks for track {:?}; check the peak caller's output", track.name),
        ));
    }
    refuse(preflight::check_contigs(genome, path, &named_contigs(&peaks), false, &map))?;
    let lengths: BTreeMap<&str, u64> = genome.iter().map(|c| (c.name.as_str(), c.length_bp)).collect();
    let index: BTreeMap<&str, usize> = usable.iter().enumerate().map(|(i, c)| (c.name.as_str(), i)).collect();
    let mut found = vec![Vec::new(); usable.len()];
    let mut foreign: BTreeSet<&str> = BTreeSet::new();
    let mut lost = 0;
    for peak in &peaks {
        let contig = map.to_genome(&peak.interval.contig);
        let Some(&length) = lengths.get(contig) else {
            foreign.insert(contig);
            lost += 1;
            continue;
        };
        if peak.interval.end_0 > length {
            return Err(DataError::row(
                path,
                peak.line,
                format!(
                    "peak {} reaches past the end of {contig} ({length} bp in the FASTA); is it of another assembly?",
                    peak.interval
                ),
            ));
        }
        if let Some(&at) = index.get(contig) {
            found[at].push((peak.interval.start_0, peak.interval.end_0));
        }
    }
    if lost > 0 {
        let names: Vec<&str> = foreign.into_iter().collect();
        warnings.push(format!(
            "{lost} of {} peaks of track {:?} lie on contigs that the FASTA does not have ({}) and are left out",
            peaks.len(),
            track.name,
            some_of(&names)
        ));
    }
    Ok(found.into_iter().map(ContigPeaks::new).collect())
}

/// Contigs that peaks lie on. Their lengths are not known and left 0, so that ends past a contig are found peak by peak,
/// with their line.
pub(crate) fn named_contigs(peaks: &[Peak]) -> Vec<Contig> {
    let names: BTreeSet<&str> = peaks.iter().map(|p| p.interval.contig.as_str()).collect();
    names.into_iter().map(|name| Contig { name: name.to_owned(), length_bp: 0 }).collect()
}

fn exclusions(
    options: &BuildOptions,
    files: &[String],
    genome: &[Contig],
    warnings: &mut Vec<String>,
) -> Result<Option<IntervalSet>, DataError> {
    let mut intervals: Vec<Interval> = Vec::new();
    for file in files {
        let path = options.path(file)?;
        let regions = read_peaks(&path)?;
        let known = regions.iter().filter(|r| genome.iter().any(|c| c.name == r.interval.contig)).count();
        if known == 0 {
            warnings.push(format!(
                "none of the {} regions of {} lies on a contig of the FASTA; nothing is excluded by it",
                regions.len(),
                path.display()
            ));
        }
        intervals.extend(regions.into_iter().map(|r| r.interval));
    }
    Ok((!intervals.is_empty()).then(|| IntervalSet::from_intervals(intervals)))
}
