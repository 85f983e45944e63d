use std::collections::HashMap;
use std::fmt::Write;

use cistron_core::alphabet::decode;
use cistron_data::{DuplicatePolicy, Split, build, canonical_hash};

use crate::fixture::{Folder, letters, names, reverse_complement};

fn text(seed: u64, n: usize) -> String {
    String::from_utf8(letters(seed, n)).unwrap()
}

const TABLE: &str = r#"
    kind = "table"
    table = { files = [ { path = "train.tsv", split = "train" }, { path = "val.tsv", split = "valid" }, { path = "test.tsv", split = "test" } ], sequence = "seq", values = ["x", "y"], name = "id" }
"#;

fn three_tables() -> Folder {
    let folder = Folder::new();
    for (file, seed, n) in [("train", 100, 5), ("val", 200, 3), ("test", 300, 3)] {
        let mut tsv = "id\tseq\tx\ty\n".to_owned();
        for i in 0..n {
            writeln!(tsv, "{file}{i}\t{}\t{i}\t{}", text(seed + i, 20), if i == 1 { "NA" } else { "0.5" }).unwrap();
        }
        folder.write(&format!("{file}.tsv"), tsv);
    }
    folder
}

#[test]
fn a_table_by_file() {
    let dataset = three_tables().build(TABLE).unwrap();
    assert_eq!(dataset.len(), 11);
    assert_eq!(dataset.tasks(), ["x", "y"]);
    assert_eq!(names(&dataset)[..2], ["train0", "train1"]);
    assert_eq!(decode(dataset.codes(5)), letters(200, 20));
    assert_eq!(dataset.values(2).unwrap(), [2.0, 0.5]);
    assert!(dataset.values(1).unwrap()[1].is_nan());
    assert_eq!(dataset.rows_of(Split::Valid), [5, 6, 7]);
    assert_eq!((dataset.manifest().window_bp, dataset.manifest().input_bp), (20, 20));
    assert!(dataset.labels(0).is_none() && dataset.window(0).interval.is_none());
    let inspection = cistron_data::inspect(&dataset);
    assert_eq!(inspection.splits[1].coverage[1].missing, 1);
    assert_eq!(inspection.splits[0].coverage[0].value.unwrap().median, 2.0);
}

#[test]
fn files_that_overlap_are_reported() {
    let folder = three_tables();
    let copy = format!(
        "id\tseq\tx\ty\nv0\t{}\t1\t1\nv1\t{}\t1\t1\nv2\t{}\t1\t1\n",
        text(100, 20),
        String::from_utf8(reverse_complement(&letters(101, 20))).unwrap(),
        text(999, 20)
    );
    folder.write("val.tsv", copy);
    let dataset = folder.build(TABLE).unwrap();
    assert_eq!(dataset.len(), 9);
    assert_eq!(names(&dataset)[..4], ["train2", "train3", "train4", "v0"]);
    let warnings = &dataset.manifest().warnings;
    assert!(warnings[0].contains("2 of 5 train windows repeat a valid window's sequence"), "{warnings:?}");
    assert!(warnings[0].contains("train.tsv:2 = val.tsv:2"), "{warnings:?}");
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let error = folder.error(&format!("{TABLE}\nduplicates = \"error\""));
    assert!(error.starts_with("2 window(s) repeat") && error.contains("train.tsv:3 = val.tsv:3"), "{error}");
}

#[test]
fn uneven_lengths_are_an_error_or_padded() {
    let folder = three_tables();
    folder.write("test.tsv", format!("id\tseq\tx\ty\nt0\t{}\t1\t1\nt1\t{}\t1\t1\n", text(300, 20), text(301, 17)));
    let error = folder.error(TABLE);
    assert!(error.contains("test.tsv:3") && error.contains("17 bp (1 rows, first test.tsv:3)"), "{error}");
    assert!(error.contains("dataset.table.uneven = \"pad\""), "{error}");
    let padded = TABLE.replace("name = \"id\"", "name = \"id\", uneven = \"pad\"");
    let dataset = folder.build(&padded).unwrap();
    let expected = [b"N".as_slice(), &letters(301, 17), b"NN"].concat();
    assert_eq!(decode(dataset.codes(9)), expected);
    assert_eq!(dataset.window(9).n_share, 0.15);
}

