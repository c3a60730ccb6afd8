//! How far a fetch is: one bar per file on a terminal, else plain lines.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vds_datasets::download::Progress;
use vds_files::Shown as _;

use crate::output;

/// Shows the steps of a fetch, on the standard error.
#[derive(Debug)]
pub(crate) enum FetchProgress {
    /// On a terminal; the bar of the file that is coming.
    Bar(ProgressBar),
    /// A line when a file begins, and for what goes wrong.
    Lines,
    /// Shows nothing.
    Quiet,
}

impl FetchProgress {
    /// Chooses how to show it.
    pub(crate) fn new(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bar(ProgressBar::hidden()),
            (false, false) => Self::Lines,
        }
    }

    /// Shows a step. Progress is not a result: a failure to show it does not fail the fetch.
    pub(crate) fn show(&mut self, step: &Progress<'_>) {
        if let Self::Bar(bar) = self {
            match step {
                Progress::Started { url, n_kept, n_total } => *bar = new_bar(url, *n_kept, *n_total),
                Progress::Advanced { n_bytes } => bar.set_position(*n_bytes),
                _ => bar.finish_and_clear(),
            }
        }
        let is_shown = match self {
            Self::Bar(_) => matches!(step, Progress::Failed { .. }),
            Self::Lines => true,
            Self::Quiet => false,
        };
        if let Some(line) = line(step).filter(|_| is_shown) {
            output::note(&line);
        }
    }

    /// Removes the bar of a file that was not finished.
    pub(crate) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(url: &str, n_kept: u64, n_total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(n_total, ProgressDrawTarget::stderr_with_hz(10));
    let template = match n_total {
        Some(_) => "{bar:12} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} (left {eta}) {wide_msg}",
        None => "{spinner} {binary_bytes} {binary_bytes_per_sec} {wide_msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(url.shown().to_string());
    // The rate is that of this attempt.
    bar.set_position(n_kept);
    bar.reset_eta();
    bar
}

/// What is worth a line of its own.
fn line(step: &Progress<'_>) -> Option<String> {
    match step {
        Progress::Started { url, n_kept, n_total } => {
            let total = n_total.map(|n| format!(", {n} bytes")).unwrap_or_default();
            let start = if *n_kept > 0 {
                format!(", from byte {n_kept} on")
            } else {
                String::new()
            };
            Some(format!("fetching {}{total}{start}", url.shown()))
        }
        Progress::Failed { url, problem } => Some(format!("{}: {problem}", url.shown())),
        Progress::Done { file } if file.url.is_none() => Some(format!("{} is there already", file.path.shown())),
        _ => None,
    }
}
