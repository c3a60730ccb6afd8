//! Integration tests of `vds-variational`.

#![expect(
    clippy::float_cmp,
    reason = "what holds exactly in floating point, as KL(q ‖ q) = 0, is tested exactly"
)]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic where the tests may")]

mod closed_form;
mod golden;
mod held_out;
mod identities;
mod posterior;
mod predictive;
mod pruning;
#[cfg(feature = "serde")]
mod serde;
mod stacking;
mod strategies;
#[cfg(feature = "dfdx")]
mod tape;
#[cfg(feature = "dfdx")]
mod truncated;
