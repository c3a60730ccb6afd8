//! Which epoch is kept, and when training ends early.

use std::cell::Cell;

use vds_checkpoint::Array;
use vds_records::{EpochMetrics, Predictive, StoppedBy};
use vds_training::Metric;
use vds_variational::{DepthPosterior, DepthPrior, kl_divergence};

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

#[test]
fn published_elbo_is_that_of_the_authors_code() {
    let mut case = case(|case| case.has_selection = true);
    // 360 points to select by, in 22 batches of 16 and one of 8, which counts as much as the others.
    case.options.epochs = 1;
    let (metrics, _, model) = case.run();
    let data = case.data();
    let selection = case.view(&data).selection.unwrap();
    let nll = model.predict(selection, Predictive::Marginal).unwrap().nll;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of_batches: Vec<f64> = nll.chunks(16).map(mean).collect();
    assert_eq!(of_batches.len(), 23);
    // Three steps, each with the divergence before it; the first is that of the uniform posterior from a uniform prior.
    let mut trainer = case.trainer();
    let mut kl = vec![0.0];
    for n_steps in 1..3 {
        let calls = Cell::new(0);
        let should_pause = |_| calls.replace(calls.get() + 1) == 1;
        trainer.train_epoch(&case.view(&data), &should_pause).unwrap();
        assert_eq!(trainer.steps(), n_steps);
        let Array::F32(logits) = &trainer.state().1["posterior"] else {
            panic!("logits");
        };
        let logits: Vec<f64> = logits.iter().copied().map(f64::from).collect();
        let posterior = DepthPosterior::from_logits(&logits).unwrap();
        kl.push(kl_divergence(&posterior, &DepthPrior::uniform(3)).unwrap());
    }
    let expected = -(mean(&of_batches) + mean(&kl) / 40.0) * 360.0;
    let actual = metrics[0].validation_elbo_nats.unwrap();
    assert!(
        (actual - expected).abs() < 1e-4 * expected.abs(),
        "{actual} is not {expected}"
    );
}
