//! Locks between processes that work in one directory; the system lifts them when a process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::CistronError;

/// A lock; dropped, it is lifted.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds it.
    pub(super) fn wait(path: &Path) -> Result<Self, CistronError> {
        let file = open(path)?;
        match file.lock() {
            Err(error) if !unsupported(&error) => Err(CistronError::io(path)(error)),
            _ => Ok(Self { _file: file }),
        }
    }

    /// `None` when somebody else holds it.
    pub(super) fn try_now(path: &Path) -> Result<Option<Self>, CistronError> {
        let file = open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if !unsupported(&error) => Err(CistronError::io(path)(error)),
            _ => Ok(Some(Self { _file: file })),
        }
    }
}

fn open(path: &Path) -> Result<File, CistronError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(CistronError::io(folder))?;
    }
    File::options().create(true).truncate(false).write(true).open(path).map_err(CistronError::io(path))
}

/// File systems without locks are used without them.
fn unsupported(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_has_to_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks/x");
        let first = Lock::wait(&path).unwrap();
        assert!(Lock::try_now(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::try_now(&path).unwrap().is_some());
    }
}
