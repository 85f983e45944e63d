use std::path::Path;

use cistron_core::{Interval, Strand};

use crate::GenomeError;
use crate::text_file::Lines;

/// One line of a BED or narrowPeak file. Coordinates are 0-based half-open, contig names as in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Where it lies.
    pub interval: Interval,
    /// Column 4, empty when absent.
    pub name: String,
    /// Column 5, 0 when absent.
    pub score: f64,
    /// Column 6.
    pub strand: Strand,
    /// Column 7 of narrowPeak, 0 when absent.
    pub signal_value: f64,
    /// Absolute position of the summit (start + column 10 of narrowPeak), when given.
    pub summit_0: Option<u64>,
    /// 1-based line in the file.
    pub line: u64,
}

/// Reads BED (3 to 9 columns and more) or narrowPeak (exactly 10), plain or gzip, in the order of the file. `track`, `browser`
/// and `#` lines are passed over. A file without peaks gives an empty list.
///
/// # Errors
/// Lines with too few columns, numbers that are none, start ≥ end, a summit outside its peak: with file and line.
pub fn read_peaks(path: &Path) -> Result<Vec<Peak>, GenomeError> {
    let mut lines = Lines::open(path)?;
    let mut peaks = Vec::new();
    while let Some((line, number)) = lines.next_line()? {
        let text =
            std::str::from_utf8(line).map_err(|_| GenomeError::line(path, number, "not text: is this a BED file?"))?;
        let skip = ["#", "track", "browser"].iter().any(|word| text.starts_with(word));
        if text.trim().is_empty() || skip {
            continue;
        }
        peaks.push(parse(text, number).map_err(|message| GenomeError::line(path, number, message))?);
    }
    Ok(peaks)
}

fn parse(text: &str, line: u64) -> Result<Peak, String> {
    let columns: Vec<&str> =
        if text.contains('\t') { text.split('\t').map(str::trim).collect() } else { text.split_whitespace().collect() };
    if columns.len() < 3 {
        return Err(format!("{} column(s) where BED needs contig, start and end", columns.len()));
    }
    let position = |index: usize, name: &str| {
        columns[index].parse::<u64>().map_err(|_| format!("{name} {:?} is not a position", columns[index]))
    };
    let (start_0, end_0) = (position(1, "start")?, position(2, "end")?);
    if start_0 >= end_0 {
        return Err(format!("start {start_0} is not below end {end_0}"));
    }
    let number = |index: usize, name: &str| match columns.get(index).copied() {
        None | Some("." | "") => Ok(0.0),
        Some(value) => value
            .parse::<f64>()
            .ok()
            .filter(|v| v.is_finite())
            .ok_or_else(|| format!("{name} (column {}) {value:?} is not a number", index + 1)),
    };
    let strand = match columns.get(5).copied() {
        Some("+") => Strand::Forward,
        Some("-") => Strand::Reverse,
        _ => Strand::Unstranded,
    };
    let narrow_peak = columns.len() == 10;
    let summit_0 = match columns.get(9).copied().filter(|_| narrow_peak) {
        None | Some("-1") => None,
        Some(offset) => {
            let offset = offset.parse::<u64>().map_err(|_| format!("summit {offset:?} is not an offset in bp"))?;
            if start_0 + offset >= end_0 {
                return Err(format!("summit {offset} lies outside the peak of {} bp", end_0 - start_0));
            }
            Some(start_0 + offset)
        }
    };
    Ok(Peak {
        interval: Interval::new(columns[0], start_0, end_0),
        name: columns.get(3).copied().unwrap_or_default().to_owned(),
        score: number(4, "score")?,
        strand,
        signal_value: if narrow_peak { number(6, "signalValue")? } else { 0.0 },
        summit_0,
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Peak>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_peaks(file.path()).map_err(|e| e.to_string())
    }

    #[test]
    fn narrow_peak_and_bed() {
        let peaks = read("track x\nchrI\t10\t50\tp1\t63\t-\t6.5\t9.6\t6.3\t7\nchrI 1 2\n").unwrap();
        assert_eq!(peaks[0].interval, Interval::new("chrI", 10, 50));
        assert_eq!((peaks[0].summit_0, peaks[0].signal_value, peaks[0].strand), (Some(17), 6.5, Strand::Reverse));
        assert_eq!((peaks[0].line, peaks[1].line, peaks[1].summit_0), (2, 3, None));
        assert!(read("# nothing\n").unwrap().is_empty());
    }

    #[test]
    fn bad_lines_say_which_and_why() {
        assert!(read("a\t1\t2\na\t5\t5\n").unwrap_err().contains(":2: start 5 is not below end 5"));
        assert!(read("a\t1\n").unwrap_err().contains(":1: 2 column(s)"));
        assert!(read("a\tx\t2\n").unwrap_err().contains("start \"x\" is not a position"));
        assert!(read("a\t-1\t2\n").unwrap_err().contains("not a position"));
        assert!(read("a\t1\t9\tn\t0\t.\t1\t1\t1\t8\n").unwrap_err().contains("summit 8 lies outside the peak of 8 bp"));
        assert!(read("a\t1\t9\tn\tmany\n").unwrap_err().contains("score (column 5) \"many\" is not a number"));
    }
}
