#![doc = include_str!("../README.md")]
#![allow(
    unsafe_code,
    reason = "the one crate that may: raw pointers in the micro-kernel and calls behind detected CPU features"
)]

pub mod layout;

#[cfg(feature = "engines")]
mod buffer;
#[cfg(feature = "engines")]
mod conv;
#[cfg(feature = "engines")]
mod engine;
#[cfg(feature = "engines")]
mod fc;
#[cfg(feature = "engines")]
mod linalg;
#[cfg(feature = "engines")]
mod linear;
#[cfg(feature = "engines")]
mod norm;
#[cfg(feature = "engines")]
mod simd;

#[cfg(feature = "engines")]
pub use conv::ConvEngine;
#[cfg(feature = "engines")]
pub use engine::Engine;
#[cfg(feature = "engines")]
pub use fc::FcEngine;
#[cfg(feature = "engines")]
pub use simd::Isa;
