//! The rules of ARCHITECTURE.md that a machine can check, over `cargo metadata`: arrows between crates go to a lower
//! floor, and only cistron-nn names burn.

use std::process::Command;

use serde_json::Value;

/// Every crate with its floor; a new crate is added here and in ARCHITECTURE.md.
const FLOORS: [(&str, u32); 11] = [
    ("cistron-core", 0),
    ("cistron-genome", 1),
    ("cistron-stats", 1),
    ("cistron-motif", 2),
    ("cistron-data", 3),
    ("cistron-nn", 3),
    ("cistron-predict", 3),
    ("cistron-eval", 4),
    ("cistron-report", 4),
    ("cistron", 5),
    ("cistron-cli", 6),
];

fn floor(name: &str) -> Option<u32> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("packages is a list").clone()
}

#[test]
fn arrows_go_down_and_only_cistron_nn_names_burn() {
    let packages = packages();
    assert_eq!(packages.len(), FLOORS.len(), "a crate is missing from FLOORS, or was removed");
    let mut broken = Vec::new();
    for package in &packages {
        let name = package["name"].as_str().expect("a package has a name");
        let own = floor(name).unwrap_or_else(|| panic!("{name} has no floor: add it to FLOORS and ARCHITECTURE.md"));
        for dependency in package["dependencies"].as_array().expect("dependencies is a list") {
            let other = dependency["name"].as_str().expect("a dependency has a name");
            // A dev-dependency may point anywhere but up: tests build nothing that others link.
            if let Some(other_floor) = floor(other)
                && other_floor >= own
            {
                broken.push(format!("{name} (floor {own}) names {other} (floor {other_floor})"));
            }
            if (other == "burn" || other.starts_with("burn-")) && name != "cistron-nn" {
                broken.push(format!("{name} names {other}: burn stays behind cistron-nn"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