#[test]
fn bad_rows_name_file_and_line() {
    let folder = three_tables();
    let good = std::fs::read_to_string(folder.path("val.tsv")).unwrap();
    folder.write("val.tsv", format!("{good}v9\tACGTRCGTACGTACGTACGT\t1\t1\n"));
    let error = folder.error(TABLE);
    assert!(error.contains("val.tsv:5") && error.contains("letter 'R' at position 5"), "{error}");
    folder.write("val.tsv", format!("{good}v9\t\t1\t1\n"));
    assert!(folder.error(TABLE).contains("val.tsv:5: the sequence is empty"));
    folder.write("val.tsv", format!("{good}v9\t{}\t1\tlow\n", text(5, 20)));
    let error = folder.error(TABLE);
    assert!(error.contains("val.tsv:5") && error.contains("\"y\"") && error.contains("\"low\""), "{error}");
    folder.write("val.tsv", good);
    let error = folder.error(&format!("{TABLE}\ninput_bp = 21"));
    assert!(error.contains("21 bp do not fit"), "{error}");
    let error = folder.error(&format!("{TABLE}\ntarget = \"binary\""));
    assert!(error.contains("a binary value is 0 or 1"), "{error}");
}

#[test]
fn by_column_with_names_and_shares() {
    let folder = Folder::new();
    let mut csv = "sequence,v,set\n".to_owned();
    for i in 0..40 {
        let set = ["Train", "Train", "Val", "Test", "Other"][i % 5];
        writeln!(csv, "{},{i},{set}", text(i as u64, 15)).unwrap();
    }
    folder.write("a.csv", csv);
    let study = |split: &str| {
        format!(
            "kind = \"table\"\ntable = {{ files = [ {{ path = \"a.csv\" }} ], sequence = \"sequence\", values = [\"v\"] }}\nsplit = {{ by = \"column\", column = \"set\", {split} }}"
        )
    };
    let all = folder.build(&study("train = [\"Train\"], valid = [\"Val\"], test = [\"Test\"]")).unwrap();
    assert_eq!(Split::ALL.map(|s| all.rows_of(s).len()), [16, 8, 8]);
    assert!(
        all.manifest().warnings[0].contains("8 of 40 rows are left out")
            && all.manifest().warnings[0].contains("Other")
    );
    let rest = folder.build(&study("valid = 0.25, test = [\"Test\"]")).unwrap();
    assert_eq!(Split::ALL.map(|s| rest.rows_of(s).len()), [24, 8, 8]);
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let error = folder.error(&study("valid = [\"Validation\"], test = [\"Test\"]"));
    assert!(error.contains("the valid split is empty") && error.contains("\"set\""), "{error}");
}

#[test]
fn no_header_and_repeated_measurements() {
    let folder = Folder::new();
    let mut tsv = String::new();
    for i in 0..60u64 {
        writeln!(tsv, "{}\t{i}", text(i % 40, 12)).unwrap();
    }
    folder.write("a.txt", tsv);
    let study = "kind = \"table\"\ntable = { files = [ { path = \"a.txt\" } ], sequence = \"1\", values = [\"2\"], header = false }";
    let dropped = folder.build(study).unwrap();
    assert_eq!(dropped.len(), 40);
    assert_eq!(Split::ALL.map(|s| dropped.rows_of(s).len()), [28, 4, 8]);
    assert!(dropped.manifest().warnings[0].starts_with("20 of 60 windows repeat"));
    let mut options = folder.options(study);
    options.dataset.duplicates = DuplicatePolicy::Keep;
    build(&options, &folder.path("kept"), &cistron_core::SilentReporter).unwrap();
    let kept = cistron_data::Dataset::open(folder.path("kept")).unwrap();
    assert_eq!(kept.len(), 60);
    let mut side = HashMap::new();
    for (i, window) in kept.windows().enumerate() {
        assert_eq!(*side.entry(canonical_hash(kept.codes(i))).or_insert(window.split), window.split);
    }
}

#[test]
fn no_strand_of_a_sequence_is_on_two_sides_in_any_fold() {
    let folder = Folder::new();
    let mut tsv = "s\tv\n".to_owned();
    for i in 0..90u64 {
        let forward = letters(i % 50, 14);
        let strand = if i % 3 == 0 { reverse_complement(&forward) } else { forward };
        writeln!(tsv, "{}\t{i}", String::from_utf8(strand).unwrap()).unwrap();
    }
    folder.write("a.tsv", tsv);
    for fold in 0..4 {
        let study = format!(
            "kind = \"table\"\nduplicates = \"keep\"\ntable = {{ files = [ {{ path = \"a.tsv\" }} ], sequence = \"s\", values = [\"v\"] }}\nsplit = {{ by = \"k-fold\", folds = 4, fold = {fold} }}"
        );
        let dataset = folder.build(&study).unwrap();
        assert_eq!(dataset.len(), 90);
        let mut side = HashMap::new();
        for (i, window) in dataset.windows().enumerate() {
            assert_eq!(*side.entry(canonical_hash(dataset.codes(i))).or_insert(window.split), window.split);
        }
    }
}

