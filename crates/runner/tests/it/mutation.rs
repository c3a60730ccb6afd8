//! Damaged configurations are refused or accepted, never a panic; what must hold is that of the fuzz target.

use proptest::prelude::*;
use vds_testkit::hostile::{cases, damaged, seeds};

use crate::hostile::check;

#[test]
fn whole_seeds_are_accepted() {
    assert!(seeds("config").iter().all(|seed| check(seed)));
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn damaged_configurations_are_accepted_or_refused(bytes in damaged(seeds("config"))) {
        check(&bytes);
    }
}
