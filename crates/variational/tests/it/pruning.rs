//! The pruning rules and their names.

use proptest::prelude::*;
use vds_variational::{DepthPosterior, PruningRule};

use crate::strategies::posteriors;

proptest! {
    #[test]
    fn prune_rules_give_a_depth_in_range(posterior in posteriors(), parameter in parameters()) {
        for rule in [
            PruningRule::NearMode { ratio: parameter },
            PruningRule::ArgMax,
            PruningRule::RoundedExpectation,
            PruningRule::TailMass { tolerance: parameter },
        ] {
            let depth = rule.pruned_depth(&posterior, None).unwrap();
            prop_assert!(depth <= posterior.max_depth(), "{rule} gives {depth}");
            prop_assert!(posterior.truncated(depth).is_ok());
        }
    }

    #[test]
    fn prune_near_mode_is_the_first_depth_above_the_threshold(posterior in posteriors(), ratio in 0.0..1.0) {
        let depth = PruningRule::NearMode { ratio }.pruned_depth(&posterior, None).unwrap();
        let max = posterior.probs().iter().copied().fold(0.0, f64::max);
        prop_assert!(posterior.probs()[..depth].iter().all(|&prob| prob <= ratio * max));
        prop_assert!(posterior.probs()[depth] > ratio * max);
    }

    #[test]
    fn prune_tail_mass_is_the_first_depth_with_little_beyond(posterior in posteriors(), tolerance in 1e-6..1.0) {
        let depth = PruningRule::TailMass { tolerance }.pruned_depth(&posterior, None).unwrap();
        let beyond = |depth: usize| posterior.probs()[depth + 1..].iter().rev().sum::<f64>();
        prop_assert!(beyond(depth) < tolerance);
        prop_assert!(depth == 0 || beyond(depth - 1) >= tolerance);
    }

    #[test]
    fn prune_rule_reads_back_as_it_is_written(ratio in 0.0..1.0, tolerance in 1e-9..=1.0) {
        for rule in [
            PruningRule::NearMode { ratio },
            PruningRule::ArgMax,
            PruningRule::RoundedExpectation,
            PruningRule::TailMass { tolerance },
            PruningRule::OneStandardError,
            PruningRule::StackedTail { tolerance },
        ] {
            prop_assert_eq!(rule.to_string().parse::<PruningRule>().unwrap(), rule);
        }
    }
}

#[test]
fn prune_rules_differ_where_they_should() {
    let posterior = DepthPosterior::from_probs(&[0.02, 0.30, 0.31, 0.27, 0.06, 0.04]).unwrap();
    let check = |rule: &str, expected: usize| {
        let rule: PruningRule = rule.parse().unwrap();
        assert_eq!(rule.pruned_depth(&posterior, None).unwrap(), expected, "{rule}");
    };
    check("near-mode", 1);
    check("near-mode:0.95", 1);
    check("near-mode:0.99", 2);
    check("arg-max", 2);
    // 0.30 + 0.62 + 0.81 + 0.24 + 0.20 = 2.17.
    check("rounded-expectation", 2);
    check("tail-mass:0.05", 4);
    check("tail-mass:0.5", 2);
}

#[test]
fn prune_equal_probabilities_to_the_shallowest() {
    let posterior = DepthPosterior::from_logits(&[0.0; 30]).unwrap();
    assert_eq!(PruningRule::PAPER.pruned_depth(&posterior, None).unwrap(), 0);
    assert_eq!(PruningRule::ArgMax.pruned_depth(&posterior, None).unwrap(), 0);
}

#[test]
fn prune_thresholds_are_strict() {
    let near_mode = DepthPosterior::from_probs(&[0.25, 0.5, 0.25]).unwrap();
    assert_eq!(
        PruningRule::NearMode { ratio: 0.5 }
            .pruned_depth(&near_mode, None)
            .unwrap(),
        1
    );
    let tail_mass = DepthPosterior::from_probs(&[0.5, 0.25, 0.25]).unwrap();
    assert_eq!(
        PruningRule::TailMass { tolerance: 0.25 }
            .pruned_depth(&tail_mass, None)
            .unwrap(),
        2
    );
}

#[test]
fn prune_rounded_expectation_rounds_half_to_even() {
    let rounded = |probs: &[f64]| {
        let posterior = DepthPosterior::from_probs(probs).unwrap();
        PruningRule::RoundedExpectation.pruned_depth(&posterior, None).unwrap()
    };
    assert_eq!(rounded(&[0.5, 0.5]), 0);
    assert_eq!(rounded(&[0.0, 0.5, 0.5]), 2);
    assert_eq!(rounded(&[0.0, 0.0, 0.5, 0.5]), 2);
}

#[test]
fn prune_parameters_outside_their_range_fall_back() {
    let posterior = DepthPosterior::from_probs(&[0.2, 0.5, 0.3]).unwrap();
    let depth = |rule: PruningRule| rule.pruned_depth(&posterior, None).unwrap();
    assert_eq!(depth(PruningRule::NearMode { ratio: 1.0 }), 1);
    assert_eq!(depth(PruningRule::NearMode { ratio: f64::NAN }), 1);
    assert_eq!(depth(PruningRule::TailMass { tolerance: 0.0 }), 2);
    assert_eq!(depth(PruningRule::TailMass { tolerance: f64::NAN }), 2);
}

#[test]
fn prune_rule_of_unknown_name_is_refused_with_the_list() {
    let expected = "near-mode[:RATIO] with a ratio in [0, 1), arg-max, rounded-expectation, tail-mass:TOLERANCE with a \
                    tolerance in (0, 1], one-se, or stacked-tail[:TOLERANCE]";
    assert_eq!(PruningRule::EXPECTED, expected);
    for text in [
        "",
        "argmax",
        "arg-max:1",
        "near-mode:1",
        "near-mode:x",
        "near-mode:NaN",
        "tail-mass",
        "tail-mass:0",
        "one-se:1",
        "stacked-tail:",
        "stacked-tail:0",
        "stacked-tail:1.5",
    ] {
        let error = text.parse::<PruningRule>().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("pruning rule {text:?} is not known, expected {expected}")
        );
    }
}

#[test]
fn prune_rules_by_name_are_the_examples() {
    let texts = PruningRule::EXAMPLES.map(|rule| rule.to_string());
    let expected = [
        "near-mode:0.95",
        "arg-max",
        "rounded-expectation",
        "tail-mass:0.05",
        "one-se",
        "stacked-tail:0.05",
    ];
    assert_eq!(texts, expected);
    for (text, short, rule) in [
        ("near-mode:0.95", "near-mode", PruningRule::EXAMPLES[0]),
        ("stacked-tail:0.05", "stacked-tail", PruningRule::EXAMPLES[5]),
    ] {
        assert_eq!(text.parse::<PruningRule>().unwrap(), rule);
        assert_eq!(short.parse::<PruningRule>().unwrap(), rule);
    }
}

fn parameters() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..1.0, Just(0.0), Just(1.0), Just(2.0), Just(-1.0), Just(f64::NAN)]
}
