use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;

use super::{Positions, TableColumns, TableRow, parse_value};
use crate::DataError;

fn text(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    let mut raw = BufReader::with_capacity(1 << 16, File::open(path).map_err(DataError::io(path))?);
    let start = raw.fill_buf().map_err(DataError::io(path))?;
    if start.is_empty() {
        return Err(DataError::file(path, "the file is empty"));
    }
    let gzip = start.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip { Box::new(BufReader::with_capacity(1 << 17, MultiGzDecoder::new(raw))) } else { Box::new(raw) })
}

fn read_error(path: &Path, error: &io::Error) -> DataError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DataError::file(path, "the gzip stream is cut off; fetch the file again"),
        _ => DataError::file(path, format!("cannot be read: {error}")),
    }
}

/// By extension (.csv, .tsv, .tab, before .gz), else a tab in the first line, else a comma.
fn delimiter(path: &Path, first_line: &[u8]) -> u8 {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".bgz")).unwrap_or(&name);
    if name.ends_with(".csv") {
        b','
    } else if name.ends_with(".tsv") || name.ends_with(".tab") || first_line.contains(&b'\t') {
        b'\t'
    } else {
        b','
    }
}

struct Table {
    reader: csv::Reader<Box<dyn Read>>,
    columns: Vec<String>,
    quotes_in_tabs: bool,
    crlf: bool,
}

impl Table {
    /// 1-based line of a record. With CRLF the csv crate counts the line end only when the next record begins.
    fn line(&self, position: Option<&csv::Position>) -> u64 {
        position.map_or(0, |p| p.line() + u64::from(self.crlf && p.byte() > 0))
    }
}

fn open(path: &Path, header: bool) -> Result<Table, DataError> {
    let mut input = text(path)?;
    let mut first_line = Vec::new();
    input.read_until(b'\n', &mut first_line).map_err(|e| read_error(path, &e))?;
    let delimiter = delimiter(path, &first_line);
    let crlf = first_line.ends_with(b"\r\n");
    let rest: Box<dyn Read> = Box::new(io::Cursor::new(first_line).chain(input));
    let tabs = delimiter == b'\t';
    // In TSV a quote is an ordinary character (a stray one would swallow lines); a pair around a field is taken off.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(!tabs)
        .has_headers(header)
        .buffer_capacity(1 << 17)
        .from_reader(rest);
    let columns = if header {
        let names = reader.byte_headers().map_err(|e| csv_error(path, e))?;
        names.iter().map(|n| String::from_utf8_lossy(strip(n, tabs)).into_owned()).collect::<Vec<_>>()
    } else {
        // without a header csv's headers are the first record, which is read again as a record
        (1..=reader.byte_headers().map_err(|e| csv_error(path, e))?.len()).map(|i| i.to_string()).collect()
    };
    for (i, column) in columns.iter().enumerate() {
        if columns[..i].contains(column) && !column.is_empty() {
            return Err(DataError::row(path, 1, format!("two columns are named {column:?}; rename one")));
        }
    }
    Ok(Table { reader, columns, quotes_in_tabs: tabs, crlf })
}

fn csv_error(path: &Path, error: csv::Error) -> DataError {
    let line = error.position().map(csv::Position::line);
    match (error.into_kind(), line) {
        (csv::ErrorKind::Io(error), _) => read_error(path, &error),
        (csv::ErrorKind::UnequalLengths { pos, expected_len, len }, _) => {
            let line = pos.map_or(0, |p| p.line());
            DataError::row(path, line, format!("has {len} columns where the first line has {expected_len}"))
        }
        (kind, line) => DataError::row(path, line.unwrap_or(0), format!("cannot be read: {kind:?}")),
    }
}

fn strip(field: &[u8], quotes: bool) -> &[u8] {
    let field = field.trim_ascii();
    match field {
        [b'"', inner @ .., b'"'] if quotes => inner,
        _ => field,
    }
}

pub(super) fn column_names(path: &Path, header: bool) -> Result<Vec<String>, DataError> {
    Ok(open(path, header)?.columns)
}

