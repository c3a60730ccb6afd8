//! How the posterior over depth changes in training.

use vds_model::Schedule;
use vds_records::EpochMetrics;
use vds_training::{LogitsRate, Objective, PosteriorUpdate};
use vds_variational::{DepthPosterior, DepthPrior};

use crate::case::{Case, case};

const MAX_DEPTH: usize = 3;

fn with(posterior: PosteriorUpdate) -> Case {
    case(|case| {
        case.options.objective = Objective::LearntDepth {
            prior: DepthPrior::geometric(0.85, MAX_DEPTH).unwrap(),
            posterior,
        };
    })
}

fn sgd(learning_rate: LogitsRate) -> PosteriorUpdate {
    PosteriorUpdate::Sgd {
        learning_rate,
        momentum: 0.5,
        schedule: Schedule::Constant,
    }
}

fn epochs(case: &Case) -> Vec<EpochMetrics> {
    case.run().0
}

#[test]
fn posterior_of_the_published_update_is_that_of_its_settings_given_one_by_one() {
    let published = epochs(&with(PosteriorUpdate::Published));
    assert_eq!(epochs(&with(sgd(LogitsRate::PerExample(0.1)))), published);
    let n_train = 40.0;
    assert_eq!(epochs(&with(sgd(LogitsRate::PerDataset(0.1 / n_train)))), published);
    assert_ne!(epochs(&with(sgd(LogitsRate::PerExample(0.2)))), published);
}

#[test]
fn posterior_with_a_schedule_of_its_own_moves_on_when_the_weights_stand_still() {
    let moves = |posterior| {
        let mut case = with(posterior);
        case.options.schedule = Schedule::Steps {
            at: vec![1],
            factor: 1e-9,
        };
        let epochs = epochs(&case);
        let [.., before, last] = &epochs[..] else {
            panic!("two epochs");
        };
        (last.expected_depth - before.expected_depth).abs()
    };
    assert!(moves(PosteriorUpdate::Published) < 1e-5);
    assert!(moves(sgd(LogitsRate::PerDataset(0.05))) > 1e-3);
}

#[test]
fn posterior_that_is_fixed_does_not_move() {
    let fixed = DepthPosterior::from_probs(&[0.1, 0.2, 0.3, 0.4]).unwrap();
    for epoch in epochs(&with(PosteriorUpdate::Fixed(fixed.clone()))) {
        for (actual, expected) in epoch.posterior.iter().zip(fixed.probs()) {
            // Logits are in single precision.
            assert!((actual - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn posterior_in_closed_form_is_uniform_in_the_warm_up_and_exact_afterwards() {
    let mut case = with(PosteriorUpdate::ClosedForm {
        warm_up_epochs: 2,
        damping: 1.0,
    });
    // One batch an epoch: the running losses are those of the epoch.
    case.options.batch_size = 64;
    let epochs = epochs(&case);
    for epoch in &epochs[..2] {
        assert_eq!(epoch.posterior, [0.25; 4]);
    }
    for epoch in &epochs[2..] {
        let gap = epoch.elbo_gap_nats.unwrap();
        // Logits in single precision.
        assert!((0.0..1e-6).contains(&gap), "{gap}");
        assert_ne!(epoch.posterior, [0.25; 4]);
        assert_eq!(Some(epoch.pruned_depth), epoch.exact_pruned_depth);
    }
}

#[test]
fn posterior_log_has_the_exact_maximizer_and_what_the_bound_lacks() {
    for epoch in epochs(&with(PosteriorUpdate::Published)) {
        let exact = epoch.exact_posterior.unwrap();
        assert_eq!((exact.len(), epoch.train_depth_nll.len()), (4, 4));
        assert!((exact.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(epoch.elbo_gap_nats.unwrap() > 0.0);
    }
}
