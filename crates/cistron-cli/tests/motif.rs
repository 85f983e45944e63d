//! `cistron motif`: toys with known answers and bad input.

mod support;

use std::fs;

use support::{cistron, stderr};

const JASPAR: &str = ">M1 toy\nA [ 50 50 0 0 0 0 ]\nC [ 0 0 50 0 0 0 ]\nG [ 0 0 0 50 50 50 ]\nT [ 0 0 0 0 0 0 ]\n";

#[test]
fn sites_are_found_on_both_strands_and_formats_agree() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.jaspar"), JASPAR).unwrap();
    // Lower case and ambiguity letters are sequence; a site with an N is none.
    fs::write(dir.path().join("s.fa"), ">one note\nTTAACGGGTT\nCCCGTTRAACGNGG\n>two\nttaacgggtt\n").unwrap();
    let scan = |motifs: &str| {
        let output =
            cistron(&["-q", "motif", "scan", "--motifs", motifs, "--fasta", "s.fa", "--p-value", "3e-4"], dir.path());
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let table = scan("m.jaspar");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    let places: Vec<[&str; 5]> = rows.iter().map(|r| [r[0], r[1], r[2], r[3], r[5]]).collect();
    let expected = [["one", "2", "8", "M1", "+"], ["one", "10", "16", "M1", "-"], ["two", "2", "8", "M1", "+"]];
    assert_eq!(places, expected, "{table}");
    // One of 4^6 sequences; three hits of 2 · (24 − 5 + 10 − 5) tests.
    assert!(rows.iter().all(|r| r[7] == "2.441e-4" && r[8] == "3.906e-3"), "{table}");

    for format in ["meme", "homer", "transfac", "jaspar"] {
        let converted = cistron(&["motif", "convert", "m.jaspar", "--to", format, "--out", "converted"], dir.path());
        assert!(converted.status.success(), "{}", stderr(&converted));
        let again = scan("converted");
        let places =
            |t: &str| t.lines().map(|l| l.split('\t').take(3).map(str::to_owned).collect()).collect::<Vec<Vec<_>>>();
        assert_eq!(places(&again), places(&table), "{format}");
    }
}

#[test]
fn bad_input_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("m.jaspar", JASPAR);
    write("short.jaspar", ">M1 toy\nA [ 1 2 ]\nC [ 1 ]\nG [ 1 2 ]\nT [ 1 2 ]\n");
    write("zero.jaspar", ">M1 toy\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n");
    write("s.fa", ">one\nACGTACGTACGT\n");
    write("bad.fa", ">one\nACGT!\n");
    write("empty.fa", "");
    for (motifs, fasta, p, part) in [
        ("none.jaspar", "s.fa", "1e-4", "none.jaspar: cannot read the motifs"),
        ("short.jaspar", "s.fa", "1e-4", "short.jaspar: line 1: the rows of matrix M1 differ in length"),
        ("zero.jaspar", "s.fa", "1e-4", "column 1 has no counts"),
        ("s.fa", "s.fa", "1e-4", "s.fa: line 1: matrix one has 1 rows"),
        ("m.jaspar", "bad.fa", "1e-4", "bad.fa"),
        ("m.jaspar", "empty.fa", "1e-4", "empty.fa"),
        ("m.jaspar", "s.fa", "0", "--p-value: lies in (0, 1]"),
    ] {
        let output = cistron(&["motif", "scan", "--motifs", motifs, "--fasta", fasta, "--p-value", p], dir.path());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    }
}
