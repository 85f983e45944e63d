//! The pre-flight: every problem that can be seen without heavy work, all at once.

use std::path::Path;

use cistron_core::{TargetKind, is_out_of_space};
use cistron_genome::{BigWig, Contig, ContigMap, Genome, preflight, read_chrom_sizes, read_fasta, read_peaks};

use crate::build::{self, BuildOptions, InputPath};
use crate::config::{DatasetKind, SplitBy, TrackConfig, Uneven};
use crate::table_file::{TableColumns, column_names, missing_column, read_rows};
use crate::{DataError, DatasetConfig};

/// Something that would stop a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Key of the study file, e.g. `dataset.tracks[0].bigwig`.
    pub where_: String,
    /// What is wrong, with file, line or contig.
    pub message: String,
    /// What to do, where the message does not say.
    pub help: Option<String>,
    /// Whether the machine is at fault (a full disk), not the input.
    pub out_of_space: bool,
}

/// Finds every problem with the configuration and its files: keys, missing or empty files, contigs that do not match,
/// other assemblies, peaks past contig ends, missing columns, lengths that do not fit. Opens headers, peak files and the
/// genome (decoded into the cache, which a build uses again); signal and table rows are not read through.
pub fn check(options: &BuildOptions) -> Vec<Problem> {
    let mut found = Found::default();
    for problem in options.validate() {
        found.key(&problem);
    }
    let (paths, unresolved) = options.input_paths();
    for problem in unresolved {
        found.key(&problem);
    }
    let present: Vec<InputPath> = paths.into_iter().filter(|p| found.exists(p)).collect();
    match options.dataset.resolved_kind() {
        DatasetKind::Coverage | DatasetKind::Peaks => check_genome(options, &present, &mut found),
        DatasetKind::Table => check_table(options, &present, &mut found),
        DatasetKind::Fasta => check_fasta(options, &present, &mut found),
    }
    found.problems
}

#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, key: &str, message: String, help: Option<String>) {
        self.push(Problem { where_: key.to_owned(), message, help, out_of_space: false });
    }

    fn push(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A problem written as `key: message`.
    fn key(&mut self, problem: &str) {
        let (key, message) = problem.split_once(": ").unwrap_or(("dataset", problem));
        self.add(key, message.to_owned(), None);
    }

    fn exists(&mut self, input: &InputPath) -> bool {
        let shown = input.path.display();
        let folder = "relative paths are resolved against the study file's folder";
        let (message, help) = match std::fs::metadata(&input.path) {
            Err(error) => (format!("{shown}: {error}"), Some(folder)),
            Ok(metadata) if !metadata.is_file() => (format!("{shown} is not a file"), Some(folder)),
            Ok(metadata) if metadata.len() == 0 => (format!("{shown} is empty; fetch or write it again"), None),
            Ok(_) => return true,
        };
        self.add(&input.key, message, help.map(str::to_owned));
        false
    }

    fn preflight(&mut self, key: &str, problems: Vec<preflight::Problem>) -> bool {
        let clean = problems.is_empty();
        for problem in problems {
            self.add(key, format!("{}: {}", problem.file.display(), problem.message), problem.help);
        }
        clean
    }

    /// The value, or the error as a problem.
    fn ok<T, E: std::error::Error + 'static>(&mut self, key: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                let out_of_space = is_out_of_space(&error);
                let help = out_of_space.then(|| "free some space, or choose another run directory".to_owned());
                self.push(Problem { where_: key.to_owned(), message: error.to_string(), help, out_of_space });
                None
            }
        }
    }
}

fn path_of<'a>(present: &'a [InputPath], key: &str) -> Option<&'a Path> {
    present.iter().find(|p| p.key == key).map(|p| p.path.as_path())
}

