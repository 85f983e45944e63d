//! The `cistron` command. Arguments are parsed here and handed to the `cistron` facade; nothing is computed here.

mod allocator;
mod commands;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::terminal::TerminalReporter;

/// Train, evaluate and interpret models that predict regulatory activity from DNA sequence.
///
/// Exit codes: 0 done; 1 the work failed (disk full, training diverged); 2 the input or the command line is wrong, and
/// the message says where and what to do.
#[derive(Parser)]
#[command(version, max_term_width = 110, arg_required_else_help = true)]
struct Arguments {
    /// Print only warnings, errors and results.
    #[arg(long, short, global = true)]
    quiet: bool,

    #[command(subcommand)]
    command: Command,
}

/// Ends quietly when nobody reads standard output any more (`cistron … | head`), as other commands do; Rust would panic.
fn end_on_closed_pipe() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no other thread runs yet, and the default action is set.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// An error with its causes; those that a message before them already tells are not told again.
fn told_once(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told += ": ";
            told += &cause;
        }
    }
    told
}

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    end_on_closed_pipe();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("CISTRON_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error")),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let reporter = TerminalReporter::new(arguments.quiet);
    match arguments.command.run(&reporter) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", told_once(&error));
            let code = error.downcast_ref::<cistron::CistronError>().map_or(1, cistron::CistronError::exit_code);
            ExitCode::from(code)
        }
    }
}
