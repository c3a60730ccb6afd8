//! Ends the process inside a write, for tests of what writes checkpoints.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// `VDS_FAULT=PLACE@N`: the process ends when it reaches the place for the N-th time.
static FAULT: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
    let text = std::env::var("VDS_FAULT").ok()?;
    let (place, count) = text.split_once('@')?;
    Some((place.to_owned(), count.parse().ok()?))
});

static REACHED: AtomicU64 = AtomicU64::new(0);

/// Ends the process if `VDS_FAULT` names this place of a write and this visit to it.
pub fn reach(place: &str) {
    let Some((faulty, count)) = &*FAULT else {
        return;
    };
    if faulty == place && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == *count {
        // As after a SIGKILL: nothing is unwound, flushed or removed.
        std::process::abort();
    }
}
