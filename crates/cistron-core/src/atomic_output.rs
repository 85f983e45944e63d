use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Whether the system ran out of room (disk, quota, limit on a file's size), anywhere down the chain of causes.
pub fn is_out_of_space(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let full = error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| matches!(e.kind(), StorageFull | FileTooLarge | QuotaExceeded));
    full || error.source().is_some_and(is_out_of_space)
}

fn partial_name(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    target.with_file_name(name)
}

/// A file that is written beside its final name (`NAME.partial`) and renamed when [`AtomicFile::commit`] is called;
/// dropped without a commit, it is removed. A reader never sees half a file.
pub struct AtomicFile {
    writer: Option<BufWriter<File>>,
    partial: PathBuf,
    target: PathBuf,
}

impl AtomicFile {
    /// Opens `target`'s partial file, creating missing folders.
    ///
    /// # Errors
    /// Any error of creating the folder or the file.
    pub fn create(target: impl Into<PathBuf>) -> io::Result<Self> {
        let target = target.into();
        if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        let partial = partial_name(&target);
        let writer = Some(BufWriter::with_capacity(1 << 16, File::create(&partial)?));
        Ok(Self { writer, partial, target })
    }

    /// Flushes, syncs and renames to the final name.
    ///
    /// # Errors
    /// Any error of writing (a full disk shows here at the latest) or renaming; the partial file is then removed.
    pub fn commit(mut self) -> io::Result<()> {
        if let Some(writer) = self.writer.take() {
            let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
        }
        fs::rename(&self.partial, &self.target)
    }

    /// Writes a whole file at once.
    ///
    /// # Errors
    /// As [`AtomicFile::create`] and [`AtomicFile::commit`].
    pub fn write(target: impl Into<PathBuf>, bytes: &[u8]) -> io::Result<()> {
        let mut file = Self::create(target)?;
        file.write_all(bytes)?;
        file.commit()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.as_mut().ok_or_else(|| io::Error::other("file already closed"))?.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After a successful commit the partial file is gone and this does nothing.
        drop(self.writer.take());
        let _gone = fs::remove_file(&self.partial);
    }
}

/// A directory that is filled beside its final name (`NAME.partial`) and renamed when whole.
///
/// What a killed run left behind is removed at the next start; a failed run removes its own.
pub struct StagedDir {
    partial: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl StagedDir {
    /// Starts an empty partial directory for `target`.
    ///
    /// # Errors
    /// Any error of removing the rest of a killed run or of creating the directory.
    pub fn create(target: impl Into<PathBuf>) -> io::Result<Self> {
        let target = target.into();
        let partial = partial_name(&target);
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir_all(&partial)?;
        Ok(Self { partial, target, committed: false })
    }

    /// The directory to write into.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Puts the directory in its place, replacing what stood there.
    ///
    /// # Errors
    /// Any error of removing the old directory or renaming.
    pub fn commit(mut self) -> io::Result<()> {
        if self.target.exists() {
            fs::remove_dir_all(&self.target)?;
        }
        fs::rename(&self.partial, &self.target)?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if !self.committed {
            let _gone = fs::remove_dir_all(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 0);
        AtomicFile::write(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_directory_replaces_the_old_one_only_when_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("set");
        let staged = StagedDir::create(&path).unwrap();
        fs::write(staged.path().join("x"), "1").unwrap();
        staged.commit().unwrap();
        let second = StagedDir::create(&path).unwrap();
        fs::write(second.path().join("y"), "2").unwrap();
        drop(second);
        assert!(path.join("x").exists() && !path.join("y").exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
