//! Kinds `table` and `fasta`: two walks over the files, the first for identities, lengths and sides, the second writes.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use cistron_core::{Reporter, TargetKind, alphabet};

use super::genome_windows::SequenceFacts;
use super::sequence_rows::{SequenceFiles, SequenceRow};
use super::{BuildOptions, Built, SplitCounter, check_input};
use crate::config::{SplitBy, SplitConfig, SplitValue, Uneven};
use crate::manifest::ResolvedConfig;
use crate::split::{SplitInput, assign};
use crate::window_table::{WindowRecord, WindowTableWriter};
use crate::{CanonicalHash, DataError, NpyWriter, Split, canonical_hash, dataset};

/// Rows written in one go.
const BATCH: usize = 4096;

/// What the first walk keeps of every row.
#[derive(Default)]
struct Seen {
    hashes: Vec<CanonicalHash>,
    /// `None` when the split column has a value that no list names.
    fixed: Vec<Option<Split>>,
    places: Vec<(u32, u64)>,
    /// Hash of the group's name; empty without `dataset.split.group`.
    groups: Vec<u64>,
    /// Length → (rows, first file, first line).
    lengths: BTreeMap<usize, (u64, usize, u64)>,
    /// Values of the split column that no list names.
    unlisted: BTreeMap<String, u64>,
}

pub(super) fn build(
    options: &BuildOptions,
    config: &ResolvedConfig,
    dir: &Path,
    reporter: &dyn Reporter,
) -> Result<Built, DataError> {
    let files = SequenceFiles::new(options, config)?;
    let task = reporter.start("reading sequences", 0);
    let mut seen = Seen::default();
    files.walk(&mut |row| {
        seen.add(&row, &files, &config.dataset.split);
        Ok(())
    })?;
    task.finish(&format!("{} sequences", seen.hashes.len()));
    let window_bp = window_length(&seen, &files, config)?;
    check_input(config.dataset.input_bp.unwrap_or(window_bp), window_bp)?;
    let mut warnings = Vec::new();
    if !seen.unlisted.is_empty() {
        let rows: u64 = seen.unlisted.values().sum();
        let values: Vec<&str> = seen.unlisted.keys().take(5).map(String::as_str).collect();
        warnings.push(format!(
            "{rows} of {} rows are left out: dataset.split lists no side for {}",
            seen.hashes.len(),
            values.join(", ")
        ));
    }
    let listed: Vec<usize> = (0..seen.hashes.len()).filter(|&i| seen.fixed[i].is_some()).collect();
    let hashes: Vec<CanonicalHash> = listed.iter().map(|&i| seen.hashes[i]).collect();
    let fixed: Vec<Split> = listed.iter().filter_map(|&i| seen.fixed[i]).collect();
    let groups: Vec<u64> = listed.iter().filter_map(|&i| seen.groups.get(i).copied()).collect();
    let input = SplitInput {
        hashes: &hashes,
        fixed: &fixed,
        places: None,
        groups: (!groups.is_empty()).then_some(&groups),
        config: &config.dataset.split,
        duplicates: config.dataset.duplicates,
        seed: options.seed,
    };
    let assigned = assign(&input, &|i| {
        let (file, line) = seen.places[listed[i]];
        files.place(file as usize, line)
    })?;
    warnings.extend(assigned.warnings);
    let mut splits: Vec<Option<Split>> = vec![None; seen.hashes.len()];
    for (&row, split) in listed.iter().zip(assigned.splits) {
        splits[row] = split;
    }
    drop((hashes, fixed, listed, seen));
    let task = reporter.start("writing sequences", splits.iter().flatten().count() as u64);
    let written = write(&files, config, &splits, window_bp, dir)?;
    task.finish(&format!("{} sequences", written.windows));
    Ok(Built { duplicates: assigned.duplicates, warnings: [warnings, written.warnings].concat(), ..written })
}

impl Seen {
    fn add(&mut self, row: &SequenceRow<'_>, files: &SequenceFiles, split: &SplitConfig) {
        self.hashes.push(canonical_hash(row.codes));
        self.places.push((row.file as u32, row.line));
        let length = self.lengths.entry(row.codes.len()).or_insert((0, row.file, row.line));
        length.0 += 1;
        let side = match split.by {
            Some(SplitBy::File) => files.files[row.file].1.or(Some(Split::Train)),
            Some(SplitBy::Column) => side_of(row.column.unwrap_or_default(), split),
            _ => Some(Split::Train),
        };
        if side.is_none() {
            *self.unlisted.entry(row.column.unwrap_or_default().to_owned()).or_default() += 1;
        }
        self.fixed.push(side);
        if let Some(group) = &split.group {
            self.groups.push(name_key(group.of(row.column.unwrap_or_default())));
        }
    }
}

/// The side of a value of the split column; without a training list, what is in no list trains.
fn side_of(value: &str, split: &SplitConfig) -> Option<Split> {
    let lists =
        |side: &Option<SplitValue>| side.as_ref().and_then(SplitValue::names).map(|n| n.iter().any(|v| v == value));
    if lists(&split.test) == Some(true) {
        Some(Split::Test)
    } else if lists(&split.valid) == Some(true) {
        Some(Split::Valid)
    } else {
        lists(&split.train).unwrap_or(true).then_some(Split::Train)
    }
}

