//! A step that fails, is dropped or is committed.

use dfdx::prelude::Cpu;
use vds_checkpoint::Array;
use vds_model::{FcConfig, Network, NetworkConfig};
use vds_training::streams::{Purpose, stream};
use vds_training::{Batch, Error, Learner, Objective, StepSettings};
use vds_variational::DepthPrior;

use crate::case::case;

#[test]
fn non_finite_step_ends_the_run_and_leaves_the_state_before_it() {
    let case = case(|case| {
        (case.options.learning_rate, case.options.epochs, case.options.seed) = (100.0, 1000, 5);
    });
    let mut trainer = case.trainer();
    let failure = case.finish(&mut trainer).unwrap_err();
    let Error::NonFinite { value, at, place, .. } = &failure else {
        panic!("another failure: {failure:#}");
    };
    assert!(!value.is_finite());
    assert_eq!(*at, Some((trainer.epochs() + 1, trainer.steps() + 1)));
    let place = place.as_ref().unwrap();
    assert!(place.depth <= 3 && !place.layer.is_empty(), "{place}");
    // Forty examples in batches of sixteen.
    assert_eq!(trainer.next_batch(40).len(), [16, 16, 8][trainer.steps()]);

    let is_finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    let snapshot = trainer.network().snapshot();
    assert!(is_finite(&snapshot.params) && is_finite(&snapshot.running_stats));
    let Array::F32(velocity) = &trainer.state().1["velocity.network"] else {
        panic!("a velocity in single precision");
    };
    assert!(is_finite(velocity));
    // The same step fails in the same way, also for a trainer that resumes the state.
    let data = case.data();
    let again = case
        .handed_over(&trainer)
        .train_epoch(&case.view(&data), &|_| false)
        .unwrap_err();
    assert_eq!(again.to_string(), failure.to_string());
    assert_eq!(trainer.network().snapshot(), snapshot);
}

#[test]
fn proposed_step_that_is_dropped_changes_nothing_and_a_committed_one_does() {
    let config = NetworkConfig::Fc(FcConfig {
        n_inputs: 2,
        width: 8,
        n_classes: 2,
        max_depth: 3,
    });
    let network = Network::new(&config, &Cpu::default(), &mut stream(0, Purpose::Initialization, 0)).unwrap();
    let objective = Objective::published(DepthPrior::uniform(3));
    let mut learner = Learner::new(network, &objective, 0.5, &Cpu::default()).unwrap();
    let batch = Batch {
        inputs: &[0.5, -1.0, 1.5, 0.25, -0.5, 2.0, 0.0, 1.0],
        labels: &[0, 1, 1, 0],
    };
    let (before, posterior) = (learner.network().snapshot(), learner.posterior_logits());
    let settings = StepSettings {
        depth: 3,
        n_train: 40,
        learning_rate: 0.1,
        epoch: 0,
    };
    let proposed = learner.propose(batch, &settings).unwrap();
    assert_ne!(proposed.network().running_stats(), before.running_stats);
    assert!(proposed.gradient().iter().any(|&g| g != 0.0));
    let means = proposed.means().clone();
    drop(proposed);
    assert_eq!(learner.network().snapshot(), before);
    assert_eq!(learner.posterior_logits(), posterior);

    let again = learner.step(batch, &settings).unwrap();
    assert_eq!(again, means);
    assert_ne!(learner.network().snapshot(), before);
    assert_ne!(learner.posterior_logits(), posterior);
}
