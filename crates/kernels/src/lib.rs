#![doc = include_str!("../README.md")]
#![allow(
    unsafe_code,
    reason = "the one crate that may: raw pointers in the micro-kernel and calls behind detected CPU features"
)]

mod buffer;
pub mod conv;
pub mod fc;
mod layout;
mod linalg;
mod linear;
mod norm;
mod residual_linear;
mod simd;

pub use layout::{HeadStatistics, LinearRanges, NormRanges};
pub use simd::Isa;