fn window_length(seen: &Seen, files: &SequenceFiles, config: &ResolvedConfig) -> Result<usize, DataError> {
    let longest = *seen.lengths.keys().next_back().ok_or_else(|| DataError::NoWindows {
        message: "the files hold no rows; check dataset.table or dataset.fasta".into(),
    })?;
    let wanted = config.dataset.window_bp;
    let window = wanted.unwrap_or(longest);
    if longest > window {
        let (_, file, line) = seen.lengths[&longest];
        let message =
            format!("the sequence has {longest} bp, more than window_bp = {window}; raise or remove window_bp");
        return Err(DataError::row(&files.files[file].0, line, message));
    }
    let odd = seen.lengths.iter().filter(|(length, _)| **length != window);
    if files.uneven == Uneven::Error && odd.clone().next().is_some() {
        let shown: Vec<String> = seen
            .lengths
            .iter()
            .take(6)
            .map(|(length, (rows, file, line))| {
                format!("{length} bp ({rows} rows, first {})", files.place(*file, *line))
            })
            .collect();
        // the rarest length is most likely the odd one
        let (_, (_, file, line)) =
            seen.lengths.iter().min_by_key(|(_, (rows, ..))| *rows).unwrap_or((&longest, &(0, 0, 0)));
        let key = if config.dataset.table.is_some() { "dataset.table" } else { "dataset.fasta" };
        let message = format!(
            "sequences have different lengths: {}{}; set {key}.uneven = \"pad\" to fill the shorter ones with N",
            shown.join(", "),
            if seen.lengths.len() > 6 { ", …" } else { "" }
        );
        return Err(DataError::row(&files.files[*file].0, *line, message));
    }
    Ok(window)
}

/// Rows that wait to be written.
struct Pending {
    codes: Vec<u8>,
    values: Vec<f32>,
    rows: u64,
    written: u64,
}

fn write(
    files: &SequenceFiles,
    config: &ResolvedConfig,
    splits: &[Option<Split>],
    window_bp: usize,
    dir: &Path,
) -> Result<Built, DataError> {
    let n = splits.iter().flatten().count() as u64;
    let binary = config.dataset.resolved_target() == TargetKind::Binary;
    let file = if binary { dataset::LABEL } else { dataset::VALUE };
    let sequence = NpyWriter::<u8>::create(&dir.join(dataset::SEQUENCE), &[n, window_bp as u64])?;
    let values = NpyWriter::<f32>::create(&dir.join(file), &[n, files.tasks as u64])?;
    let mut table = WindowTableWriter::create(dir)?;
    let mut counter = SplitCounter::new(binary.then_some(files.tasks));
    let mut pending = Pending { codes: Vec::new(), values: Vec::new(), rows: 0, written: 0 };
    let flush = |pending: &mut Pending| {
        if pending.rows > 0 {
            sequence.write_rows(pending.written, &pending.codes)?;
            values.write_rows(pending.written, &pending.values)?;
            pending.written += pending.rows;
        }
        pending.rows = 0;
        pending.codes.clear();
        pending.values.clear();
        Ok::<(), DataError>(())
    };
    let mut uses: HashMap<u64, u32> = HashMap::new();
    let (mut index, mut renamed) = (0, 0u64);
    files.walk(&mut |row| {
        let split = splits.get(index).copied().flatten();
        index += 1;
        let Some(split) = split else { return Ok(()) };
        if row.codes.len() > window_bp || pending.written + pending.rows >= n {
            return Err(DataError::row(
                &files.files[row.file].0,
                row.line,
                "the file changed while it was read; start again",
            ));
        }
        let before = (window_bp - row.codes.len()) / 2;
        let start = pending.codes.len();
        pending.codes.resize(start + window_bp, alphabet::N);
        pending.codes[start + before..start + before + row.codes.len()].copy_from_slice(row.codes);
        pending.values.extend_from_slice(row.values);
        let facts = SequenceFacts::of(&pending.codes[start..]);
        let given = row.name.map_or_else(|| files.place(row.file, row.line), str::to_owned);
        let times = uses.entry(name_key(&given)).or_default();
        *times += 1;
        let name = if *times > 1 {
            renamed += 1;
            format!("{given}#{times}")
        } else {
            given
        };
        table.push(&WindowRecord { name: &name, place: None, split, gc: facts.gc, n_share: facts.n_share })?;
        counter.add(split, row.values.iter().enumerate().filter(|(_, v)| **v == 1.0).map(|(t, _)| t));
        pending.rows += 1;
        if pending.rows as usize == BATCH { flush(&mut pending) } else { Ok(()) }
    })?;
    flush(&mut pending)?;
    if pending.written != n {
        return Err(DataError::file(&files.files[0].0, "the file changed while it was read; start again"));
    }
    sequence.finish()?;
    values.finish()?;
    table.finish()?;
    let warnings = (renamed > 0).then(|| format!("{renamed} names stand more than once; the later ones got #2, #3 …"));
    Ok(Built { window_bp, windows: n, splits: counter.counts, duplicates: 0, warnings: warnings.into_iter().collect() })
}

fn name_key(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(first)
}
