//! Memory of mapped files.

use memmap2::Mmap;

/// Lets the system take back the memory of mapped pages; they are read from the file again when needed. The map must be of a file that is
/// not written again.
#[cfg(unix)]
pub fn release_pages(map: &Mmap, start: usize, length: usize) {
    // SAFETY: the map is shared and read-only over a file that is not written again, so a page that is dropped comes back with the
    // same bytes.
    let advised = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, length) };
    // It is advice: when the system does not take it, the pages stay, and nothing else changes.
    advised.unwrap_or_default();
}

/// Lets the system take back the memory of mapped pages; does nothing on this system.
#[cfg(not(unix))]
pub fn release_pages(_map: &Mmap, _start: usize, _length: usize) {}
