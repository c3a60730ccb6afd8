//! The lines of `journal.jsonl`: what happened to a run, and when. Of two equal runs it is the only file that differs.

use serde::{Deserialize, Serialize};

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A process began or resumed the run.
    Session {
        /// Time of day.
        at: String,
        /// Name and version of the program, and its commit.
        program: String,
        /// The arguments as typed.
        command_line: Vec<String>,
        /// Threads; they do not change the results.
        threads: usize,
        /// Epochs that were complete.
        epochs: usize,
        /// Steps done in the epoch after those.
        steps: usize,
    },
    /// A checkpoint could not be used and was set aside.
    Damaged {
        /// Its file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An epoch was completed.
    Epoch {
        /// The epoch, from 1.
        epoch: usize,
        /// Its wall time in this process, evaluation included.
        seconds: f64,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Its file.
        file: String,
        /// Epochs completed.
        epochs: usize,
        /// Steps done in the epoch after those.
        steps: usize,
        /// Wall time of the writing.
        seconds: f64,
    },
    /// The process ended by itself.
    End {
        /// Time of day.
        at: String,
        /// Why: as in the summary, or `interrupted`, `failed` or `pruned`.
        reason: String,
        /// Wall time of the process.
        seconds: f64,
    },
}
