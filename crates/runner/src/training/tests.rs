use std::cell::Cell;
use std::path::Path;

use vds_checkpoint::Checkpoint;
use vds_datasets::Lookup;

use super::*;
use crate::config::{self, Config, Setting};
use crate::data::{self, Data};
use crate::device::{Device, device};
use crate::error::Error;
use crate::record::EpochMetrics;

/// Spirals with a small network, fields overridden.
fn config(settings: &[&str]) -> Config {
    let settings = [
        "dataset.n=400",
        "network=Fc(width: 8)",
        "max_depth=3",
        "batch_size=16",
        "epochs=4",
    ]
    .iter()
    .chain(settings)
    .map(|setting| Setting::parse(setting).unwrap());
    let text = include_str!("../config/template.ron");
    config::load(Path::new("t.ron"), text, &settings.collect::<Vec<_>>()).unwrap()
}

fn start(config: &Config) -> (Data, Trainer<Device>) {
    let data = data::load(config, &Lookup::default()).unwrap();
    let trainer = Trainer::new(config, &data::network_config(config).unwrap(), &device().unwrap()).unwrap();
    (data, trainer)
}

/// Trains to the end.
fn finish(data: &Data, trainer: &mut Trainer<Device>) -> anyhow::Result<(Vec<EpochMetrics>, StoppedBy)> {
    let mut metrics = Vec::new();
    loop {
        match trainer.advance(&data.training(), &|_| false)? {
            Advance::Epoch(epoch) => metrics.push(epoch),
            Advance::Ended(stopped_by) => return Ok((metrics, stopped_by)),
            Advance::Paused => panic!("nobody asked for a pause"),
        }
    }
}

/// The metrics, why it ended, and what was kept.
fn run(config: &Config) -> (Vec<EpochMetrics>, StoppedBy, Trained<Device>) {
    let (data, mut trainer) = start(config);
    let (metrics, stopped_by) = finish(&data, &mut trainer).unwrap();
    (metrics, stopped_by, trainer.finish().unwrap())
}

#[test]
fn loss_falls_and_the_posterior_moves() {
    let (metrics, stopped_by, trained) = run(&config(&["epochs=400", "dataset.stop_degrees=180"]));
    assert_eq!((metrics.len(), stopped_by), (400, StoppedBy::MaxEpochs));
    let [first, last] = [metrics[0].train_loss, metrics[399].train_loss];
    assert!(last < 0.5 * first, "{first} to {last}");
    // A single probability may pass its starting value on the way, so it is the whole that has moved.
    let moved: f64 = trained.posterior.probs().iter().map(|p| (p - 0.25).abs()).sum();
    assert!(moved > 0.05, "{:?}", trained.posterior.probs());
    assert!(metrics.iter().all(|epoch| epoch.validation_nll.is_none()));
}

