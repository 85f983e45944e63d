use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Table, Values};

/// Tabs, line ends and backslashes as `\t`, `\n`, `\r`, `\\`.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '\t', '\n', '\r']) {
        return text.into();
    }
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r").into()
}

fn write_cell(out: &mut String, values: &Values, row: usize) {
    // Writing to a string cannot fail.
    let _ = match values {
        Values::Text(v) => v[row].as_deref().map_or(Ok(()), |t| out.write_str(&escaped(t))),
        Values::Category(texts, v) => out.write_str(&escaped(&texts[v[row] as usize])),
        // `{:?}` is the shortest text that reads back as the same number.
        Values::Float(v) => v[row].map_or(Ok(()), |v| write!(out, "{v:?}")),
        Values::Integer(v) => v[row].map_or(Ok(()), |v| write!(out, "{v}")),
    };
}

/// Tab-separated text with a header line; undefined cells are empty.
pub fn to_tsv(table: &Table) -> String {
    let mut out = table.columns.iter().map(|c| c.name).collect::<Vec<_>>().join("\t");
    out.push('\n');
    for row in 0..table.rows() {
        for (i, column) in table.columns.iter().enumerate() {
            if i > 0 {
                out.push('\t');
            }
            write_cell(&mut out, &column.values, row);
        }
        out.push('\n');
    }
    out
}

/// What every column of every table means, as a table.
pub(crate) fn dictionary(tables: &[Table]) -> String {
    let mut out = "table\tcolumn\ttype\tmeaning\n".to_owned();
    for table in tables {
        for column in &table.columns {
            let fields = [table.name, column.name, column.values.kind(), &escaped(column.meaning)];
            out.push_str(&fields.join("\t"));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{category, float, integer, text};
    use super::*;

    #[test]
    fn cells_escape_and_numbers_read_back() {
        let rows =
            [("a\tb\n\\", Some(0.1 + 0.2), Some(3)), ("", Some(f64::NAN), None), ("x", Some(1e-300), Some(u64::MAX))];
        let table = Table {
            name: "t",
            columns: vec![
                text("name", "", &rows, |r| Some(r.0)),
                float("value", "", &rows, |r| r.1),
                integer("count", "", &rows, |r| r.2),
                category("set", "", vec!["p".into(), "q".into()], &rows, |r| u32::from(r.2.is_none())),
            ],
        };
        let tsv = to_tsv(&table);
        let lines: Vec<&str> = tsv.lines().collect();
        assert_eq!(lines[0], "name\tvalue\tcount\tset");
        assert_eq!(lines[1], "a\\tb\\n\\\\\t0.30000000000000004\t3\tp");
        assert_eq!(lines[2], "\t\t\tq");
        assert_eq!(lines[3], "x\t1e-300\t18446744073709551615\tp");
    }
}
