//! METHOD's identities of the objective.

use proptest::collection::vec;
use proptest::prelude::*;
use vds_variational::*;

use crate::strategies::{Case, cases, magnitude, max_depths, moderate_cases, one_hots, rounding};

proptest! {
    #[test]
    fn elbo_is_at_most_the_log_evidence(case in cases()) {
        let (bound, evidence) = bound_and_evidence(&case, &case.posterior());
        prop_assert!(bound <= evidence + case.rounding(), "{bound} > {evidence}");
    }

    #[test]
    fn elbo_at_the_exact_posterior_is_the_log_evidence(case in cases()) {
        let exact = exact_posterior(&case.prior, &case.log_likelihoods).unwrap();
        let (bound, evidence) = bound_and_evidence(&case, &exact);
        let tolerance = rounding(&[exact.log_probs(), case.prior.log_probs(), &case.log_likelihoods]);
        prop_assert!((bound - evidence).abs() <= tolerance, "{bound} is not {evidence}");
    }

    #[test]
    fn elbo_gap_below_the_log_evidence_is_the_divergence_from_the_exact_posterior(case in cases()) {
        let exact = exact_posterior(&case.prior, &case.log_likelihoods).unwrap();
        let (bound, evidence) = bound_and_evidence(&case, &case.posterior());
        let gap = kl_divergence(&case.posterior(), &exact.clone().into()).unwrap();
        let tolerance = case.rounding() + rounding(&[exact.log_probs()]);
        prop_assert!((evidence - bound - gap).abs() <= tolerance, "{} is not {gap}", evidence - bound);
    }

    #[test]
    fn elbo_gradient_vanishes_at_the_exact_posterior(case in cases()) {
        let exact = exact_posterior(&case.prior, &case.log_likelihoods).unwrap();
        let gradient = elbo_gradient(&exact, &case.prior, &case.log_likelihoods).unwrap();
        let tolerance = rounding(&[exact.log_probs(), case.prior.log_probs(), &case.log_likelihoods]);
        prop_assert!(gradient.iter().all(|derivative| derivative.abs() <= tolerance), "{gradient:?}");
    }

    #[test]
    fn kl_is_at_least_pinskers_bound(case in cases()) {
        let posterior = case.posterior();
        let kl = kl_divergence(&posterior, &case.prior).unwrap();
        let pairs = posterior.probs().iter().zip(case.prior.probs());
        let distance: f64 = pairs.map(|(q, p)| (q - p).abs()).sum();
        prop_assert!(kl >= 0.0);
        prop_assert!(kl >= 0.5 * distance * distance - case.rounding(), "{kl} at distance {distance}");
    }

    #[test]
    fn kl_from_itself_is_exactly_zero(case in cases()) {
        let posterior = case.posterior();
        let prior = DepthPrior::from(posterior.clone());
        prop_assert_eq!(kl_divergence(&posterior, &prior).unwrap(), 0.0);
    }

    #[test]
    fn logits_shifted_by_a_constant_change_nothing(case in cases(), shift in -1e3..1e3) {
        let shifted: Vec<f64> = case.logits.iter().map(|logit| logit + shift).collect();
        let shifted = DepthPosterior::from_logits(&shifted).unwrap();
        let posterior = case.posterior();
        // Adding the constant rounds a logit by up to half an ulp at 2e3, 1.2e-13, and so a log-probability by twice that.
        let tolerance = 1e-12 * magnitude(&[posterior.log_probs(), case.prior.log_probs(), &case.log_likelihoods]);
        for (one, other) in posterior.log_probs().iter().zip(shifted.log_probs()) {
            prop_assert!((one - other).abs() <= tolerance);
        }
        let bounds = [&posterior, &shifted].map(|q| elbo(q, &case.prior, &case.log_likelihoods).unwrap());
        prop_assert!((bounds[0] - bounds[1]).abs() <= tolerance, "{bounds:?}");
    }

    #[test]
    fn elbo_gradients_are_central_differences(case in prop_oneof![cases(), moderate_cases()]) {
        let prior = &case.prior;
        let nll: Vec<f64> = case.log_likelihoods.iter().map(|ll| -ll / 100.0).collect();
        let posterior = case.posterior();
        check_gradient(&case, &kl_divergence_gradient(&posterior, prior).unwrap(), |q| kl_divergence(q, prior));
        check_gradient(&case, &elbo_gradient(&posterior, prior, &case.log_likelihoods).unwrap(), |q| {
            elbo(q, prior, &case.log_likelihoods)
        });
        check_gradient(&case, &minibatch_loss_gradient(&posterior, prior, &nll, 100).unwrap(), |q| {
            minibatch_loss(q, prior, &nll, 100)
        });
    }

    #[test]
    fn kl_reference_gradient_is_central_differences_away_from_the_clamp(case in moderate_cases()) {
        let gradient = kl_reference_gradient(&case.posterior(), &case.prior).unwrap();
        check_gradient(&case, &gradient, |q| kl_reference(q, &case.prior));
    }

    #[test]
    fn kl_reference_is_the_exact_divergence_away_from_the_clamp(case in moderate_cases()) {
        let posterior = case.posterior();
        let exact = kl_divergence(&posterior, &case.prior).unwrap();
        let reference = kl_reference(&posterior, &case.prior).unwrap();
        // The prior's tail may be clamped, from up to 1e-130 to 1e-10, where the posterior still has mass: compare where it is not.
        let is_clamped = case.prior.probs().iter().any(|&prob| !(1e-10..=1.0 - 1e-10).contains(&prob));
        prop_assert!(is_clamped || (exact - reference).abs() <= case.rounding(), "{exact} is not {reference}");
    }

    #[test]
    fn minibatch_losses_average_to_the_full_batch((case, nll) in with_examples(), batch_size in 1..8_usize) {
        let n_train = nll.len();
        let posterior = case.posterior();
        let batch_loss = |batch: &[Vec<f64>]| {
            let loss = minibatch_loss(&posterior, &case.prior, &mean(batch), n_train).unwrap();
            let gradient = minibatch_loss_gradient(&posterior, &case.prior, &mean(batch), n_train).unwrap();
            [vec![loss], gradient].concat()
        };
        let full = batch_loss(&nll);
        // The last batch may be smaller, so that each weighs as many examples as it has.
        let weighed = |batch: &[Vec<f64>]| {
            let share = batch.len() as f64 / n_train as f64;
            batch_loss(batch).iter().map(|value| share * value).collect::<Vec<f64>>()
        };
        let parts: Vec<Vec<f64>> = nll.chunks(batch_size).map(weighed).collect();
        let tolerance = case.rounding() + rounding(&nll.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (entry, full) in full.iter().enumerate() {
            let average: f64 = parts.iter().map(|part| part[entry]).sum();
            prop_assert!((average - full).abs() <= tolerance, "{average} is not {full}");
        }
    }

    #[test]
    fn minibatch_loss_of_all_examples_is_minus_the_elbo_per_example((case, nll) in with_examples()) {
        let n_train = nll.len();
        let posterior = case.posterior();
        let log_likelihoods: Vec<f64> = mean(&nll).iter().map(|nll| -nll * n_train as f64).collect();
        let bound = elbo(&posterior, &case.prior, &log_likelihoods).unwrap();
        let loss = minibatch_loss(&posterior, &case.prior, &mean(&nll), n_train).unwrap();
        let tolerance = case.rounding() + rounding(&[&log_likelihoods]);
        prop_assert!((loss + bound / n_train as f64).abs() <= tolerance, "{loss} is not -{bound}/{n_train}");
    }

    #[test]
    fn posterior_one_hot_is_the_deterministic_network(
        (posterior, case) in one_hots().prop_flat_map(|q| (Just(q.clone()), case_of(q.max_depth())))
    ) {
        let depth = posterior.argmax();
        let expected = expected_log_likelihood(&posterior, &case.log_likelihoods).unwrap();
        prop_assert_eq!(expected, case.log_likelihoods[depth]);
        prop_assert_eq!(kl_divergence(&posterior, &case.prior).unwrap(), -case.prior.log_probs()[depth]);
        let gradient = elbo_gradient(&posterior, &case.prior, &case.log_likelihoods).unwrap();
        prop_assert!(gradient.iter().all(|&derivative| derivative == 0.0), "{gradient:?}");
    }

    #[test]
    fn depth_zero_alone_has_nothing_to_learn(logit in -1e3..1e3, log_likelihood in -1e5..0.0, decay in 0.05..1.5) {
        let posterior = DepthPosterior::from_logits(&[logit]).unwrap();
        let prior = DepthPrior::geometric(decay, 0).unwrap();
        prop_assert_eq!(kl_divergence(&posterior, &prior).unwrap(), 0.0);
        prop_assert_eq!(kl_reference(&posterior, &prior).unwrap(), 0.0);
        prop_assert_eq!(elbo(&posterior, &prior, &[log_likelihood]).unwrap(), log_likelihood);
        prop_assert_eq!(log_evidence(&prior, &[log_likelihood]).unwrap(), log_likelihood);
        prop_assert_eq!(elbo_gradient(&posterior, &prior, &[log_likelihood]).unwrap(), vec![0.0]);
    }

    #[test]
    fn elbo_and_its_terms_are_finite(case in cases()) {
        let (posterior, prior, ll) = (case.posterior(), &case.prior, &case.log_likelihoods);
        let exact = exact_posterior(prior, ll).unwrap();
        let scalars = vec![
            kl_divergence(&posterior, prior).unwrap(),
            kl_reference(&posterior, prior).unwrap(),
            elbo(&posterior, prior, ll).unwrap(),
            log_evidence(prior, ll).unwrap(),
            posterior.entropy(),
            posterior.expected_depth(),
        ];
        let vectors = [
            kl_divergence_gradient(&posterior, prior).unwrap(),
            kl_reference_gradient(&posterior, prior).unwrap(),
            elbo_gradient(&posterior, prior, ll).unwrap(),
            posterior.log_probs().to_vec(),
            posterior.survival(),
            exact.log_probs().to_vec(),
        ];
        for value in vectors.concat().iter().chain(&scalars) {
            prop_assert!(value.is_finite());
        }
    }

    #[test]
    fn elbo_with_impossible_depths_is_never_nan(case in cases(), seed in any::<u64>()) {
        // Every other depth, by the bits of the seed, cannot have made the data.
        let ruled_out = |(depth, ll): (usize, &f64)| if seed >> (depth % 64) & 1 == 1 { f64::NEG_INFINITY } else { *ll };
        let ll: Vec<f64> = case.log_likelihoods.iter().enumerate().map(ruled_out).collect();
        let evidence = log_evidence(&case.prior, &ll).unwrap();
        let bound = elbo(&case.posterior(), &case.prior, &ll).unwrap();
        prop_assert!(bound <= evidence + case.rounding(), "{bound} > {evidence}");
        match exact_posterior(&case.prior, &ll) {
            Ok(exact) => {
                let tight = elbo(&exact, &case.prior, &ll).unwrap();
                prop_assert!((tight - evidence).abs() <= case.rounding());
            }
            Err(error) => prop_assert_eq!(error, Error::NoMass { what: "posterior logits" }),
        }
    }
}

#[test]
fn kl_reference_gradient_is_zero_outside_the_clamp() {
    // The second probability is 3e-18 and clamped; the others still move with its logit's neighbours.
    let case = Case {
        logits: vec![0.0, -40.0, -1.0, 0.5],
        prior: DepthPrior::geometric(0.85, 3).unwrap(),
        log_likelihoods: vec![0.0; 4],
    };
    let gradient = kl_reference_gradient(&case.posterior(), &case.prior).unwrap();
    assert!(gradient[0].abs() > 1e-3);
    check_gradient(&case, &gradient, |q| kl_reference(q, &case.prior));
    // With one logit far above, every probability is clamped and nothing is passed.
    let posterior = DepthPosterior::from_logits(&[0.0, -40.0, 40.0, 0.0]).unwrap();
    assert_eq!(kl_reference_gradient(&posterior, &case.prior).unwrap(), [0.0; 4]);
}

#[test]
fn kl_reference_clamps_without_renormalizing() {
    let posterior = DepthPosterior::one_hot(0, 1).unwrap();
    let kl = kl_reference(&posterior, &DepthPrior::uniform(1)).unwrap();
    let (low, high): (f64, f64) = (1e-10, 1.0 - 1e-10);
    let expected = high * (high.ln() - 0.5_f64.ln()) + low * (low.ln() - 0.5_f64.ln());
    assert!((kl - expected).abs() <= 1e-15, "{kl} is not {expected}");
}

#[test]
fn kl_is_infinite_where_only_the_posterior_has_mass() {
    let posterior = DepthPosterior::from_probs(&[0.5, 0.5]).unwrap();
    let prior = DepthPrior::from_probs(&[1.0, 0.0]).unwrap();
    assert_eq!(kl_divergence(&posterior, &prior).unwrap(), f64::INFINITY);
    let error = kl_divergence_gradient(&posterior, &prior).unwrap_err();
    assert_eq!(error.to_string(), "kl_divergence is inf, expected a finite number");
    let on_support = DepthPosterior::one_hot(0, 1).unwrap();
    assert_eq!(kl_divergence(&on_support, &prior).unwrap(), 0.0);
}

#[test]
fn elbo_arguments_that_do_not_fit_are_named() {
    let posterior = DepthPosterior::from_logits(&[0.0, 0.0]).unwrap();
    let prior = DepthPrior::uniform(1);
    let messages = [
        kl_divergence(&posterior, &DepthPrior::uniform(2)).unwrap_err(),
        elbo(&posterior, &prior, &[0.0, f64::NAN]).unwrap_err(),
        log_evidence(&prior, &[0.0]).unwrap_err(),
        minibatch_loss(&posterior, &prior, &[0.0, 0.0], 0).unwrap_err(),
        minibatch_loss(&posterior, &prior, &[0.0, f64::NEG_INFINITY], 1).unwrap_err(),
    ]
    .map(|error| error.to_string());
    let expected = [
        "prior has 3 entries, expected 2",
        "log_likelihoods[1] is NaN, expected a number below infinity",
        "log_likelihoods has 1 entries, expected 2",
        "n_train is 0, expected at least 1",
        "mean_nll[1] is -inf, expected a number above minus infinity",
    ];
    assert_eq!(messages, expected);
}

fn bound_and_evidence(case: &Case, posterior: &DepthPosterior) -> (f64, f64) {
    let bound = elbo(posterior, &case.prior, &case.log_likelihoods).unwrap();
    (bound, log_evidence(&case.prior, &case.log_likelihoods).unwrap())
}

/// Compares a gradient in the logits with central differences of `value`.
///
/// A step of 1e-5 leaves a truncation error of step² / 6 times a third derivative, below ten times the magnitude of the
/// values, 2e-10 of it, and a rounding error of 1e-13 of the magnitude over the step, 1e-8 of it.
#[track_caller]
fn check_gradient(case: &Case, gradient: &[f64], value: impl Fn(&DepthPosterior) -> Result<f64>) {
    const STEP: f64 = 1e-5;
    let posterior = case.posterior();
    let tolerance = 2e-8 * magnitude(&[posterior.log_probs(), case.prior.log_probs(), &case.log_likelihoods]);
    for depth in 0..case.logits.len() {
        let at = |step: f64| {
            let mut logits = case.logits.clone();
            logits[depth] += step;
            value(&DepthPosterior::from_logits(&logits).unwrap()).unwrap()
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        assert!(
            (difference - gradient[depth]).abs() <= tolerance,
            "{difference} is not {} at {depth}",
            gradient[depth]
        );
    }
}

/// A case, and the negative log-likelihood of a few examples at each of its depths.
fn with_examples() -> impl Strategy<Value = (Case, Vec<Vec<f64>>)> {
    max_depths().prop_flat_map(|max_depth| {
        let examples = vec(vec(0.0..50.0, max_depth + 1), 1..24_usize);
        (case_of(max_depth), examples)
    })
}

fn case_of(max_depth: usize) -> impl Strategy<Value = Case> {
    use crate::strategies::{logits, priors};
    let log_likelihoods = vec(-1e3..0.0, max_depth + 1);
    let parts = (logits(max_depth + 1), priors(max_depth), log_likelihoods);
    parts.prop_map(|(logits, prior, log_likelihoods)| Case {
        logits,
        prior,
        log_likelihoods,
    })
}

fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let column = |depth: usize| rows.iter().map(|row| row[depth]).sum::<f64>() / rows.len() as f64;
    (0..rows[0].len()).map(column).collect()
}
