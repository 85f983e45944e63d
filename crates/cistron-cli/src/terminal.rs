//! Progress on a terminal: bars when standard error is a terminal, a line now and then when it is a file.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cistron_core::{Reporter, Task};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Shortest time between two lines of one task when standard error is not a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Reports to standard error; standard output stays free for results.
pub(crate) struct TerminalReporter {
    bars: Option<MultiProgress>,
    quiet: bool,
}

impl TerminalReporter {
    pub(crate) fn new(quiet: bool) -> Self {
        let bars = (!quiet && std::io::stderr().is_terminal()).then(MultiProgress::new);
        Self { bars, quiet }
    }

    fn line(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}

impl Reporter for TerminalReporter {
    fn start(&self, name: &str, total: u64) -> Box<dyn Task> {
        match &self.bars {
            Some(bars) => {
                let bar = bars.add(ProgressBar::new(total));
                let template = "{prefix:>24} [{bar:28}] {pos}/{len} {msg}";
                bar.set_style(
                    ProgressStyle::with_template(template)
                        .unwrap_or_else(|_| ProgressStyle::default_bar())
                        .progress_chars("=> "),
                );
                bar.set_prefix(name.to_owned());
                Box::new(Bar(bar))
            }
            None => Box::new(Lines {
                name: name.to_owned(),
                total,
                quiet: self.quiet,
                state: Mutex::new(LineState { done: 0, message: String::new(), printed: Instant::now() }),
            }),
        }
    }

    fn note(&self, message: &str) {
        if !self.quiet {
            self.line(message);
        }
    }

    fn warn(&self, message: &str) {
        self.line(&format!("warning: {message}"));
    }
}

struct Bar(ProgressBar);

impl Task for Bar {
    fn set_position(&self, done: u64) {
        self.0.set_position(done);
    }
    fn set_message(&self, message: &str) {
        self.0.set_message(message.to_owned());
    }
    fn finish(&self, message: &str) {
        self.0.finish_and_clear();
        if !message.is_empty() {
            self.0.suspend(|| eprintln!("{:>24}: {message}", self.0.prefix()));
        }
    }
}

struct Lines {
    name: String,
    total: u64,
    quiet: bool,
    state: Mutex<LineState>,
}

struct LineState {
    done: u64,
    message: String,
    printed: Instant,
}

impl Lines {
    fn update(&self, change: impl FnOnce(&mut LineState)) {
        // A poisoned lock means another thread panicked: that panic is the news, not this line.
        let Ok(mut state) = self.state.lock() else { return };
        change(&mut state);
        if !self.quiet && state.printed.elapsed() >= LINE_EVERY {
            eprintln!("{:>24}: {}/{} {}", self.name, state.done, self.total, state.message);
            state.printed = Instant::now();
        }
    }
}

impl Task for Lines {
    fn set_position(&self, done: u64) {
        self.update(|state| state.done = done);
    }
    fn set_message(&self, message: &str) {
        self.update(|state| message.clone_into(&mut state.message));
    }
    fn finish(&self, message: &str) {
        if !self.quiet && !message.is_empty() {
            eprintln!("{:>24}: {message}", self.name);
        }
    }
}
