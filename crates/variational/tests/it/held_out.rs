//! Scores on held-out data, and the pruning rules that look at them.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_variational::{DepthPosterior, HeldOut, PruningRule};

use crate::strategies::{examples, magnitude};

proptest! {
    #[test]
    fn held_out_scores_are_their_formulas(examples in examples()) {
        let held_out = scores(&examples.log_likelihoods, examples.n_depths);
        let (n, best) = (examples.n(), held_out.best);
        prop_assert_eq!(held_out.n, n);
        prop_assert_eq!(held_out.n_depths(), examples.n_depths);
        prop_assert_eq!(held_out.difference_se[best], 0.0);
        let tolerance = 1e-13 * magnitude(&[&examples.log_likelihoods]);
        for depth in 0..examples.n_depths {
            let at = |depth: usize, example: usize| -examples.log_likelihoods[depth * n + example];
            let mean = (0..n).map(|example| at(depth, example)).sum::<f64>() / n as f64;
            prop_assert!((held_out.mean_nll[depth] - mean).abs() <= tolerance);
            prop_assert!(held_out.mean_nll[depth] >= held_out.mean_nll[best]);
            prop_assert!(depth >= best || held_out.mean_nll[depth] > held_out.mean_nll[best]);
            // The mean square less the squared mean; with the square root, half of the digits are left where they cancel.
            let differences: Vec<f64> = (0..n).map(|example| at(depth, example) - at(best, example)).collect();
            let moment = |power: i32| differences.iter().map(|value| value.powi(power)).sum::<f64>() / n as f64;
            let variance = (moment(2) - moment(1).powi(2)).max(0.0) / (n - 1).max(1) as f64;
            prop_assert!((held_out.difference_se[depth] - variance.sqrt()).abs() <= 1e-6 * magnitude(&[&differences]));
        }
    }

    #[test]
    fn prune_one_se_is_the_first_depth_within_its_error(examples in examples()) {
        let held_out = scores(&examples.log_likelihoods, examples.n_depths);
        let depth = pruned(PruningRule::OneStandardError, &held_out);
        prop_assert!(depth <= held_out.best);
        let excess = |depth: usize| held_out.mean_nll[depth] - held_out.mean_nll[held_out.best];
        prop_assert!(excess(depth) <= held_out.difference_se[depth]);
        prop_assert!((0..depth).all(|depth| excess(depth) > held_out.difference_se[depth]));
    }

    #[test]
    fn prune_stacked_tail_is_tail_mass_of_the_stacking_weights(examples in examples(), tolerance in 1e-6..1.0) {
        let held_out = scores(&examples.log_likelihoods, examples.n_depths);
        let weights = &held_out.stacking.weights;
        let expected = PruningRule::TailMass { tolerance }.pruned_depth(weights, None).unwrap();
        prop_assert_eq!(pruned(PruningRule::StackedTail { tolerance }, &held_out), expected);
    }
}

#[test]
fn prune_one_se_prefers_a_shallower_depth_within_the_error() {
    // Against depth 2, depth 1 is worse by 0.5, 0.5, −0.5, −0.3 nats: 0.05 in mean, with a standard error of 0.26. Depth 0 is worse by
    // one nat and a little: 1.0 in mean, with a standard error of 0.04.
    let deepest = [-1.0, -1.0, -1.0, -1.0];
    let middle = [-1.5, -1.5, -0.5, -0.7];
    let shallow = [-2.1, -1.9, -2.1, -1.9];
    let held_out = scores(&[shallow, middle, deepest].concat(), 3);
    assert_eq!(held_out.best, 2);
    assert_eq!(pruned(PruningRule::OneStandardError, &held_out), 1);
    // The sum of squares is 0.25 + 0.25 + 0.25 + 0.09, less four times the squared mean, over 4 · 3.
    let expected = ((0.84 - 4.0 * 0.05 * 0.05) / 12.0_f64).sqrt();
    assert!((held_out.difference_se[1] - expected).abs() <= 1e-15);
}

#[test]
fn prune_one_se_pairs_examples() {
    // The examples differ by far more than the depths do; unpaired, every depth would be within the error.
    let base: Vec<f64> = (0..20).map(|n| -f64::from(n)).collect();
    let worse: Vec<f64> = base.iter().map(|value| value - 0.25).collect();
    let held_out = scores(&[worse, base].concat(), 2);
    assert_eq!(held_out.difference_se, [0.0, 0.0]);
    assert_eq!(pruned(PruningRule::OneStandardError, &held_out), 1);
}

