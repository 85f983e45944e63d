use std::path::{Path, PathBuf};

use cistron_core::{Predictor, Reporter};
use cistron_eval::variants::{NullKind, ScoreOptions, Scored, VariantScorer, null_windows, p_values};
use cistron_genome::variant::{Padding, Segment, Variant, read_variants};
use cistron_nn::DeviceChoice;
use cistron_report::table::Table;
use cistron_stats::q_values;

use super::effects_table::{effects_table, task_names};
use super::locate::{Entry, locate};
use super::{ModelPath, OnMismatch, ReferencePath, ScoredVariants, models};
use crate::{CistronError, motif};

/// Everything that scoring needs.
#[derive(Debug, Clone)]
pub struct ScoreJob {
    /// The networks.
    pub models: Vec<ModelPath>,
    /// VCF or table of variants.
    pub variants: PathBuf,
    /// What they change.
    pub reference: ReferencePath,
    /// What to do with reference alleles that do not match.
    pub on_mismatch: OnMismatch,
    /// What stands beyond the known sequence.
    pub padding: Padding,
    /// Shifts of the robust prediction; 0 for none.
    pub shifts: usize,
    /// Random variants to compare with, and how many.
    pub null: Option<(NullKind, usize)>,
    /// Seed of shifts and random variants.
    pub seed: u64,
    /// Where networks run.
    pub device: DeviceChoice,
    /// Folder of the result.
    pub out: PathBuf,
}

/// What was scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreSummary {
    /// Alleles of the file.
    pub variants: usize,
    /// Those that were scored.
    pub scored: usize,
    /// Those of them whose alleles were turned.
    pub swapped: usize,
    /// Lines with several alternative alleles.
    pub multi_allelic: usize,
    /// Reasons why others were not, with their numbers.
    pub left_out: Vec<(String, usize)>,
    /// The table.
    pub table: PathBuf,
}

impl ScoreSummary {
    /// What a reader should know of variants that were turned or left out.
    pub fn warnings(&self) -> Vec<String> {
        let turned = format!("{} variants have the reference's base as their alternative allele", self.swapped);
        let left_out = self.left_out.iter().map(|(why, n)| format!("{n} variants were not scored: {why}"));
        (self.swapped > 0).then_some(turned).into_iter().chain(left_out).collect()
    }
}

/// Variants that are scored at once.
const CHUNK: usize = 64;

/// Scores variants with every model and writes `effects.tsv` and `effects.parquet`: one row per model, variant and task.
///
/// # Errors
/// Files that cannot be read, reference alleles that do not match, no variant that can be scored, models that cannot be loaded.
pub fn score(job: &ScoreJob, reporter: &dyn Reporter) -> Result<ScoreSummary, CistronError> {
    let models = models::load(&job.models, job.device)?;
    let file = read_variants(&job.variants, &[])?;
    let multi_allelic = file.multi_allelic;
    let reference = job.reference.open(&job.out.join("cache"))?;
    let entries = locate(file, &job.variants, &reference, job.reference.path(), job.on_mismatch)?;
    let options = ScoreOptions { shifts: job.shifts, seed: job.seed, padding: job.padding };
    let scored = models
        .iter()
        .map(|model| score_entries(model, &entries, &options, job.null.map(|n| (n, job.seed)), reporter))
        .collect::<Result<Vec<_>, _>>()?;
    let table = write_table(&effects_table(&entries, &scored, &[]), &job.out)?;
    Ok(summary(&entries, multi_allelic, table))
}

