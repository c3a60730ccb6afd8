//! Integration tests of the networks.

mod golden;
mod paths;
