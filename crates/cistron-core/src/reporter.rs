/// One running piece of work as a [`Reporter`] shows it.
pub trait Task: Send + Sync {
    /// `done` units (of the total given at the start) are finished.
    fn set_position(&self, done: u64);
    /// Short text beside the bar: loss, metric, samples per second.
    fn set_message(&self, message: &str);
    /// The work has ended; the task is not used afterwards.
    fn finish(&self, message: &str);
}

/// Where libraries report progress. Libraries never print: the command line draws bars, tests stay silent.
pub trait Reporter: Send + Sync {
    /// Starts a task of `total` units (0 when not known).
    fn start(&self, name: &str, total: u64) -> Box<dyn Task>;
    /// A line that a person should read now.
    fn note(&self, message: &str);
    /// Something is odd but work goes on; also recorded in the run's report by the caller.
    fn warn(&self, message: &str);
}

/// A reporter that says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentReporter;

struct SilentTask;

impl Task for SilentTask {
    fn set_position(&self, _done: u64) {}
    fn set_message(&self, _message: &str) {}
    fn finish(&self, _message: &str) {}
}

impl Reporter for SilentReporter {
    fn start(&self, _name: &str, _total: u64) -> Box<dyn Task> {
        Box::new(SilentTask)
    }
    fn note(&self, _message: &str) {}
    fn warn(&self, _message: &str) {}
}
