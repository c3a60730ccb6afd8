//! Integration tests of the trainer.
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "the golden tests print their largest deviations")]

mod case;
mod fitted;
mod golden;
mod posterior;
mod properties;
mod resume;
mod selection;
mod skipping;
mod step;
mod training;
