//! This process, as other processes of the sweep see it.

use std::fs;
use std::process;

use vds_sweeps::{Here, Holder};

use crate::clock::utc_now;
use crate::run_dir::host;
use crate::signals::is_alive;

/// This process, now.
pub(super) fn here() -> Here {
    let host = host();
    // Process numbers mean the same within one boot of a machine and one container.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let container = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    Here {
        holder: Holder {
            instance: format!("{host} {} {}", boot.trim(), container.to_string_lossy()),
            host,
            process: process::id(),
            at: utc_now(),
        },
        is_alive,
    }
}
