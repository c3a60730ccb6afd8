//! Signals that end a run early.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// A flag that SIGINT (Ctrl-C), SIGTERM and, on Unix, SIGUSR1 set. A second SIGINT or SIGTERM ends the process at once.
pub(crate) fn interrupt_flag() -> io::Result<Arc<AtomicBool>> {
    let interrupt = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the shutdown looks at the flag before this signal sets it.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupt))?;
        flag::register(signal, Arc::clone(&interrupt))?;
    }
    #[cfg(unix)]
    flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&interrupt))?;
    Ok(interrupt)
}
