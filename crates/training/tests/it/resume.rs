//! Trainers that pause, and trainers that resume.

use std::cell::Cell;

use vds_checkpoint::Checkpoint;
use vds_training::{Metric, Objective, PosteriorUpdate, StepOutcome};
use vds_variational::DepthPrior;

use crate::case::{Case, case, geometric};

#[test]
fn resume_at_every_step_ends_in_the_same_bits() {
    let skipping = |case: &mut Case| {
        (case.options.skip_tail_mass, case.options.objective) = (Some(0.3), geometric(0.1, 3));
    };
    let cases = [
        case(|case| {
            case.has_selection = true;
            case.options.early_stopping.metric = Metric::ValidationNll;
        }),
        case(|case| {
            case.options.objective = Objective::DeterministicDepth;
            case.options.early_stopping.restore_best = false;
        }),
        case(|case| {
            skipping(case);
            case.options.epochs = 7;
        }),
        case(|case| {
            case.options.objective = Objective::LearntDepth {
                prior: DepthPrior::geometric(0.85, 3).unwrap(),
                posterior: PosteriorUpdate::ClosedForm {
                    warm_up_epochs: 1,
                    damping: 0.1,
                },
            };
        }),
        // Patience that shortened epochs do not use up.
        case(|case| {
            skipping(case);
            case.options.early_stopping.patience = Some(2);
            case.options.epochs = 12;
        }),
        case(|case| {
            case.options.early_stopping.patience = Some(1);
            (case.options.learning_rate, case.options.seed, case.options.epochs) = (2.0, 3, 12);
        }),
    ];
    for (index, case) in cases.iter().enumerate() {
        let (expected, ended, undisturbed) = case.run();
        let (data, mut trainer, mut metrics) = (case.data(), case.trainer(), Vec::new());
        let stopped_by = loop {
            // One step, or the rest of the epoch if there are no more, then the next trainer.
            let n_calls = Cell::new(0);
            let should_pause = |_| n_calls.replace(n_calls.get() + 1) == 1;
            match trainer.train_epoch(&case.view(&data), &should_pause).unwrap() {
                StepOutcome::Paused => {}
                StepOutcome::Epoch(epoch) => metrics.push(*epoch),
                StepOutcome::Ended(stopped_by) => break stopped_by,
            }
            trainer = case.handed_over(&trainer);
        };
        assert_eq!((&metrics, stopped_by), (&expected, ended), "case {index}");
        let model = trainer.finish().unwrap();
        assert_eq!(model.network.snapshot(), undisturbed.network.snapshot(), "case {index}");
        assert_eq!(model.posterior_logits, undisturbed.posterior_logits, "case {index}");
        assert_eq!(model.epoch, undisturbed.epoch, "case {index}");
    }
}

#[test]
fn resume_refuses_the_state_of_another_network() {
    let (state, arrays) = case(|_| {}).trainer().state();
    let mut large = case(|case| (case.max_depth, case.options.objective) = (4, geometric(0.85, 4))).trainer();
    let mut checkpoint = Checkpoint::new("test", 1, serde_json::json!(null), arrays);
    let error = large.restore(&state, &mut checkpoint, 40).unwrap_err();
    assert!(
        error.to_string().starts_with("the snapshot's parameters hold"),
        "{error}"
    );
}

#[test]
fn pause_before_the_first_step_changes_nothing() {
    let case = case(|_| {});
    let (data, mut trainer) = (case.data(), case.trainer());
    let before = trainer.network().snapshot();
    let outcome = trainer.train_epoch(&case.view(&data), &|_| true).unwrap();
    assert_eq!(outcome, StepOutcome::Paused);
    assert_eq!((trainer.epochs(), trainer.steps()), (0, 0));
    assert_eq!(trainer.network().snapshot(), before);
}
