//! Measurements of the command line: what they print, and that training steps do not grow.

mod support;

use serde_json::Value;
use support::{cistron, stderr};

#[test]
fn training_steps_keep_their_memory() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "step", "--network", "bpnet", "--mode", "train", "--iters", "9", "--threads", "2"];
    let done = cistron(&args, dir.path());
    assert!(done.status.success(), "{}", stderr(&done));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["seconds"].as_array().unwrap().len(), 9);
    let resident: Vec<f64> = report["resident_mb"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(resident.len(), 10);
    // Buffers of the first steps are kept for the later ones; a gradient that leaked would add 64 × 2114 × 16 values, 8 MB, a layer and step.
    assert!(resident[9] <= resident[3] + 4.0, "{resident:?}");
}

#[test]
fn layers_are_named_with_their_speed() {
    let dir = tempfile::tempdir().unwrap();
    let done = cistron(&["bench", "layers", "--network", "dream-cnn", "--threads", "1", "--iters", "1"], dir.path());
    assert!(done.status.success(), "{}", stderr(&done));
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(text.starts_with("matrix products: ") && text.contains("640 × 150 > 128 k7"), "{text}");
}
