//! NumPy's `.npy` format, version 1.0, C order, little-endian: written by position, read by memory map.

use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use memmap2::Mmap;

use crate::mapped::release_pages;

/// An array file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// Reading or writing failed (a full disk shows here).
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is not the array that is expected.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
}

impl NpyError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

const _: () = assert!(cfg!(target_endian = "little"), "arrays are little-endian in memory as on disk");

/// An element type of our arrays.
pub trait NpyElement: bytemuck::Pod + Send + Sync {
    /// NumPy's name of the type.
    const DESCR: &'static str;
}

impl NpyElement for u8 {
    const DESCR: &'static str = "|u1";
}

impl NpyElement for f32 {
    const DESCR: &'static str = "<f4";
}

fn header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let dims: Vec<String> = shape.iter().map(u64::to_string).collect();
    let tuple = if dims.len() == 1 { format!("({},)", dims[0]) } else { format!("({})", dims.join(", ")) };
    let mut dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple}, }}");
    // magic 6 + version 2 + length 2 + dict + newline, padded so that the data begin at a multiple of 64
    let padding = (64 - (10 + dict.len() + 1) % 64) % 64;
    dict.extend(std::iter::repeat_n(' ', padding));
    dict.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((dict.len() as u16).to_le_bytes());
    out.extend(dict.as_bytes());
    out
}

fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::FileExt;
        let mut done = 0;
        while done < bytes.len() {
            done += file.seek_write(&bytes[done..], offset + done as u64)?;
        }
        Ok(())
    }
}

/// Writes an array of a known shape, rows in any order, from any thread.
pub struct NpyWriter<T> {
    file: File,
    path: PathBuf,
    data_start: u64,
    shape: Vec<u64>,
    element: PhantomData<T>,
}

impl<T: NpyElement> NpyWriter<T> {
    /// Creates the file at its full size.
    ///
    /// # Errors
    /// Any error of creating the file.
    pub fn create(path: &Path, shape: &[u64]) -> Result<Self, NpyError> {
        let file = File::create(path).map_err(NpyError::io(path))?;
        let header = header(T::DESCR, shape);
        let data_start = header.len() as u64;
        let bytes = shape.iter().product::<u64>() * size_of::<T>() as u64;
        write_all_at(&file, &header, 0).map_err(NpyError::io(path))?;
        file.set_len(data_start + bytes).map_err(NpyError::io(path))?;
        Ok(Self { file, path: path.to_owned(), data_start, shape: shape.to_vec(), element: PhantomData })
    }

    /// Number of elements of one row (all axes but the first).
    pub fn row_len(&self) -> usize {
        self.shape[1..].iter().product::<u64>() as usize
    }

    /// Writes whole rows beginning at `first_row`.
    ///
    /// # Errors
    /// Any error of writing; a full disk shows here.
    ///
    /// # Panics
    /// If the values are not whole rows or reach past the array's end.
    pub fn write_rows(&self, first_row: u64, values: &[T]) -> Result<(), NpyError> {
        let row = self.row_len();
        assert!(row > 0 && values.len().is_multiple_of(row), "values are whole rows");
        assert!(first_row + (values.len() / row) as u64 <= self.shape[0], "rows lie in the array");
        let offset = self.data_start + first_row * (row * size_of::<T>()) as u64;
        write_all_at(&self.file, bytemuck::cast_slice(values), offset).map_err(NpyError::io(&self.path))
    }

    /// Flushes to disk.
    ///
    /// # Errors
    /// Any error of flushing.
    pub fn finish(self) -> Result<(), NpyError> {
        self.file.sync_all().map_err(NpyError::io(&self.path))
    }
}

/// Bytes of rows read before the pages of a map are handed back, so that walking over a large array keeps little of it.
const RETAINED_BYTES: usize = 16 << 20;

/// A memory-mapped array. However large it is, about 16 MB of it stay in memory at once (more when one row is longer).
#[derive(Debug)]
pub struct NpyArray<T> {
    map: Mmap,
    data_start: usize,
    shape: Vec<u64>,
    row_len: usize,
    /// Bytes of rows read since pages were handed back.
    read: AtomicUsize,
    element: PhantomData<T>,
}