fn check_genome(options: &BuildOptions, present: &[InputPath], found: &mut Found) {
    let genome = path_of(present, "genome.fasta")
        .and_then(|path| found.ok("genome.fasta", Genome::open(path, &options.cache_dir)));
    let contigs = genome.as_ref().map(Genome::contigs);
    if let (Some(path), Some(contigs)) = (path_of(present, "genome.chrom_sizes"), contigs)
        && let Some(sizes) = found.ok("genome.chrom_sizes", read_chrom_sizes(path))
    {
        found.preflight(
            "genome.chrom_sizes",
            preflight::check_contigs(contigs, path, &sizes, true, &ContigMap::identity()),
        );
    }
    for input in present.iter().filter(|p| p.key.starts_with("genome.exclude")) {
        found.ok(&input.key, read_peaks(&input.path));
    }
    if let Some(contigs) = contigs {
        for problem in build::split_contig_problems(contigs, &options.resolved()) {
            found.key(&problem);
        }
        for name in options.dataset.select.contigs.iter().flatten() {
            if !contigs.iter().any(|c| &c.name == name) {
                found.add("dataset.select.contigs", format!("the FASTA has no contig {name:?}"), None);
            }
        }
        let window = options.dataset.resolved().window_bp.unwrap_or(DatasetConfig::DEFAULT_WINDOW_BP) as u64;
        if !contigs.iter().any(|c| c.length_bp >= window) {
            found.add("dataset.window_bp", format!("no contig of the FASTA is as long as {window} bp"), None);
        }
    }
    for (i, track) in options.dataset.tracks.iter().enumerate() {
        let key = format!("dataset.tracks[{i}]");
        check_bigwig(present, &format!("{key}.bigwig"), track, contigs, found);
        check_peaks(present, &format!("{key}.peaks"), track, contigs, found);
    }
}

fn check_bigwig(present: &[InputPath], key: &str, track: &TrackConfig, contigs: Option<&[Contig]>, found: &mut Found) {
    let Some(path) = path_of(present, key) else { return };
    let Some(opened) = found.ok(key, BigWig::open(path)) else { return };
    if let Some(contigs) = contigs {
        let map = build::contig_map(track);
        found.preflight(key, preflight::check_contigs(contigs, path, opened.contigs(), true, &map));
    }
}

fn check_peaks(present: &[InputPath], key: &str, track: &TrackConfig, contigs: Option<&[Contig]>, found: &mut Found) {
    let Some(path) = path_of(present, key) else { return };
    let Some(peaks) = found.ok(key, read_peaks(path)) else { return };
    if peaks.is_empty() {
        found.add(key, format!("{}: holds no peaks", path.display()), None);
        return;
    }
    let Some(contigs) = contigs else { return };
    let map = build::contig_map(track);
    let named = build::named_contigs(&peaks);
    if !found.preflight(key, preflight::check_contigs(contigs, path, &named, false, &map)) {
        return;
    }
    let beyond =
        |contig: &str, end: u64| contigs.iter().find(|c| c.name == map.to_genome(contig)).filter(|c| c.length_bp < end);
    let count = peaks.iter().filter(|p| beyond(&p.interval.contig, p.interval.end_0).is_some()).count();
    let first = peaks.iter().find_map(|p| Some((p, beyond(&p.interval.contig, p.interval.end_0)?)));
    if let Some((peak, contig)) = first {
        let message = format!(
            "{}:{}: peak {} reaches past the end of {} ({} bp in the FASTA); {count} peak(s) do",
            path.display(),
            peak.line,
            peak.interval,
            contig.name,
            contig.length_bp
        );
        found.add(key, message, Some("the peaks are of another assembly than the FASTA".into()));
    }
}

