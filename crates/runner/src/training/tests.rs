use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// The metrics without the time, and what was kept.
fn run(config: &Config) -> (Vec<EpochMetrics>, StoppedBy, Trained<Device>) {
    let (data, mut trainer) = start(config);
    let mut metrics = Vec::new();
    let stopped_by = trainer.run(&data.training(), &AtomicBool::new(false), |epoch| {
        metrics.push(EpochMetrics {
            seconds: 0.0,
            ..epoch.clone()
        });
        Ok(())
    });
    let stopped_by = stopped_by.unwrap();
    (metrics, stopped_by, trainer.finish(Some(stopped_by)).unwrap())
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

#[test]
fn interrupted_run_goes_on_as_if_nothing_had_happened() {
    let config = config(&[]);
    let (data, mut trainer) = start(&config);
    let interrupt = AtomicBool::new(false);
    let mut seen = Vec::new();
    let mut observe = |epoch: &EpochMetrics| {
        seen.push(EpochMetrics {
            seconds: 0.0,
            ..epoch.clone()
        });
        interrupt.store(epoch.epoch == 2, Ordering::SeqCst);
        Ok(())
    };
    let stopped_by = trainer.run(&data.training(), &interrupt, &mut observe).unwrap();
    assert_eq!((stopped_by, trainer.epochs()), (StoppedBy::Interrupted, 2));
    interrupt.store(false, Ordering::SeqCst);
    let stopped_by = trainer.run(&data.training(), &interrupt, &mut observe).unwrap();
    let (metrics, _, undisturbed) = run(&config);
    assert_eq!(seen, metrics);
    let trained = trainer.finish(Some(stopped_by)).unwrap();
    assert_eq!(trained.network.params_vec(), undisturbed.network.params_vec());
}

#[test]
fn interruption_before_the_first_epoch_keeps_epoch_zero() {
    let (data, mut trainer) = start(&config(&[]));
    let stopped_by = trainer
        .run(&data.training(), &AtomicBool::new(true), |_| {
            panic!("no epoch was completed")
        })
        .unwrap();
    assert_eq!(stopped_by, StoppedBy::Interrupted);
    assert_eq!(trainer.finish(Some(stopped_by)).unwrap().epoch, 0);
}

#[test]
fn loss_that_is_not_finite_stops_the_run_and_the_last_good_state_is_kept() {
    let (data, mut trainer) = start(&config(&["optimizer.learning_rate=100.0", "epochs=1000", "seed=5"]));
    let mut last = 0;
    let failure = trainer.run(&data.training(), &AtomicBool::new(false), |epoch| {
        last = epoch.epoch;
        Ok(())
    });
    let failure = failure.unwrap_err();
    match failure.downcast_ref::<Error>() {
        Some(Error::NonFinite { epoch, step, value, .. }) => {
            assert_eq!(*epoch, last + 1);
            assert!((1..=3).contains(step) && !value.is_finite());
        }
        _ => panic!("another failure: {failure:#}"),
    }
    let trained = trainer.finish(None).unwrap();
    assert!(trained.network.params_vec().iter().all(|param| param.is_finite()));
    assert!(trained.epoch <= last);
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
