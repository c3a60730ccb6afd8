use std::cell::Cell;

use dfdx::prelude::Cpu;
use vds_checkpoint::Checkpoint;
use vds_datasets::{SpiralsConfig, TrainTest, View, shuffled, spirals};
use vds_model::{FcConfig, NetworkConfig, Schedule};
use vds_records::{EpochMetrics, StoppedBy};
use vds_variational::DepthPrior;

use super::*;
use crate::streams::{Purpose, stream};

/// A run on spirals: a small network, and forty points to train on.
#[derive(Clone)]
struct Case {
    options: TrainOptions,
    max_depth: usize,
    n_points: usize,
    stop_degrees: f64,
    /// Whether epochs are compared on the points that are not trained on.
    has_selection: bool,
}

/// The case with fields changed.
fn case(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case {
        options: TrainOptions {
            objective: Objective::DeterministicDepth,
            learning_rate: 0.1,
            momentum: 0.5,
            schedule: Schedule::Constant,
            batch_size: 16,
            epochs: 4,
            skip_tail_mass: None,
            early_stopping: EarlyStopping {
                metric: Metric::TrainElbo,
                restore_best: true,
                patience: None,
            },
            seed: 0,
        },
        max_depth: 3,
        n_points: 400,
        stop_degrees: 720.0,
        has_selection: false,
    };
    case.options.objective = Objective::LearntDepth(DepthPrior::uniform(case.max_depth));
    change(&mut case);
    case
}

fn geometric(decay: f64, max_depth: usize) -> Objective {
    Objective::LearntDepth(DepthPrior::geometric(decay, max_depth).unwrap())
}

impl Case {
    fn data(&self) -> TrainTest {
        let spirals = SpiralsConfig {
            n: self.n_points,
            noise: 0.2,
            arms: 2,
            start_degrees: 0.0,
            stop_degrees: self.stop_degrees,
        };
        let mut rng = stream(self.options.seed, Purpose::Data, 0);
        let points = spirals::generate(&spirals, &mut rng).unwrap();
        let order = shuffled(self.n_points, &mut rng);
        let (train, test) = order.split_at(self.n_points / 10);
        points.split(train, test).unwrap()
    }

    fn trainer(&self) -> Trainer<Cpu> {
        let network = NetworkConfig::Fc(FcConfig {
            n_inputs: 2,
            width: 8,
            n_classes: 2,
            max_depth: self.max_depth,
        });
        Trainer::new(self.options.clone(), &network, &Cpu::default()).unwrap()
    }

    fn view<'a>(&self, data: &'a TrainTest) -> TrainingData<'a> {
        let standardization = &data.standardization;
        TrainingData {
            train: View {
                examples: &data.train,
                standardization,
            },
            selection: self.has_selection.then_some(View {
                examples: &data.test,
                standardization,
            }),
        }
    }

    /// Trains to the end.
    fn finish(&self, trainer: &mut Trainer<Cpu>) -> Result<(Vec<EpochMetrics>, StoppedBy)> {
        let (data, mut metrics) = (self.data(), Vec::new());
        loop {
            match trainer.train_epoch(&self.view(&data), &|_| false)? {
                StepOutcome::Epoch(epoch) => metrics.push(epoch),
                StepOutcome::Ended(stopped_by) => return Ok((metrics, stopped_by)),
                StepOutcome::Paused => panic!("no pause was requested"),
            }
        }
    }

    /// The metrics, why it ended, and what was kept.
    fn run(&self) -> (Vec<EpochMetrics>, StoppedBy, FittedModel<Cpu>) {
        let mut trainer = self.trainer();
        let (metrics, stopped_by) = self.finish(&mut trainer).unwrap();
        (metrics, stopped_by, trainer.finish().unwrap())
    }

    /// A new trainer with the state of another, from the bytes of a checkpoint.
    fn handed_over(&self, trainer: &Trainer<Cpu>) -> Trainer<Cpu> {
        let (state, arrays) = trainer.state();
        let state = serde_json::to_value(&state).unwrap();
        let bytes = Checkpoint::new("test", 1, state, arrays).to_bytes().unwrap();
        let mut checkpoint = Checkpoint::from_bytes(&bytes).unwrap();
        let state = serde_json::from_value(checkpoint.state.clone()).unwrap();
        let mut next = self.trainer();
        next.restore(&state, &mut checkpoint, self.n_points / 10).unwrap();
        next
    }
}

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
        Objective::LearntDepth(DepthPrior::uniform(0)),
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
        "the prior has 4 probabilities, expected 6, one per depth"
    );
}

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
                StepOutcome::Epoch(epoch) => metrics.push(epoch),
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
    assert!(is_finite(trainer.learner.optimizer.velocity()));
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
    let case = case(|_| {});
    let (data, mut trainer) = (case.data(), case.trainer());
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    case.view(&data)
        .train
        .fill_batch(&[0, 1, 2, 3], &mut inputs, &mut labels);
    let batch = Batch {
        inputs: &inputs,
        labels: &labels,
    };
    let (before, posterior) = (trainer.network().snapshot(), trainer.learner.posterior_logits());
    let proposed = trainer.learner.propose(batch, 3, 40, 0.1).unwrap();
    assert_ne!(proposed.network().running_stats(), before.running_stats);
    assert!(proposed.gradient().iter().any(|&g| g != 0.0));
    let means = proposed.means();
    drop(proposed);
    assert_eq!(trainer.network().snapshot(), before);
    assert_eq!(trainer.learner.posterior_logits(), posterior);

    let again = trainer.learner.step(batch, 3, 40, 0.1).unwrap();
    assert_eq!(again, means);
    assert_ne!(trainer.network().snapshot(), before);
    assert_ne!(trainer.learner.posterior_logits(), posterior);
}