fn check_table(options: &BuildOptions, present: &[InputPath], found: &mut Found) {
    let Some(table) = &options.dataset.table else { return };
    let split = options.dataset.resolved().split;
    let column = split.column.filter(|_| split.by == Some(SplitBy::Column));
    for input in present {
        if input.key == "dataset.table.sequences_fasta" {
            match found.ok(&input.key, read_fasta(&input.path)).and_then(|mut records| records.next()) {
                Some(Ok(record)) => check_length(options, &input.path, record.letters.len(), table.uneven, found),
                Some(Err(error)) => found.add(&input.key, error.to_string(), None),
                None => found.add(&input.key, format!("{} holds no sequences", input.path.display()), None),
            }
            continue;
        }
        let Some(columns) = found.ok(&input.key, column_names(&input.path, table.header)) else { continue };
        let mut wanted: Vec<(&str, &String)> = vec![("dataset.table.sequence", &table.sequence)];
        wanted.extend(split.group.iter().map(|g| ("dataset.split.group.column", &g.column)));
        wanted.extend(table.values.iter().map(|v| ("dataset.table.values", v)));
        wanted.extend(table.name.iter().map(|n| ("dataset.table.name", n)));
        wanted.extend(column.iter().map(|c| ("dataset.split.column", c)));
        let missing: Vec<_> =
            wanted.into_iter().filter(|(_, name)| !name.is_empty() && !columns.contains(name)).collect();
        for (key, name) in &missing {
            found.add(key, format!("{} {}", input.path.display(), missing_column(name, &columns)), None);
        }
        if missing.is_empty() && !table.sequence.is_empty() {
            let wanted = TableColumns {
                sequence: table.sequence.clone(),
                name: None,
                split: None,
                values: Vec::new(),
                header: table.header,
            };
            let mut length = None;
            // stops after the first row by an error that is not shown
            let stop = || DataError::NoWindows { message: String::new() };
            let read = read_rows(&input.path, &wanted, &mut |row| {
                length = Some(row.sequence.len());
                Err(stop())
            });
            match (read, length) {
                (Err(error), None) => found.add(&input.key, error.to_string(), None),
                (Ok(()), None) => found.add(&input.key, format!("{} has no rows", input.path.display()), None),
                (_, Some(length)) => check_length(options, &input.path, length, table.uneven, found),
            }
        }
    }
}

fn check_length(options: &BuildOptions, path: &Path, length: usize, uneven: Uneven, found: &mut Found) {
    let window = options.dataset.window_bp;
    let shown = path.display();
    if window.is_some_and(|w| length > w) {
        found.add(
            "dataset.window_bp",
            format!("the first sequence of {shown} has {length} bp, more than window_bp"),
            None,
        );
    }
    let Some(input) = options.dataset.input_bp else { return };
    if uneven == Uneven::Error && input > length {
        let message = format!("{input} bp do not fit in the {length} bp of the first sequence of {shown}");
        found.add("dataset.input_bp", message, Some(format!("set input_bp = {length} or remove it")));
    }
}

fn check_fasta(options: &BuildOptions, present: &[InputPath], found: &mut Found) {
    let Some(fasta) = &options.dataset.fasta else { return };
    let binary = options.dataset.resolved_target() == TargetKind::Binary;
    for (i, file) in fasta.files.iter().enumerate() {
        let key = format!("dataset.fasta.files[{i}].path");
        let Some(path) = path_of(present, &key) else { continue };
        let Some(mut records) = found.ok(&key, read_fasta(path)) else { continue };
        match records.next() {
            None => found.add(&key, format!("{} holds no sequences", path.display()), None),
            Some(Err(error)) => found.add(&key, error.to_string(), None),
            Some(Ok(record)) => {
                let label = record.name.parse::<f32>().ok();
                let fits = label.is_some_and(|l| !binary || l == 0.0 || l == 1.0);
                if file.label_from_header && !fits {
                    let wanted = if binary { "0 or 1" } else { "a number" };
                    let message =
                        format!("{}:{}: the header is {wanted}, not {:?}", path.display(), record.line, record.name);
                    found.add(&key, message, Some("give label = 0 or 1 instead of label_from_header".into()));
                }
                check_length(options, path, record.letters.len(), fasta.uneven, found);
            }
        }
    }
}
