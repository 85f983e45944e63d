//! How the C library's allocator treats freed memory.

/// Keeps freed blocks for the next training step instead of handing their pages back, which would have to be cleared and mapped
/// again a moment later. Training steps allocate the same sizes over and over. All threads share one arena, as the others cannot hold blocks of
/// 64 MB and would map and clear such a block every time; kernels allocate little while many threads work. Without glibc this does nothing.
pub(crate) fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets parameters of malloc before any other thread is started.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
        // -1 never trims.
        libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
