//! Damaged predictions are refused or accepted, never a panic; what must hold is that of the fuzz target.

use proptest::prelude::*;
use vds_fuzz_checks::calibration::check;
use vds_testkit::malformed::{cases, damaged, seeds};

#[test]
fn whole_seeds_are_accepted() {
    assert!(seeds("calibration").iter().all(|seed| check(seed)));
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn damaged_predictions_are_accepted_or_refused(bytes in damaged(seeds("calibration"))) {
        check(&bytes);
    }
}
