//! Arrays that a thread uses again, so that a training step asks the system for no memory in proportion to its batch.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::thread::LocalKey;

/// An array that goes back to its thread's free ones when it is dropped.
#[derive(Debug)]
pub(super) struct Recycled<T: Element>(Vec<T>);

/// Arrays of one type that are kept; a step has one of each type at a time, or two where a loss is still held.
const KEPT: usize = 2;

/// A number whose arrays are kept.
pub(super) trait Element: Copy + Default + 'static {
    /// The free ones of this thread.
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
    /// `len` zeros.
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
        // While a thread ends its arrays may be gone already; then this one goes as well.
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
    fn an_array_comes_back_as_zeros() {
        let mut first = Recycled::<f64>::zeros(3);
        first.copy_from_slice(&[1.0, 2.0, 3.0]);
        let place = first.as_ptr();
        drop(first);
        let second = Recycled::<f64>::zeros(2);
        assert_eq!((&*second, second.as_ptr()), (&[0.0, 0.0][..], place));
    }
}
