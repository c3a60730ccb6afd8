//! Signals that end a run early.

use std::io;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::ExitCode;

/// Whether SIGINT (Ctrl-C), SIGTERM or, on Unix, SIGUSR1 has come. A second Ctrl-C ends the process at once; a second SIGTERM
/// does not, as schedulers send it to a process and then to its group, and the state is being saved.
#[derive(Debug)]
pub(crate) struct Interrupt {
    came: Arc<AtomicBool>,
    /// Whether SIGUSR1 was among them.
    time_is_up: Arc<AtomicBool>,
    /// Whether there is nothing left to save.
    all_is_saved: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        let (came, all_is_saved) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let interrupted = i32::from(ExitCode::Interrupted.number());
        // The order matters: the shutdowns look at the flags before this signal sets one.
        for signal in SIGNALS {
            flag::register_conditional_shutdown(*signal, interrupted, Arc::clone(&all_is_saved))?;
        }
        flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&came))?;
        for signal in SIGNALS {
            flag::register(*signal, Arc::clone(&came))?;
        }
        let time_is_up = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&time_is_up))?;
        Ok(Self {
            came,
            time_is_up,
            all_is_saved,
        })
    }

    /// Whether SIGUSR1 has come: a scheduler's word that the time it has given is nearly over. The others end the work for good.
    pub(crate) fn time_is_up(&self) -> bool {
        self.time_is_up.load(Ordering::SeqCst)
    }

    /// Whether one has come.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// Says that everything worth keeping is on the disk: from now on the first signal ends the process, with the code of
    /// an interruption.
    pub(crate) fn nothing_to_save(&self) {
        self.all_is_saved.store(true, Ordering::SeqCst);
    }
}

/// Makes a write beyond the limit of `ulimit -f` fail, as one on a full disk does, in place of ending the process without a
/// word.
pub(crate) fn ignore_file_size_limit() {
    // A system that does not take the handler keeps its default, which is not a reason to stop.
    #[cfg(unix)]
    let _ = flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// Asks a process to save its state and end.
#[cfg(unix)]
pub(crate) fn terminate(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // One that has ended in between needs no signal.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
}

/// Whether a process of this machine lives.
#[cfg(unix)]
pub(crate) fn is_alive(process: u32) -> bool {
    let id = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    // One of another user cannot be asked, but is there.
    id.is_some_and(|id| rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH))
}

/// Elsewhere nobody can say.
#[cfg(not(unix))]
pub(crate) fn is_alive(_process: u32) -> bool {
    true
}

/// Elsewhere a process cannot be asked; it gets the console's signals itself.
#[cfg(not(unix))]
pub(crate) fn terminate(_child: &Child) {}

#[cfg(unix)]
const SIGNALS: &[i32] = &[SIGINT, SIGTERM, signal_hook::consts::SIGUSR1];
#[cfg(not(unix))]
const SIGNALS: &[i32] = &[SIGINT, SIGTERM];
