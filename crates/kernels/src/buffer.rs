//! Storage that starts at a cache line.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Elements of a cache line.
const LINE: usize = 16;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// A growable array of `f32` whose first element lies at a multiple of 64 bytes: a vector of sixteen lanes that does
/// not start there touches two cache lines and takes two loads.
#[derive(Clone, Default)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl Buffer {
    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut buffer = Self::default();
        buffer.resize(len);
        buffer
    }

    /// Changes the length. Elements that were there before, also in an earlier and longer life, keep their values; others
    /// are zero.
    pub(crate) fn resize(&mut self, len: usize) {
        let n_lines = len.div_ceil(LINE);
        if n_lines > self.lines.len() {
            self.lines.resize(n_lines, Line([0.0; LINE]));
        }
        self.len = len;
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `Line` is `repr(C)` around sixteen `f32` that fill it, so the lines are that many consecutive
        // elements, and `resize` keeps `len` within them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffer_starts_at_a_cache_line_and_keeps_its_values() {
        let mut buffer = Buffer::zeros(3);
        buffer.copy_from_slice(&[1.0, 2.0, 3.0]);
        buffer.resize(100);
        assert_eq!(buffer.as_ptr().addr() % 64, 0);
        assert_eq!((&buffer[..4], buffer.len()), (&[1.0, 2.0, 3.0, 0.0][..], 100));
        buffer.resize(2);
        assert_eq!(&*buffer, [1.0, 2.0]);
    }
}
