//! Properties, how many cases of each are to be tried, and how many were.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};
use serde_json::json;
use vds_testkit::{counts, is_slow};

/// A property and its numbers of cases.
struct Property {
    name: &'static str,
    quick: u32,
    /// With `SLOW_TESTS=1`.
    slow: u32,
}

/// All properties; a test asks for its own by name.
const PROPERTIES: [Property; 10] = [
    property("gradients_agree_with_differences", 40, 300),
    property("a_training_prefix_is_a_network_of_its_own", 25, 150),
    property("an_evaluated_prefix_is_a_network_of_its_own", 25, 150),
    property(
        "a_pruned_network_predicts_as_the_whole_with_the_truncated_posterior",
        25,
        150,
    ),
    property("evaluation_does_not_depend_on_batches_or_order", 25, 150),
    property("training_outputs_are_permuted_with_the_batch", 25, 150),
    property("the_loss_is_expected_nll_and_a_share_of_the_divergence", 25, 150),
    property("the_loss_does_not_see_a_shift_of_the_posteriors_logits", 25, 150),
    property("a_one_hot_posterior_gives_the_deterministic_loss", 25, 150),
    property("the_losses_of_all_batches_average_to_that_of_the_whole", 25, 150),
];

/// Together they try at least so many with `SLOW_TESTS=1`.
const LEAST_SLOW: u32 = 1000;

/// Of the cases that are drawn, at most one in so many may turn out to be undecidable.
const UNDECIDABLE: u32 = 25;

const fn property(name: &'static str, quick: u32, slow: u32) -> Property {
    Property { name, quick, slow }
}

/// Properties that have held, and how many cases of each were tried to the end.
static HELD: Mutex<Vec<(&str, u32)>> = Mutex::new(Vec::new());

/// Tries a property on as many cases as [`PROPERTIES`] says. One that rejects a case has it replaced by another.
#[track_caller]
pub(super) fn check<S: Strategy>(name: &str, cases: S, property: impl Fn(S::Value) -> TestCaseResult) {
    let Some(planned) = PROPERTIES.iter().find(|property| property.name == name) else {
        panic!("{name} is not among the properties");
    };
    let n_cases = if is_slow() { planned.slow } else { planned.quick };
    let tried = Cell::new(0);
    let result = TestRunner::new(config(n_cases)).run(&cases, |case| {
        property(case)?;
        tried.set(tried.get() + 1);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{name}: {error}");
    }
    assert_eq!(tried.get(), n_cases, "{name}: cases that were tried");
    note(planned.name, tried.get());
}

/// The same cases in every run, unless `PROPTEST_RNG_SEED` asks for others.
fn config(n_cases: u32) -> ProptestConfig {
    let default = ProptestConfig::with_cases(n_cases);
    ProptestConfig {
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        max_global_rejects: n_cases.div_ceil(UNDECIDABLE),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..default
    }
}

/// Adds a property that has held to the counts, and looks at the total once it is complete.
fn note(name: &'static str, n_cases: u32) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.push((name, n_cases));
    let total: u32 = held.iter().map(|(_, cases)| cases).sum();
    let properties: Vec<_> = held
        .iter()
        .map(|(name, cases)| json!({"name": name, "cases": cases}))
        .collect();
    counts::record("network-properties", &json!({"cases": total, "properties": properties}));
    if held.len() == PROPERTIES.len() {
        println!("{total} cases of {} properties of networks", held.len());
        assert!(!is_slow() || total >= LEAST_SLOW, "{total} cases in all");
    }
}