pub(super) fn read_rows(
    path: &Path,
    columns: &TableColumns,
    visit: &mut dyn FnMut(TableRow<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut table = open(path, columns.header)?;
    let positions = Positions::find(path, columns, &table.columns)?;
    let quotes = table.quotes_in_tabs;
    let mut record = ByteRecord::new();
    let mut values = vec![0.0; positions.values.len()];
    while table.reader.read_byte_record(&mut record).map_err(|e| csv_error(path, e))? {
        let line = table.line(record.position());
        let field = |at: usize| strip(record.get(at).unwrap_or_default(), quotes);
        let word = |at: usize, what: &str| {
            std::str::from_utf8(field(at))
                .map_err(|_| DataError::row(path, line, format!("the {what} is not valid UTF-8")))
        };
        for (value, &at) in values.iter_mut().zip(&positions.values) {
            let text = word(at, "value")?;
            *value = parse_value(text).ok_or_else(|| {
                let column = &table.columns[at];
                DataError::row(
                    path,
                    line,
                    format!(
                        "column {column:?}: {text:?} is not a finite number; leave it empty when it was not measured"
                    ),
                )
            })?;
        }
        visit(TableRow {
            line,
            sequence: field(positions.sequence),
            name: positions.name.map(|at| word(at, "name")).transpose()?,
            split: positions.split.map(|at| word(at, "split")).transpose()?,
            values: &values,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{TableColumns, column_names, read_rows};
    use super::*;
    use std::io::Write;

    fn columns(sequence: &str, values: &[&str], header: bool) -> TableColumns {
        TableColumns {
            sequence: sequence.into(),
            name: None,
            split: None,
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            header,
        }
    }

    fn rows(path: &Path, columns: &TableColumns) -> Result<Vec<(u64, String, Vec<f32>)>, DataError> {
        let mut out = Vec::new();
        read_rows(path, columns, &mut |row| {
            out.push((row.line, String::from_utf8_lossy(row.sequence).into_owned(), row.values.to_vec()));
            Ok(())
        })?;
        Ok(out)
    }

    fn write(name: &str, text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn tsv_csv_gzip_and_no_header() {
        let (_d, path) = write("a.tsv", b"seq\tx\ty\n\"ACG\"\t1.5\tNA\nAAA\t2\t-3e1\n");
        let found = rows(&path, &columns("seq", &["x", "y"], true)).unwrap();
        assert_eq!((found[0].0, found[0].1.as_str(), found[0].2[0]), (2, "ACG", 1.5));
        assert!(found[0].2[1].is_nan());
        assert_eq!(found[1], (3, "AAA".into(), vec![2.0, -30.0]));

        let (_d, path) = write("a.csv", b"name,s,v\r\n\"a, b\",AC,1\r\n");
        assert_eq!(rows(&path, &columns("s", &["v"], true)).unwrap(), [(2, "AC".into(), vec![1.0])]);
        assert_eq!(column_names(&path, true).unwrap(), ["name", "s", "v"]);

        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"AC\t1\nGT\t2\n").unwrap();
        let bytes = gzip.finish().unwrap();
        let (_d, path) = write("a.txt.gz", &bytes);
        let found = rows(&path, &columns("1", &["2"], false)).unwrap();
        assert_eq!(found, [(1, "AC".into(), vec![1.0]), (2, "GT".into(), vec![2.0])]);
        let (_d, path) = write("cut.tsv.gz", &bytes[..bytes.len() - 9]);
        let error = rows(&path, &columns("1", &["2"], false)).unwrap_err().to_string();
        assert!(error.contains("cut.tsv.gz") && error.contains("cut off"), "{error}");
    }

    #[test]
    fn problems_name_line_and_column() {
        let (_d, path) = write("a.tsv", b"seq\tx\nACG\t1\nACG\thigh\n");
        let error = rows(&path, &columns("seq", &["x"], true)).unwrap_err().to_string();
        assert!(error.contains("a.tsv:3") && error.contains("\"x\"") && error.contains("\"high\""), "{error}");
        let error = rows(&path, &columns("sequence", &["x"], true)).unwrap_err().to_string();
        assert!(error.contains("no column \"sequence\"; its columns are seq, x"), "{error}");
        let (_d, path) = write("b.tsv", b"seq\tx\nACG\t1\nACG\n");
        let error = rows(&path, &columns("seq", &["x"], true)).unwrap_err().to_string();
        assert!(error.contains("b.tsv:3") && error.contains("1 columns"), "{error}");
        let (_d, path) = write("c.tsv", b"");
        assert!(rows(&path, &columns("1", &["2"], false)).unwrap_err().to_string().contains("empty"));
        let (_d, path) = write("d.tsv", b"x\tx\n1\t2\n");
        assert!(rows(&path, &columns("x", &["x"], true)).unwrap_err().to_string().contains("two columns"));
    }
}