#[test]
fn fasta_sets_with_labels_of_files_and_headers() {
    let folder = Folder::new();
    let fasta = |header: &dyn Fn(u64) -> String, from: u64, n: u64| {
        (from..from + n).map(|i| format!(">{}\n{}\n", header(i), text(i, 30))).collect::<String>()
    };
    folder.write("pos.fa", fasta(&|i| format!("p{i} extra"), 0, 30));
    folder.write("neg.fa", fasta(&|i| format!("n{i}"), 100, 20));
    let study = "kind = \"fasta\"\nfasta = { files = [ { path = \"pos.fa\", label = 1 }, { path = \"neg.fa\", label = 0 } ] }\nsplit = { valid = 0.2, test = 0.2 }";
    let dataset = folder.build(study).unwrap();
    assert_eq!((dataset.len(), dataset.labels(0).unwrap()[0], dataset.labels(49).unwrap()[0]), (50, 1.0, 0.0));
    assert_eq!(names(&dataset)[0], "p0");
    assert_eq!(Split::ALL.map(|s| dataset.rows_of(s).len()), [30, 10, 10]);
    let positives: u64 = dataset.manifest().splits.iter().map(|s| s.positives.as_ref().unwrap()[0]).sum();
    assert_eq!(positives, 30);

    folder.write("train.fa", fasta(&|i| (i % 2).to_string(), 0, 40));
    folder.write("test.fa", fasta(&|i| (i % 2).to_string(), 39, 10));
    let headers = "kind = \"fasta\"\nfasta = { task = \"bound\", files = [ { path = \"train.fa\", label_from_header = true, split = \"train\" }, { path = \"test.fa\", label_from_header = true, split = \"test\" } ] }\nsplit = { valid = 0.1 }";
    let dataset = folder.build(headers).unwrap();
    assert_eq!(dataset.tasks(), ["bound"]);
    // sequence 39 is in both files: it stays in the test
    assert_eq!(Split::ALL.map(|s| dataset.rows_of(s).len()), [35, 4, 10]);
    assert_eq!(names(&dataset)[0], "train.fa:1");
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let error = folder.error(&headers.replace("train.fa\", label", "pos.fa\", label"));
    assert!(error.contains("pos.fa:1") && error.contains("0 or 1"), "{error}");
    let error = folder.error(&headers.replace("split = { valid = 0.1 }", ""));
    assert!(error.contains("the valid split is empty") && error.contains("dataset.split.valid = 0.1"), "{error}");
}

#[test]
fn a_table_joined_with_a_fasta_and_variants_that_stay_together() {
    let folder = Folder::new();
    let (mut fasta, mut tsv) = (String::new(), "id\tx\n".to_owned());
    for element in 0..30u64 {
        for variant in 0..3u64 {
            let name = format!("e{element}_v{variant}");
            writeln!(fasta, ">{name} note\n{}", text(100 * element + variant, 20)).unwrap();
            writeln!(tsv, "{name}\t{element}").unwrap();
        }
    }
    folder.write("a.fa", fasta);
    folder.write("a.tsv", &tsv);
    let study = r#"
        kind = "table"
        table = { files = [ { path = "a.tsv" } ], sequences_fasta = "a.fa", name = "id", values = ["x"] }
        split = { by = "fraction", valid = 0.2, test = 0.2, group = { column = "id", until = "_" } }
    "#;
    let dataset = folder.build(study).unwrap();
    assert_eq!(dataset.len(), 90);
    assert_eq!((names(&dataset)[4].as_str(), decode(dataset.codes(4))), ("e1_v1", letters(101, 20)));
    let mut side = HashMap::new();
    for row in 0..90 {
        let split = dataset.window(row).split;
        assert_eq!(*side.entry(dataset.values(row).unwrap()[0] as i64).or_insert(split), split);
    }
    assert_eq!(dataset.rows_of(Split::Test).len(), 18);

    std::fs::remove_dir_all(folder.path("out")).unwrap();
    folder.write("a.tsv", format!("{tsv}e30_v0\t1\n"));
    let error = folder.error(study);
    assert!(error.contains("a.tsv:92: no sequence is named \"e30_v0\" in") && error.contains("a.fa"), "{error}");
    let error = folder.error(&study.replace("a.fa", "none.fa"));
    assert!(error.contains("none.fa"), "{error}");
    let error = folder.error(&study.replace("name = \"id\", ", ""));
    assert!(error.contains("sequences_fasta needs the column"), "{error}");
}
