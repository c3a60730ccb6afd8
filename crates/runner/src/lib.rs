#![doc = include_str!("../README.md")]

pub mod benchmark;
pub mod cli;
mod clock;
pub mod commands;
pub mod config;
pub mod data;
pub mod device;
pub mod error;
pub mod evaluation;
mod excerpt;
mod output;
mod progress;
pub mod record;
pub mod report;
pub mod run_dir;
mod signals;
mod text;
pub mod training;