#[test]
fn prune_one_se_takes_the_shallowest_of_ties() {
    let held_out = scores(&[[-2.0, -4.0], [-1.0, -2.0], [-1.0, -2.0], [-1.0, -2.0]].concat(), 4);
    assert_eq!(held_out.best, 1);
    assert_eq!(pruned(PruningRule::OneStandardError, &held_out), 1);
}

#[test]
fn prune_one_se_of_one_example_is_its_best_depth() {
    let held_out = scores(&[-2.0, -1.0, -1.5], 3);
    assert_eq!(held_out.difference_se, [0.0; 3]);
    assert_eq!(pruned(PruningRule::OneStandardError, &held_out), 1);
}

#[test]
fn prune_stacked_tail_looks_at_the_mass_beyond() {
    // Of a hundred examples, 60 are possible at depth 0 alone, 37 at depth 1 and 3 at depth 2; -80 nats stand for impossible.
    let of_depth = |from: usize, to: usize| (0..100).map(move |n| if (from..to).contains(&n) { -1.0 } else { -80.0 });
    let log_likelihoods: Vec<f64> = of_depth(0, 60)
        .chain(of_depth(60, 97))
        .chain(of_depth(97, 100))
        .collect();
    let held_out = scores(&log_likelihoods, 3);
    let depth = |tolerance: f64| pruned(PruningRule::StackedTail { tolerance }, &held_out);
    assert_eq!([0.01, 0.05, 0.3, 0.5].map(depth), [2, 1, 1, 0]);
    assert_eq!(depth(0.0), 2);
    assert_eq!(depth(f64::NAN), 2);
}

#[test]
fn prune_rules_without_the_held_out_data_they_need_are_refused() {
    let posterior = DepthPosterior::from_logits(&[0.0, 0.0]).unwrap();
    for rule in PruningRule::EXAMPLES {
        let depth = rule.pruned_depth(&posterior, None);
        assert_eq!(depth.is_err(), rule.needs_held_out(), "{rule}");
    }
    let error = |rule: PruningRule| rule.pruned_depth(&posterior, None).unwrap_err().to_string();
    let expected = "the pruning rule one-se needs held-out data, and there are none";
    assert_eq!(error(PruningRule::OneStandardError), expected);
    let expected = "the pruning rule stacked-tail:0.05 needs held-out data, and there are none";
    assert_eq!(error("stacked-tail".parse().unwrap()), expected);
}

#[test]
fn prune_refuses_held_out_data_of_other_depths() {
    let posterior = DepthPosterior::from_logits(&[0.0; 3]).unwrap();
    let message = |held_out: &HeldOut| {
        let messages = PruningRule::EXAMPLES.map(|rule| rule.pruned_depth(&posterior, Some(held_out)).unwrap_err());
        assert!(messages.iter().all(|message| *message == messages[0]));
        messages[0].to_string()
    };
    let fitting = scores(&[-3.0, -2.0, -1.0, -1.5, -1.5, -1.0], 3);
    assert!(PruningRule::PAPER.pruned_depth(&posterior, Some(&fitting)).is_ok());
    let other = scores(&[-3.0, -2.0, -1.0, -1.5], 2);
    assert_eq!(message(&other), "held_out has 2 entries, expected 3");
    let mut malformed = fitting.clone();
    malformed.difference_se.pop();
    assert_eq!(message(&malformed), "held_out has 2 entries, expected 3");
    let malformed = HeldOut { best: 3, ..fitting };
    assert_eq!(message(&malformed), "depth 3 is beyond the maximum depth 2");
}

#[test]
fn held_out_refuses_what_has_no_mean() {
    let error = |log_likelihoods: &[f64]| {
        let held_out = HeldOut::new(log_likelihoods, 2, 8, &mut ChaCha8Rng::seed_from_u64(1));
        held_out.unwrap_err().to_string()
    };
    assert_eq!(error(&[]), "log_likelihoods is empty");
    let expected = "log_likelihoods[1] is -inf, expected a finite number";
    assert_eq!(error(&[0.0, f64::NEG_INFINITY]), expected);
    assert_eq!(
        error(&[0.0; 3]),
        "log_likelihoods has 3 entries, expected a multiple of 2"
    );
}

/// The depth to which a rule prunes a uniform posterior, at which rules that need held-out data do not look.
fn pruned(rule: PruningRule, held_out: &HeldOut) -> usize {
    let posterior = DepthPosterior::from_logits(&vec![0.0; held_out.n_depths()]).unwrap();
    rule.pruned_depth(&posterior, Some(held_out)).unwrap()
}

fn scores(log_likelihoods: &[f64], n_depths: usize) -> HeldOut {
    HeldOut::new(log_likelihoods, n_depths, 2, &mut ChaCha8Rng::seed_from_u64(1)).unwrap()
}
