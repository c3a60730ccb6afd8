#![doc = include_str!("../README.md")]

mod arguments;
mod benchmark;
pub mod cli;
mod clock;
mod commands;
pub mod config;
mod data;
mod device;
pub mod error;
mod finalize;
mod output;
mod progress;
mod run_dir;
mod signals;
