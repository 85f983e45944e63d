use std::sync::Mutex;

use cistron_core::{Reporter, Task};

/// Passes everything on and remembers the warnings, for the report.
pub(crate) struct WarningKeeper<'a> {
    inner: &'a dyn Reporter,
    warnings: Mutex<Vec<String>>,
}

impl<'a> WarningKeeper<'a> {
    pub(crate) fn new(inner: &'a dyn Reporter) -> Self {
        Self { inner, warnings: Mutex::new(Vec::new()) }
    }

    /// The warnings so far, each once.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|w| w.clone()).unwrap_or_default()
    }
}

impl Reporter for WarningKeeper<'_> {
    fn start(&self, name: &str, total: u64) -> Box<dyn Task> {
        self.inner.start(name, total)
    }

    fn note(&self, message: &str) {
        self.inner.note(message);
    }

    fn warn(&self, message: &str) {
        if let Ok(mut warnings) = self.warnings.lock() {
            if warnings.iter().any(|w| w == message) {
                return;
            }
            warnings.push(message.to_owned());
        }
        self.inner.warn(message);
    }
}
