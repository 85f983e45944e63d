//! Full disks and processes that are killed: nothing half-written looks whole, and the next start goes on or starts anew.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{cistron, small_study, stderr, weights};

fn start(args: &[&str], dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cistron"))
        .args(args)
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("cistron starts")
}

/// Kills (signal 9) as soon as something holds; panics when the process ends before.
fn kill_when(mut child: Child, what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(child.try_wait().expect("waits").is_none(), "it ended before {what}");
        assert!(begin.elapsed() < Duration::from_secs(120), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("is killed");
    child.wait().expect("waits");
}

#[test]
fn training_that_is_killed_goes_on_to_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 6);
    let nothing = cistron(&["train", "small.toml", "--out", "cut", "--resume"], dir.path());
    assert_eq!(nothing.status.code(), Some(2));
    assert!(stderr(&nothing).contains("cut: there is no earlier run"), "{}", stderr(&nothing));
    let whole = cistron(&["-q", "train", "small.toml", "--out", "whole"], dir.path());
    assert!(whole.status.success(), "{}", stderr(&whole));
    let log = dir.path().join("cut/models/residualbind-32/log.jsonl");
    let epochs = || fs::read_to_string(&log).map_or(0, |text| text.matches("\"valid_loss\"").count());
    kill_when(start(&["-q", "train", "small.toml", "--out", "cut"], dir.path()), "the second epoch", || epochs() >= 2);
    assert!(epochs() < 6, "it was not interrupted");
    assert!(!dir.path().join("cut/manifest.json").exists());
    let resumed = cistron(&["-q", "train", "small.toml", "--out", "cut", "--resume"], dir.path());
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(weights(dir.path(), "whole"), weights(dir.path(), "cut"));
}

#[test]
fn building_that_is_killed_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 1);
    let out = dir.path().join("run");
    // The staged dataset lies beside its final place until it is whole.
    let staged = || {
        fs::read_dir(&out).is_ok_and(|mut entries| {
            entries.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().contains("dataset")))
        })
    };
    kill_when(
        start(&["-q", "data", "build", "small.toml", "--out", "run"], dir.path()),
        "the dataset's first file",
        staged,
    );
    let again = cistron(&["-q", "data", "build", "small.toml", "--out", "run"], dir.path());
    assert!(again.status.success(), "{}", stderr(&again));
    let verified = cistron(&["data", "inspect", "run/dataset", "--verify"], dir.path());
    assert!(verified.status.success(), "{}", stderr(&verified));
    let names: Vec<String> =
        fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.iter().filter(|n| n.contains("dataset")).count(), 1, "{names:?}");
}

/// A limit on the size of files stands in for a full disk: writes beyond it fail in the same place.
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 1);
    let command = format!(
        "trap '' XFSZ; ulimit -f 40; exec {} -q data build small.toml --out run",
        env!("CARGO_BIN_EXE_cistron")
    );
    let output = Command::new("sh").args(["-c", &command]).current_dir(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let message = stderr(&output);
    assert!(message.contains("run/") && message.to_lowercase().contains("too large"), "{message}");
    assert!(!dir.path().join("run/dataset").exists());
}
