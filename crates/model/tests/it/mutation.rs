//! Damaged weights are refused or accepted, never a panic; what must hold is that of the fuzz target.

use proptest::prelude::*;
use vds_fuzz_checks::weights::check;
use vds_testkit::malformed::{cases, damaged, seeds};

#[test]
fn weights_of_the_seeds_are_accepted() {
    assert!(seeds("weights").iter().all(|seed| check(seed)));
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn weights_that_are_damaged_are_accepted_or_refused(bytes in damaged(seeds("weights"))) {
        check(&bytes);
    }
}
