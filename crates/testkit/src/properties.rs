//! Property tests whose cases may turn out to be undecidable.

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

use crate::is_slow;

/// Times as many cases are tried with `SLOW_TESTS=1`.
const SLOW: u32 = 6;

/// Of the cases that are drawn, at most one in so many may turn out to be undecidable.
const UNDECIDABLE: u32 = 25;

/// Tries a property on `n_cases` cases; one that rejects a case has it replaced by another. The cases are the same in every run,
/// unless `PROPTEST_RNG_SEED` asks for others.
///
/// # Panics
/// With the smallest case that was found to fail, or if more than a few are rejected.
#[track_caller]
pub fn check<S: Strategy>(n_cases: u32, cases: S, property: impl Fn(S::Value) -> TestCaseResult) {
    let n_cases = if is_slow() { SLOW * n_cases } else { n_cases };
    let default = ProptestConfig::with_cases(n_cases);
    let config = ProptestConfig {
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        max_global_rejects: n_cases.div_ceil(UNDECIDABLE),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..default
    };
    if let Err(error) = TestRunner::new(config).run(&cases, property) {
        panic!("{error}");
    }
}
