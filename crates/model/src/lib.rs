#![doc = include_str!("../README.md")]

mod backend;
mod config;
mod diagnosis;
mod error;
mod fused;
mod initialize;
mod network;
mod optimizer;
pub mod portable;
mod statistics;
pub mod weights;

pub use backend::{Backend, DepthLogits, TapedLogits};
pub use config::NetworkConfig;
pub use diagnosis::Place;
pub use error::{Error, Result};
pub use fused::FusedEngine;
pub use network::{Network, Snapshot, TrainingPass};
pub use optimizer::{ProposedStep, Schedule, Sgd};
pub use vds_kernels::layout::{ConvConfig, Convolution, FcConfig, HeadStatistics};
