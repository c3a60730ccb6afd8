#![doc = include_str!("../README.md")]

mod atomic;
mod digest;
#[cfg(feature = "faults")]
mod fault;
mod lock;
mod read;
mod shown;

#[cfg(feature = "faults")]
pub use fault::reach;

pub use atomic::{folder_of, remove_leftovers, sync_folder, temporary_file, write_atomically, write_in_stages};
pub use digest::{digest, hex};
pub use lock::{Lock, LockError};
pub use read::{open, open_unlinked, read};
pub use shown::{Shown, excerpt};

/// A stage of a write at which tests end the process; nothing without the feature `faults`.
#[cfg(not(feature = "faults"))]
pub fn reach(_place: &str) {}