#[test]
fn elbo_is_the_sum_of_its_parts() {
    // One batch an epoch and the divergence at the end of an epoch is that at the start of the next.
    let (metrics, _, _) = run(&config(&["batch_size=512", "optimizer.momentum=0"]));
    for pair in metrics.windows(2) {
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
fn deterministic_depth_keeps_all_mass_on_the_deepest() {
    let (metrics, _, trained) = run(&config(&["method=ddn"]));
    assert_eq!(trained.posterior.probs(), [0.0, 0.0, 0.0, 1.0]);
    assert!(trained.posterior_logits.is_none());
    assert!(
        metrics
            .iter()
            .all(|epoch| epoch.kl_nats.abs() < 1e-300 && epoch.train_loss > 0.0)
    );
}

#[test]
fn no_residual_block_is_a_network_too() {
    for method in ["method=ldn", "method=ddn"] {
        let (metrics, _, trained) = run(&config(&["max_depth=0", method]));
        assert_eq!(trained.posterior.probs(), [1.0]);
        assert!(metrics[3].train_loss.is_finite());
    }
}

#[test]
fn same_seed_gives_the_same_run_and_another_one_another() {
    let [first, second, other] = ["seed=1", "seed=1", "seed=2"].map(|seed| run(&config(&[seed])));
    assert_eq!(first.0, second.0);
    assert_eq!(first.2.network.params_vec(), second.2.network.params_vec());
    assert_ne!(first.0, other.0);
}

#[test]
fn kept_epoch_is_the_state_at_its_end() {
    let config_of = |epochs: &str, keep: &str| config(&[epochs, keep, "optimizer.learning_rate=2.0", "seed=3"]);
    let (metrics, _, best) = run(&config_of("epochs=12", "selection.keep=best"));
    let elbo = |epoch: &EpochMetrics| epoch.elbo_nats;
    let expected = metrics.iter().max_by(|a, b| elbo(a).total_cmp(&elbo(b))).unwrap().epoch;
    assert_eq!(best.epoch, expected);
    let (_, _, last) = run(&config_of(&format!("epochs={expected}"), "selection.keep=last"));
    assert_eq!(last.epoch, expected);
    assert_eq!(best.network.params_vec(), last.network.params_vec());
    assert_eq!(best.network.statistics(), last.network.statistics());
    assert_eq!(best.posterior_logits, last.posterior_logits);
}

#[test]
fn patience_ends_training() {
    let settings = ["epochs=400", "selection.patience=3", "optimizer.learning_rate=1.0"];
    let (metrics, stopped_by, trained) = run(&config(&settings));
    assert_eq!(stopped_by, StoppedBy::EarlyStopping);
    assert_eq!(metrics.len(), trained.epoch + 3);
}

#[test]
fn validation_split_is_held_out_and_scored() {
    let settings = [
        "dataset.train_fraction=0.5",
        "selection.protocol=validation(0.2)",
        "selection.quantity=validation_nll",
    ];
    let config = config(&settings);
    let (data, _) = start(&config);
    assert_eq!(
        [
            data.train.len(),
            data.validation.as_ref().unwrap().len(),
            data.test.len()
        ],
        [160, 40, 200]
    );
    let of_class = data
        .train
        .class_counts()
        .into_iter()
        .zip(data.validation.as_ref().unwrap().class_counts());
    for (kept, held_out) in of_class {
        let share = 0.2 * (kept + held_out) as f64;
        assert!(
            (held_out as f64 - share).abs() < 1.0,
            "{held_out} of {}",
            kept + held_out
        );
    }
    let (metrics, _, trained) = run(&config);
    let nll = |epoch: &EpochMetrics| epoch.validation_nll.unwrap();
    let best = metrics.iter().min_by(|a, b| nll(a).total_cmp(&nll(b))).unwrap();
    assert_eq!(trained.epoch, best.epoch);
}

#[test]
fn only_the_paper_protocol_selects_on_the_test_set() {
    let protocols = ["none", "validation(0.2)", "paper"];
    let on_test = protocols.map(|protocol| {
        let (data, _) = start(&config(&[&format!("selection.protocol={protocol}")]));
        data.training().selection == Some(&data.test)
    });
    assert_eq!(on_test, [false, false, true]);
}

/// A trainer that starts anew and takes the state of another up from the bytes of a checkpoint.
fn handed_over(config: &Config, trainer: &Trainer<Device>) -> Trainer<Device> {
    let (position, tensors) = trainer.state();
    let state = serde_json::to_value(&position).unwrap();
    let bytes = Checkpoint::new("test", 1, state, tensors).to_bytes().unwrap();
    let mut checkpoint = Checkpoint::from_bytes(&bytes).unwrap();
    let position = serde_json::from_value(checkpoint.state.clone()).unwrap();
    let (_, mut next) = start(config);
    next.restore(&position, &mut checkpoint).unwrap();
    next
}

#[test]
fn run_that_changes_hands_at_every_step_ends_in_the_same_bits() {
    let kinds: [&[&str]; 5] = [
        &[
            "selection.protocol=validation(0.2)",
            "selection.quantity=validation_nll",
        ],
        &["method=ddn", "selection.keep=last"],
        &["truncate_tail=Some(0.3)", "prior=Geometric(0.1)", "epochs=7"],
        // Patience that shortened epochs do not use up.
        &[
            "truncate_tail=Some(0.3)",
            "prior=Geometric(0.1)",
            "selection.patience=Some(2)",
            "epochs=12",
        ],
        &[
            "selection.patience=Some(1)",
            "optimizer.learning_rate=2.0",
            "seed=3",
            "epochs=12",
        ],
    ];
    for settings in kinds {
        let config = config(settings);
        let (expected, ended, undisturbed) = run(&config);
        let (data, mut trainer) = start(&config);
        let mut metrics = Vec::new();
        let stopped_by = loop {
            // One step, or the rest of the epoch if there are no more, then the next trainer.
            let asked = Cell::new(0);
            let pause = |_| asked.replace(asked.get() + 1) == 1;
            match trainer.advance(&data.training(), &pause).unwrap() {
                Advance::Paused => {}
                Advance::Epoch(epoch) => metrics.push(epoch),
                Advance::Ended(stopped_by) => break stopped_by,
            }
            trainer = handed_over(&config, &trainer);
        };
        assert_eq!((&metrics, stopped_by), (&expected, ended), "{settings:?}");
        let trained = trainer.finish().unwrap();
        assert_eq!(
            trained.network.snapshot(),
            undisturbed.network.snapshot(),
            "{settings:?}"
        );
        assert_eq!(trained.posterior_logits, undisturbed.posterior_logits, "{settings:?}");
        assert_eq!(trained.epoch, undisturbed.epoch, "{settings:?}");
    }
}

#[test]
fn state_of_another_network_is_refused() {
    let (_, small) = start(&config(&[]));
    let (position, tensors) = small.state();
    let (_, mut large) = start(&config(&["max_depth=4"]));
    let mut checkpoint = Checkpoint::new("test", 1, serde_json::json!(null), tensors);
    let error = large.restore(&position, &mut checkpoint).unwrap_err();
    assert!(
        error.to_string().starts_with("the snapshot's parameters hold"),
        "{error}"
    );
}

#[test]
fn pause_before_the_first_step_changes_nothing() {
    let (data, mut trainer) = start(&config(&[]));
    let before = trainer.network().snapshot();
    assert_eq!(trainer.advance(&data.training(), &|_| true).unwrap(), Advance::Paused);
    assert_eq!((trainer.epochs(), trainer.steps()), (0, 0));
    assert_eq!(trainer.network().snapshot(), before);
}

#[test]
fn step_that_is_not_finite_stops_the_run_and_leaves_the_state_before_it() {
    let config = config(&["optimizer.learning_rate=100.0", "epochs=1000", "seed=5"]);
    let (data, mut trainer) = start(&config);
    let failure = finish(&data, &mut trainer).unwrap_err();
    let Some(Error::NonFinite {
        epoch,
        step,
        value,
        place,
        ..
    }) = failure.downcast_ref::<Error>()
    else {
        panic!("another failure: {failure:#}");
    };
    assert!(!value.is_finite());
    assert_eq!((*epoch, *step), (trainer.epochs() + 1, trainer.steps() + 1));
    let place = place.as_ref().unwrap();
    assert!(place.depth <= 3 && !place.layer.is_empty(), "{place}");
    // Forty examples in batches of sixteen.
    assert_eq!(trainer.next_batch(data.train.len()).len(), [16, 16, 8][trainer.steps()]);

    let is_finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    let snapshot = trainer.network().snapshot();
    assert!(is_finite(&snapshot.params) && is_finite(&snapshot.statistics) && is_finite(trainer.optimizer.velocity()));
    // The same step fails in the same way, also for a trainer that takes the state up.
    let again = handed_over(&config, &trainer)
        .advance(&data.training(), &|_| false)
        .unwrap_err();
    assert_eq!(again.to_string(), failure.to_string());
    assert_eq!(trainer.network().snapshot(), snapshot);
}

#[test]
fn a_tail_of_nothing_is_never_left_out() {
    let settings = ["epochs=12", "max_depth=4"];
    let (expected, _, whole) = run(&config(&settings));
    let (actual, _, same) = run(&config(&[&settings[..], &["truncate_tail=Some(0)"]].concat()));
    assert!(expected.iter().all(|epoch| epoch.train_depth.is_none()));
    assert!(actual.iter().all(|epoch| epoch.train_depth == Some(4)));
    assert_eq!(same.network.params_vec(), whole.network.params_vec());
    assert_eq!(same.network.statistics(), whole.network.statistics());
    assert_eq!(same.posterior_logits, whole.posterior_logits);
}

#[test]
fn a_negligible_tail_is_left_out_but_for_every_fifth_epoch() {
    // The prior favours shallow depths; with so few examples the posterior follows it at once.
    let settings = [
        "epochs=40",
        "max_depth=8",
        "dataset.n=40",
        "prior=Geometric(0.05)",
        "truncate_tail=Some(0.2)",
    ];
    let (metrics, _, trained) = run(&config(&settings));
    let depths: Vec<usize> = metrics.iter().map(|epoch| epoch.train_depth.unwrap()).collect();
    assert!(depths.iter().step_by(5).all(|&depth| depth == 8), "{depths:?}");
    assert!(depths[39] < 8, "{depths:?}");
    for (before, depth) in metrics
        .iter()
        .zip(&depths[1..])
        .filter(|(epoch, _)| epoch.epoch % 5 != 0)
    {
        let tail: f64 = before.posterior[depth + 1..].iter().sum();
        assert!(tail < 0.2, "epoch {}: {tail}", before.epoch + 1);
    }
    assert!(trained.network.params_vec().iter().all(|p| p.is_finite()));
    assert!(metrics[39].train_loss < metrics[0].train_loss);
}
