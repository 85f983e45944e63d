//! Writes a report of invented data, to look at: `cargo run -p cistron-report --example sample_report -- [FOLDER]`.

#[path = "sample/input.rs"]
mod input;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder =
        std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("cistron-sample-report"), PathBuf::from);
    match cistron_report::write_report(&input::sample(), &folder) {
        Ok(paths) => {
            println!("{}: {} figure files, {} tables", paths.html.display(), paths.figures.len(), paths.tables.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
