#![doc = include_str!("../README.md")]

mod arguments;
pub mod benchmark;
pub mod cli;
mod clock;
pub mod commands;
pub mod config;
pub mod data;
pub mod device;
pub mod error;
mod finalize;
mod output;
mod predict_input;
mod progress;
pub mod run_dir;
mod signals;
