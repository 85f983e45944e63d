use cistron_data::{Problem, check};

use crate::fixture::{Folder, letters};

fn show(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{}: {} | {:?}\n", p.where_, p.message, p.help)).collect()
}

fn genome() -> Folder {
    let folder = Folder::new();
    folder.genome(&[("chr1", letters(1, 5000)), ("chr2", letters(2, 3000))]);
    folder.bigwig("a.bw", &[("chr1", 5000), ("chr2", 3000)], &[("chr1", 0, 100, 1.0)]);
    folder.write("a.bed", "chr1\t0\t100\n");
    folder
}

#[test]
fn a_good_study_has_no_problems() {
    let folder = genome();
    let study = "kind = \"coverage\"\nwindow_bp = 64\ninput_bp = 64\ntracks = [ { name = \"a\", bigwig = \"a.bw\", peaks = \"a.bed\" } ]\nsplit = { valid = [\"chr1\"], test = [\"chr2\"] }";
    assert_eq!(show(&check(&folder.options(study))), "");
}

#[test]
fn every_problem_is_found_at_once() {
    let folder = genome();
    folder.bigwig("other.bw", &[("1", 5000), ("2", 3000)], &[("1", 0, 100, 1.0)]);
    folder.bigwig("assembly.bw", &[("chr1", 5001), ("chr2", 3000)], &[("chr1", 0, 100, 1.0)]);
    folder.write("beyond.bed", "chr2\t0\t10\nchr2\t2990\t3010\n");
    folder.write("broken.bw", "not a bigWig");
    folder.write("empty.bed", "");
    let study = r#"
        kind = "coverage"
        bin_bp = 30
        tracks = [
            { name = "names", bigwig = "other.bw" },
            { name = "sizes", bigwig = "assembly.bw", peaks = "beyond.bed" },
            { name = "lost", bigwig = "nowhere.bw", peaks = "empty.bed" },
            { name = "broken", bigwig = "broken.bw", normalise = ["sqrt"] },
        ]
        split = { valid = ["chr9"], test = ["chr2"] }
    "#;
    let mut options = folder.options(study);
    options.genome.as_mut().unwrap().exclude = vec!["missing.bed".into()];
    let problems = check(&options);
    let shown = show(&problems);
    let expected = [
        ("dataset.bin_bp", "does not divide"),
        ("dataset.tracks[3].normalise", "sqrt"),
        ("genome.exclude[0]", "missing.bed"),
        ("dataset.tracks[2].bigwig", "nowhere.bw"),
        ("dataset.tracks[2].peaks", "is empty"),
        ("dataset.split.valid", "chr9"),
        ("dataset.tracks[0].bigwig", "other.bw"),
        ("dataset.tracks[1].bigwig", "assembly.bw"),
        ("dataset.tracks[1].peaks", "beyond.bed:2"),
        ("dataset.tracks[3].bigwig", "broken.bw"),
    ];
    for (key, message) in expected {
        assert!(
            problems.iter().any(|p| p.where_ == key && p.message.contains(message)),
            "{key} {message} not in\n{shown}"
        );
    }
    let mapping = problems.iter().find(|p| p.where_ == "dataset.tracks[0].bigwig").unwrap();
    assert!(mapping.help.as_ref().is_some_and(|h| h.contains("\"1\" = \"chr1\"")), "{shown}");
    assert_eq!(problems.len(), expected.len(), "{shown}");
}

#[test]
fn tables_and_fasta_are_looked_into() {
    let folder = Folder::new();
    folder.write("a.tsv", "sequence\tx\nACGTACGT\t1\n");
    let study = "kind = \"table\"\ninput_bp = 9\ntable = { files = [ { path = \"a.tsv\" } ], sequence = \"sequence\", values = [\"y\"] }";
    let problems = check(&folder.options(study));
    assert!(show(&problems).contains("dataset.table.values") && problems.len() == 1, "{}", show(&problems));
    let problems = check(&folder.options(&study.replace("[\"y\"]", "[\"x\"]")));
    assert!(problems[0].where_ == "dataset.input_bp" && problems[0].message.contains("8 bp"), "{}", show(&problems));
    folder.write("a.fa", ">peak1\nACGT\n");
    let study = "kind = \"fasta\"\nfasta = { files = [ { path = \"a.fa\", label_from_header = true }, { path = \"b.fa\", label = 3 } ] }";
    let shown = show(&check(&folder.options(study)));
    for part in ["0 or 1", "b.fa", "a binary label is 0 or 1, not 3"] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
}

#[test]
fn unset_variables_are_problems() {
    let folder = Folder::new();
    let study = "kind = \"table\"\ntable = { files = [ { path = \"$CISTRON_NOT_SET_ANYWHERE/a.tsv\" } ], sequence = \"s\", values = [\"v\"] }";
    let shown = show(&check(&folder.options(study)));
    assert!(
        shown.contains("dataset.table.files[0].path") && shown.contains("CISTRON_NOT_SET_ANYWHERE is not set"),
        "{shown}"
    );
}
