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

    // The trained network enters another study as a checkpoint, with the same numbers.
    let study = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    let again = study.replace(
        "preset = \"residualbind-32\"\nwidth_factor = 0.02",
        "name = \"residualbind-32\"\ncheckpoint = \"a/models/residualbind-32\"",
    );
    fs::write(dir.path().join("again.toml"), &again).unwrap();
    let loaded = cistron(&["-q", "evaluate", "again.toml", "--out", "c"], dir.path());
    assert!(loaded.status.success(), "{}", stderr(&loaded));
    let table = |text: &[u8]| {
        let lines = String::from_utf8_lossy(text).into_owned();
        lines.lines().filter(|l| l.starts_with("residualbind-32 ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(table(&whole.stdout), table(&loaded.stdout));
    fs::write(dir.path().join("gone.toml"), again.replace("a/models", "b/models")).unwrap();
    let gone = cistron(&["check", "gone.toml"], dir.path());
    assert_eq!(gone.status.code(), Some(2));
    assert!(stderr(&gone).contains("model[0].checkpoint: "), "{}", stderr(&gone));

    // Another run, interrupted after training one epoch less, ends with the same weights.
    small_study(dir.path(), 2);
    assert!(cistron(&["-q", "train", "small.toml", "--out", "b"], dir.path()).status.success());
    small_study(dir.path(), 3);
    let resumed = cistron(&["-q", "run", "small.toml", "--out", "b"], dir.path());
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(weights(dir.path(), "a"), weights(dir.path(), "b"));
}

#[test]
fn replicates_differ_and_predictions_become_bigwigs() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 1);
    let study = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    fs::write(
        dir.path().join("small.toml"),
        study.replace("width_factor = 0.02", "width_factor = 0.02\nreplicates = 2"),
    )
    .unwrap();
    let output = cistron(&["-q", "evaluate", "small.toml", "--out", "a"], dir.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("residualbind-32 #1") && said.contains("residualbind-32 #2"), "{said}");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.path().join("a/manifest.json")).unwrap()).unwrap();
    assert_ne!(manifest["models"][0]["weights_blake3"], manifest["models"][1]["weights_blake3"]);

    let first = fs::read_dir(dir.path().join("a/predictions"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.file_name().unwrap().to_string_lossy().starts_with("residualbind-32"))
        .unwrap();
    let first = first.to_str().unwrap();
    let written = cistron(&["predict", first, "--chrom-sizes", "genome/genome.sizes", "--out", "bw"], dir.path());
    assert!(written.status.success(), "{}", stderr(&written));
    for task in ["one", "two"] {
        assert!(fs::metadata(dir.path().join(format!("bw/{task}.bw"))).unwrap().len() > 1000);
    }
}
