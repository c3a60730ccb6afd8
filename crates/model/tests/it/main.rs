//! Integration tests of the networks.

mod paths;
