//! Arrays that a thread reuses, so that a training step allocates no memory in proportion to its batch.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::thread::LocalKey;

/// An array that its thread keeps for reuse when it is dropped.
#[derive(Debug)]
pub(super) struct Recycled<T: Element>(Vec<T>);

/// Number of free arrays of one type that a thread keeps; a step uses one of each type at a time, or two where a loss is still held.
const KEPT: usize = 2;

/// An element type whose arrays are reused.
pub(super) trait Element: Copy + Default + 'static {
    /// The free arrays of this thread.
    fn free() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>>;
}

impl Element for f32 {
    fn free() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>> {
        thread_local!(static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });
        &FREE
    }
}

impl Element for f64 {
    fn free() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>> {
        thread_local!(static FREE: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) });
        &FREE
    }
}

impl<T: Element> Recycled<T> {
    /// An array of `len` zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let mut values = T::free().with_borrow_mut(Vec::pop).unwrap_or_default();
        values.clear();
        values.resize(len, T::default());
        Self(values)
    }
}

impl<T: Element> Drop for Recycled<T> {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.0);
        // While a thread ends, its free arrays may be gone already; then this one is freed as well.
        let _ = T::free().try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < KEPT {
                free.push(values);
            }
        });
    }
}

impl<T: Element> Deref for Recycled<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Element> DerefMut for Recycled<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Recycled;

    #[test]
    fn recycled_array_comes_back_as_zeros() {
        let mut first = Recycled::<f64>::zeros(3);
        first.copy_from_slice(&[1.0, 2.0, 3.0]);
        let place = first.as_ptr();
        drop(first);
        let second = Recycled::<f64>::zeros(2);
        assert_eq!((&*second, second.as_ptr()), (&[0.0, 0.0][..], place));
    }
}
