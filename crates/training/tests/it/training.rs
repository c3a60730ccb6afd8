//! Training runs on spirals.

use dfdx::prelude::Cpu;
use vds_model::{FcConfig, NetworkConfig};
use vds_records::StoppedBy;
use vds_training::{Objective, Trainer};
use vds_variational::DepthPrior;

use crate::case::case;

#[test]
fn training_lowers_the_loss_and_moves_the_posterior() {
    let case = case(|case| {
        case.options.epochs = 400;
        case.stop_degrees = 180.0;
    });
    let (metrics, stopped_by, model) = case.run();
    assert_eq!((metrics.len(), stopped_by), (400, StoppedBy::MaxEpochs));
    let [first, last] = [metrics[0].train_loss, metrics[399].train_loss];
    assert!(last < 0.5 * first, "{first} to {last}");
    // A single probability may pass its starting value on the way, so it is the whole that has moved.
    let moved: f64 = model.posterior.probs().iter().map(|p| (p - 0.25).abs()).sum();
    assert!(moved > 0.05, "{:?}", model.posterior.probs());
    assert!(metrics.iter().all(|epoch| epoch.validation_nll.is_none()));
}

#[test]
fn training_elbo_is_the_sum_of_its_parts() {
    // One batch per epoch, and the divergence at the end of an epoch is that at the start of the next.
    let case = case(|case| (case.options.batch_size, case.options.momentum) = (512, 0.0));
    for pair in case.run().0.windows(2) {
        let n_train = 40.0;
        let expected = -(n_train * pair[1].train_nll + pair[0].kl_nats);
        assert!(
            (pair[1].elbo_nats - expected).abs() < 1e-9 * expected.abs(),
            "{} {expected}",
            pair[1].elbo_nats
        );
        assert!((pair[1].train_loss * n_train + pair[1].elbo_nats).abs() < 1e-9 * expected.abs());
    }
}

#[test]
fn training_with_deterministic_depth_keeps_all_mass_on_the_deepest() {
    let case = case(|case| case.options.objective = Objective::DeterministicDepth);
    let (metrics, _, model) = case.run();
    assert_eq!(model.posterior.probs(), [0.0, 0.0, 0.0, 1.0]);
    assert!(model.posterior_logits.is_none());
    assert!(
        metrics
            .iter()
            .all(|epoch| epoch.kl_nats.abs() < 1e-300 && epoch.train_loss > 0.0)
    );
}

#[test]
fn training_works_without_any_residual_block() {
    for objective in [
        Objective::published(DepthPrior::uniform(0)),
        Objective::DeterministicDepth,
    ] {
        let case = case(|case| (case.max_depth, case.options.objective) = (0, objective));
        let (metrics, _, model) = case.run();
        assert_eq!(model.posterior.probs(), [1.0]);
        assert!(metrics[3].train_loss.is_finite());
    }
}

#[test]
fn training_repeats_with_the_seed_and_differs_with_another() {
    let [first, second, other] = [1, 1, 2].map(|seed| case(|case| case.options.seed = seed).run());
    assert_eq!(first.0, second.0);
    assert_eq!(first.2.network.params_vec(), second.2.network.params_vec());
    assert_ne!(first.0, other.0);
}

#[test]
fn training_refuses_a_prior_for_another_number_of_depths() {
    let case = case(|case| case.max_depth = 5);
    let network = NetworkConfig::Fc(FcConfig {
        n_inputs: 2,
        width: 8,
        n_classes: 2,
        max_depth: 5,
    });
    let error = Trainer::new(case.options, &network, &Cpu::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "prior or posterior has 4 probabilities, expected 6, one per depth"
    );
}