pub(super) fn summary(entries: &[Entry<'_>], multi_allelic: usize, table: PathBuf) -> ScoreSummary {
    let mut left_out: Vec<(String, usize)> = Vec::new();
    for why in entries.iter().filter_map(|e| e.located.as_ref().err()) {
        // Mismatches differ in their letters: one line for all.
        let kind = why.split_once(':').map_or(why.as_str(), |(kind, _)| kind);
        match left_out.iter_mut().find(|(known, _)| known == kind) {
            Some((_, n)) => *n += 1,
            None => left_out.push((kind.to_owned(), 1)),
        }
    }
    ScoreSummary {
        variants: entries.len(),
        scored: entries.iter().filter(|e| e.located.is_ok()).count(),
        swapped: entries.iter().filter(|e| e.located.as_ref().is_ok_and(|l| l.swapped)).count(),
        multi_allelic,
        left_out,
        table,
    }
}

/// `NAME.tsv` and `NAME.parquet` in a folder; the path of the first.
pub(super) fn write_table(table: &Table, dir: &Path) -> Result<PathBuf, CistronError> {
    std::fs::create_dir_all(dir).map_err(CistronError::io(dir))?;
    motif::write_table(table, Some(&dir.join(format!("{}.parquet", table.name))))?;
    let path = dir.join(format!("{}.tsv", table.name));
    motif::write_table(table, Some(&path))?;
    Ok(path)
}

/// Effects of all entries that have a place, with p-values when random variants are asked for.
pub(super) fn score_entries(
    model: &dyn Predictor,
    entries: &[Entry<'_>],
    options: &ScoreOptions,
    null: Option<((NullKind, usize), u64)>,
    reporter: &dyn Reporter,
) -> Result<ScoredVariants, CistronError> {
    let mut scorer = VariantScorer::new(model, options)?;
    let tasks = task_names(&scorer.head().tasks);
    let places: Vec<(usize, (Segment<'_>, &Variant))> = entries
        .iter()
        .enumerate()
        .filter_map(|(i, e)| e.located.as_ref().ok().map(|l| (i, (l.segment, &l.variant))))
        .collect();
    let task = reporter.start(&format!("score with {}", model.spec().name), places.len() as u64);
    let mut scored: Vec<Option<Scored>> = vec![None; entries.len()];
    for (done, chunk) in places.chunks(CHUNK).enumerate() {
        let variants: Vec<_> = chunk.iter().map(|(_, place)| *place).collect();
        for ((index, _), mut effects) in chunk.iter().zip(scorer.score(&variants)?) {
            if entries[*index].located.as_ref().is_ok_and(|l| l.swapped) {
                effects = effects.swapped();
            }
            scored[*index] = Some(effects);
        }
        task.set_position((done * CHUNK + chunk.len()) as u64);
    }
    task.finish("");
    let mut result = ScoredVariants {
        model: model.spec().name.clone(),
        tasks,
        kind: scorer.kind(),
        scored,
        p_values: Vec::new(),
        q_values: Vec::new(),
    };
    if let Some(((kind, count), seed)) = null {
        let variants: Vec<_> = places.iter().map(|(_, place)| *place).collect();
        let windows = null_windows(&mut scorer, &variants, kind, count, seed);
        let task = reporter.start("score random variants", windows.len() as u64);
        let mut effects = Vec::new();
        for chunk in windows.chunks(CHUNK) {
            effects.extend(scorer.score_windows(chunk)?);
            task.set_position(effects.len() as u64);
        }
        task.finish("");
        compare(&mut result, &effects);
    }
    Ok(result)
}

/// Adds p- and q-values.
fn compare(result: &mut ScoredVariants, null: &[Vec<cistron_eval::variants::Effect>]) {
    let kind = result.kind;
    let n = result.scored.len();
    (result.p_values, result.q_values) = (vec![Vec::new(); n], vec![Vec::new(); n]);
    for task in 0..result.tasks.len() {
        let null: Vec<f64> = null.iter().filter_map(|effects| effects[task].main(kind)).collect();
        let effects: Vec<Option<f64>> =
            result.scored.iter().map(|s| s.as_ref().and_then(|s| s.standard[task].main(kind))).collect();
        let p = p_values(&effects, &null);
        let defined: Vec<f64> = p.iter().flatten().copied().collect();
        let mut q = q_values(&defined, defined.len() as u64).into_iter();
        for (i, p) in p.into_iter().enumerate() {
            result.p_values[i].push(p);
            result.q_values[i].push(p.and_then(|_| q.next()));
        }
    }
}
