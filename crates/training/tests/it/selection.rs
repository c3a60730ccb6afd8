//! Which epoch is kept, and when training ends early.

use vds_records::{EpochMetrics, StoppedBy};
use vds_training::Metric;

use crate::case::case;

#[test]
fn selection_restores_the_state_at_the_end_of_the_best_epoch() {
    let case_of = |epochs, restore_best| {
        case(|case| {
            (case.options.epochs, case.options.early_stopping.restore_best) = (epochs, restore_best);
            (case.options.learning_rate, case.options.seed) = (2.0, 3);
        })
    };
    let (metrics, _, best) = case_of(12, true).run();
    let elbo = |epoch: &EpochMetrics| epoch.elbo_nats;
    let expected = metrics.iter().max_by(|a, b| elbo(a).total_cmp(&elbo(b))).unwrap().epoch;
    assert_eq!(best.epoch, Some(expected));
    let (_, _, last) = case_of(expected, false).run();
    assert_eq!(last.epoch, Some(expected));
    assert_eq!(best.network.params_vec(), last.network.params_vec());
    assert_eq!(best.network.running_stats(), last.network.running_stats());
    assert_eq!(best.posterior_logits, last.posterior_logits);
}

#[test]
fn selection_ends_training_when_patience_runs_out() {
    let case = case(|case| {
        (case.options.epochs, case.options.learning_rate) = (400, 1.0);
        case.options.early_stopping.patience = Some(3);
    });
    let (metrics, stopped_by, model) = case.run();
    assert_eq!(stopped_by, StoppedBy::EarlyStopping);
    assert_eq!(metrics.len(), model.epoch.unwrap() + 3);
}

#[test]
fn selection_compares_epochs_on_the_selection_examples() {
    let case = case(|case| {
        case.has_selection = true;
        case.options.early_stopping.metric = Metric::ValidationNll;
    });
    let (metrics, _, model) = case.run();
    let nll = |epoch: &EpochMetrics| epoch.validation_nll.unwrap();
    let best = metrics.iter().min_by(|a, b| nll(a).total_cmp(&nll(b))).unwrap();
    assert_eq!(model.epoch, Some(best.epoch));
}