#[test]
fn skipping_a_tail_without_mass_changes_no_bit() {
    let case_of = |skip_tail_mass| {
        case(|case| {
            (case.options.epochs, case.max_depth, case.options.skip_tail_mass) = (12, 4, skip_tail_mass);
            case.options.objective = Objective::LearntDepth(DepthPrior::uniform(4));
        })
    };
    let (expected, _, whole) = case_of(None).run();
    let (actual, _, same) = case_of(Some(0.0)).run();
    assert!(expected.iter().all(|epoch| epoch.train_depth.is_none()));
    assert!(actual.iter().all(|epoch| epoch.train_depth == Some(4)));
    assert_eq!(same.network.params_vec(), whole.network.params_vec());
    assert_eq!(same.network.running_stats(), whole.network.running_stats());
    assert_eq!(same.posterior_logits, whole.posterior_logits);
}

#[test]
fn skipping_leaves_out_a_negligible_tail_but_in_every_fifth_epoch() {
    // The prior favors shallow depths; with so few examples the posterior follows it at once.
    let case = case(|case| {
        (case.options.epochs, case.max_depth, case.n_points) = (40, 8, 40);
        (case.options.objective, case.options.skip_tail_mass) = (geometric(0.05, 8), Some(0.2));
    });
    let (metrics, _, model) = case.run();
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
    assert!(model.network.params_vec().iter().all(|p| p.is_finite()));
    assert!(metrics[39].train_loss < metrics[0].train_loss);
}

#[test]
fn fitted_model_survives_its_file_and_pruning() {
    let (data, case) = (case(|_| {}).data(), case(|_| {}));
    let (_, _, model) = case.run();
    let bytes = model.to_safetensors(serde_json::Map::new()).unwrap();
    let read = FittedModel::from_safetensors(&bytes, model.network.config(), &Cpu::default()).unwrap();
    assert_eq!(read.network.snapshot(), model.network.snapshot());
    assert_eq!(read.posterior_logits, model.posterior_logits);
    assert_eq!((read.epoch, read.posterior), (model.epoch, model.posterior.clone()));

    let pruned = model.pruned(1).unwrap();
    assert_eq!((pruned.network.max_depth(), pruned.posterior.max_depth()), (1, 1));
    assert!((pruned.posterior.probs()[0] - model.posterior.probs()[0]).abs() < 1e-6);
    assert!(model.pruned(4).is_err());
    let view = case.view(&data).train;
    assert_eq!(pruned.predict(view).unwrap().probs.len(), 2 * view.len());
}