impl<T: NpyElement> NpyArray<T> {
    /// Maps a file.
    ///
    /// # Errors
    /// When the file is missing, is not an array of this element type in C order, or is shorter or longer than its
    /// header says.
    pub fn open(path: &Path) -> Result<Self, NpyError> {
        let mut file = File::open(path).map_err(NpyError::io(path))?;
        let mut start = [0; 10];
        let bad = |message: String| NpyError::Damaged { path: path.to_owned(), message };
        file.read_exact(&mut start).map_err(|_| bad("is too short for a .npy file; write it again".into()))?;
        if start[..8] != *b"\x93NUMPY\x01\x00" {
            return Err(bad("is not a .npy file of version 1.0; write it again".into()));
        }
        let length = usize::from(u16::from_le_bytes([start[8], start[9]]));
        let mut dict = vec![0; length];
        file.read_exact(&mut dict).map_err(|_| bad("the .npy header is cut off; write it again".into()))?;
        let dict = String::from_utf8_lossy(&dict).into_owned();
        let shape = parse_header(&dict, T::DESCR)
            .ok_or_else(|| bad(format!("holds {} where a C-ordered array of {} is expected", dict.trim(), T::DESCR)))?;
        let data_start = 10 + length;
        let bytes = shape.iter().product::<u64>() * size_of::<T>() as u64 + data_start as u64;
        let found = file.metadata().map_err(NpyError::io(path))?.len();
        if bytes != found {
            return Err(bad(format!("has {found} bytes where its header asks for {bytes}; write it again")));
        }
        // SAFETY: our arrays are written under another name and renamed when whole, and never changed in place.
        let map = unsafe { Mmap::map(&file) }.map_err(NpyError::io(path))?;
        if data_start % align_of::<T>() != 0 {
            return Err(bad("its data are not aligned; write it again".into()));
        }
        let row_len = shape.get(1..).unwrap_or_default().iter().product::<u64>() as usize;
        Ok(Self { map, data_start, shape, row_len, read: AtomicUsize::new(0), element: PhantomData })
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Number of elements of one row (all axes but the first).
    pub fn row_len(&self) -> usize {
        self.row_len
    }

    /// The elements of one row.
    ///
    /// # Panics
    /// If the row is past the end.
    pub fn row(&self, row: usize) -> &[T] {
        let bytes = self.row_len * size_of::<T>();
        let start = self.data_start + row * bytes;
        if self.read.fetch_add(bytes, Ordering::Relaxed) + bytes > RETAINED_BYTES {
            self.read.store(0, Ordering::Relaxed);
            release_pages(&self.map, 0, self.map.len());
        }
        bytemuck::cast_slice(&self.map[start..start + bytes])
    }
}

fn parse_header(dict: &str, descr: &str) -> Option<Vec<u64>> {
    if !dict.contains(&format!("'descr': '{descr}'")) || !dict.contains("'fortran_order': False") {
        return None;
    }
    let shape = dict.split_once("'shape': (")?.1.split_once(')')?.0;
    shape.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_written_in_any_order_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let writer = NpyWriter::<f32>::create(&path, &[3, 2]).unwrap();
        writer.write_rows(2, &[5.0, 6.0]).unwrap();
        writer.write_rows(0, &[1.0, 2.0, 3.0, 4.0]).unwrap();
        writer.finish().unwrap();
        let array = NpyArray::<f32>::open(&path).unwrap();
        assert_eq!(array.shape(), [3, 2]);
        assert_eq!([0, 1, 2].map(|r| array.row(r).to_vec()).concat(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(array.row(1), [3.0, 4.0]);
        let bytes = std::fs::read(&path).unwrap();
        // what numpy.save writes: data at a multiple of 64, header ends in a newline
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(
            &bytes[10..],
            [
                b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".as_slice(),
                &[b' '; 58],
                b"\n",
                &bytes[128..]
            ]
            .concat()
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn walking_over_a_large_array_keeps_little_of_it_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let (rows, row_len) = (96u64, 1 << 18);
        let writer = NpyWriter::<f32>::create(&path, &[rows, row_len]).unwrap();
        (0..rows).for_each(|row| writer.write_rows(row, &vec![row as f32; row_len as usize]).unwrap());
        writer.finish().unwrap();
        let array = NpyArray::<f32>::open(&path).unwrap();
        // Bytes of this very map in memory, from the kernel's table; other tests of this process do not disturb.
        let resident = || {
            let table = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let mut lines = table.lines().skip_while(|l| !l.ends_with(path.to_str().unwrap()));
            let line = lines.find(|l| l.starts_with("Rss:")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
        };
        let held = array.row(0);
        for row in 0..rows {
            assert_eq!(array.row(row as usize)[row_len as usize - 1], row as f32);
            // The row itself and what the kernel reads ahead.
            assert!(resident() <= RETAINED_BYTES + (8 << 20), "{}", resident());
        }
        assert_eq!(held[7], 0.0, "a row that is still held reads the same");
    }

    #[test]
    fn wrong_types_and_cut_files_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        NpyWriter::<u8>::create(&path, &[4]).unwrap().finish().unwrap();
        assert_eq!(NpyArray::<u8>::open(&path).unwrap().shape(), [4]);
        assert!(NpyArray::<f32>::open(&path).unwrap_err().to_string().contains("|u1"));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(NpyArray::<u8>::open(&path).unwrap_err().to_string().contains("bytes"));
        std::fs::write(&path, b"x").unwrap();
        assert!(NpyArray::<u8>::open(&path).unwrap_err().to_string().contains("too short"));
    }
}
