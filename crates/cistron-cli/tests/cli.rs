//! The command as a user meets it: exit codes, messages, and the main job end to end on a small simulated genome.

mod support;

use std::fs;

use support::{cistron, small_study, stderr, weights};

#[test]
fn a_study_that_is_wrong_in_three_places_reports_all_three() {
    let dir = tempfile::tempdir().unwrap();
    let study = r#"
[study]
name = "wrong"
[dataset]
kind = "fasta"
fasta = { files = [ { path = "nowhere.fa", label = 1 } ] }
colour = "red"
[[model]]
preset = "basset"
widht_factor = 2.0
[train]
learning_rate = "fast"
"#;
    fs::write(dir.path().join("s.toml"), study).unwrap();
    let output = cistron(&["check", "s.toml"], dir.path());
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    for part in ["dataset.colour: unknown key", "widht_factor", "train.learning_rate", "nowhere.fa"] {
        assert!(message.contains(part), "{part} is missing from: {message}");
    }
}

#[test]
fn missing_files_and_absent_devices_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let output = cistron(&["check", "none.toml"], dir.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("none.toml: cannot read the study file"), "{}", stderr(&output));
    fs::write(dir.path().join("s.toml"), "[study]\nname = 'x'\n[dataset]\nkind = 'fasta'\n").unwrap();
    let output = cistron(&["run", "s.toml", "--device", "tpu"], dir.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("gpu:0"), "{}", stderr(&output));
}

#[test]
fn the_main_job_runs_resumes_and_repeats() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 3);
    let whole = cistron(&["-q", "run", "small.toml", "--out", "a"], dir.path());
    assert!(whole.status.success(), "{}", stderr(&whole));
    let said = String::from_utf8_lossy(&whole.stdout).into_owned();
    assert!(said.contains("ridge (GC + dinucleotides)") && said.contains("residualbind-32"), "{said}");
    let html = fs::read_to_string(dir.path().join("a/report.html")).unwrap();
    assert!(html.contains("constant mean") && !html.contains("src=\"http"));

    // Another run, interrupted after training one epoch less, ends with the same weights.
    small_study(dir.path(), 2);
    assert!(cistron(&["-q", "train", "small.toml", "--out", "b"], dir.path()).status.success());
    small_study(dir.path(), 3);
    let resumed = cistron(&["-q", "run", "small.toml", "--out", "b"], dir.path());
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(weights(dir.path(), "a"), weights(dir.path(), "b"));
}
