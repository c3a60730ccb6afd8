//! Damaged predictions are refused or accepted without a panic, with the checks of the fuzz target.

use proptest::prelude::*;
use vds_fuzz_checks::calibration::check;
use vds_testkit::malformed::{cases, damaged, seeds};

#[test]
fn mutation_seeds_are_accepted() {
    assert!(seeds("calibration").iter().all(|seed| check(seed)));
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn mutation_of_predictions_is_accepted_or_refused(bytes in damaged(seeds("calibration"))) {
        check(&bytes);
    }
}
