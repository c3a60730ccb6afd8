//! Which epoch's state is kept, and when training ends early.

use serde::{Deserialize, Serialize};

use crate::config::{EarlyStopping, Metric};
use crate::record::EpochMetrics;

/// Compares epochs and holds the state to keep. Ties go to the earlier epoch; a metric that is NaN is no improvement.
#[derive(Clone, Debug)]
pub(super) struct Selector<S> {
    options: EarlyStopping,
    pub(super) best: Option<Best>,
    /// Epochs since the best one that cannot be compared with it.
    pub(super) not_compared: usize,
    pub(super) kept: Kept<S>,
}

/// A state and the epoch at whose end it was taken; epoch 0 is the state before training.
#[derive(Clone, Debug)]
pub(super) struct Kept<S> {
    pub(super) epoch: usize,
    pub(super) state: S,
}

/// The best epoch so far and how good it was.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Best {
    pub(super) epoch: usize,
    value: f64,
}

impl<S> Selector<S> {
    pub(super) fn new(options: EarlyStopping, initial: S) -> Self {
        Self {
            options,
            best: None,
            not_compared: 0,
            kept: Kept {
                epoch: 0,
                state: initial,
            },
        }
    }

    /// Takes the epoch in; `state` is asked for only if it is to be kept.
    pub(super) fn observe<E>(&mut self, metrics: &EpochMetrics, state: impl FnOnce() -> Result<S, E>) -> Result<(), E> {
        let epoch = metrics.epoch;
        let value = score(self.options.metric, metrics);
        let is_comparable = self.options.metric != Metric::TrainElbo || is_whole(metrics);
        let improves = is_comparable && value > self.best.map_or(f64::NEG_INFINITY, |best| best.value);
        if improves {
            self.best = Some(Best { epoch, value });
            self.not_compared = 0;
        }
        self.not_compared += usize::from(!is_comparable);
        if improves || !self.options.restore_best {
            self.kept = Kept { epoch, state: state()? };
        }
        Ok(())
    }

    /// Whether patience has run out at the end of `epoch`.
    pub(super) fn stops_after(&self, epoch: usize) -> bool {
        let best = self.best.map_or(0, |best| best.epoch);
        let waited = epoch - best - self.not_compared;
        self.options.patience.is_some_and(|patience| waited >= patience)
    }

    pub(super) fn kept(&self) -> &Kept<S> {
        &self.kept
    }
}

/// Whether the epoch's steps ran all depths. If not, its training ELBO is another metric than that of a whole one.
fn is_whole(metrics: &EpochMetrics) -> bool {
    metrics
        .train_depth
        .is_none_or(|depth| depth + 1 == metrics.posterior.len())
}

/// The metric, turned so that larger is better; NaN if it was not measured.
fn score(metric: Metric, metrics: &EpochMetrics) -> f64 {
    match metric {
        Metric::TrainElbo => metrics.elbo_nats,
        Metric::ValidationNll => -metrics.validation_nll.unwrap_or(f64::NAN),
        Metric::ValidationError => -metrics.validation_error.unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Split;

    fn metrics(epoch: usize, elbo: f64) -> EpochMetrics {
        EpochMetrics {
            epoch,
            learning_rate: 0.1,
            train_loss: -elbo,
            train_nll: -elbo,
            kl_nats: 0.0,
            elbo_nats: elbo,
            train_error: 0.0,
            validation_error: Some(elbo.abs()),
            validation_nll: Some(-elbo),
            posterior: vec![1.0],
            expected_depth: 0.0,
            train_depth: None,
        }
    }

    /// The kept epoch and the epoch after which training ends, for a series of values.
    fn run(metric: Metric, restore_best: bool, patience: Option<usize>, values: &[f64]) -> (usize, Option<usize>) {
        let options = EarlyStopping {
            split: Split::None,
            metric,
            restore_best,
            patience,
        };
        let mut selector = Selector::new(options, 0);
        for (index, &value) in values.iter().enumerate() {
            let epoch = index + 1;
            selector.observe(&metrics(epoch, value), || Ok::<_, ()>(epoch)).unwrap();
            assert_eq!(
                selector.kept().epoch,
                selector.kept().state,
                "the state is that of the epoch"
            );
            if selector.stops_after(epoch) {
                return (selector.kept().epoch, Some(epoch));
            }
        }
        (selector.kept().epoch, None)
    }

    #[test]
    fn first_of_the_best_epochs_is_kept() {
        let values = [-3.0, -1.0, -2.0, -1.0];
        for metric in [Metric::TrainElbo, Metric::ValidationNll, Metric::ValidationError] {
            assert_eq!(run(metric, true, None, &values), (2, None));
            assert_eq!(run(metric, false, None, &values), (4, None));
        }
    }

    #[test]
    fn training_ends_when_patience_runs_out() {
        let values = [-3.0, -1.0, -2.0, -2.0, -0.5];
        assert_eq!(run(Metric::TrainElbo, true, Some(2), &values), (2, Some(4)));
        assert_eq!(run(Metric::TrainElbo, true, Some(3), &values), (5, None));
        assert_eq!(run(Metric::TrainElbo, false, Some(1), &values), (3, Some(3)));
    }

    #[test]
    fn training_elbo_of_a_shortened_epoch_is_not_compared() {
        let run = |metric| {
            let options = EarlyStopping {
                split: Split::None,
                metric,
                restore_best: true,
                patience: Some(2),
            };
            let mut selector = Selector::new(options, 0);
            let epochs = [
                (-3.0, Some(1)),
                (-1.0, Some(0)),
                (-1.0, Some(0)),
                (-2.0, Some(1)),
                (-4.0, Some(1)),
            ];
            for (index, (value, train_depth)) in epochs.into_iter().enumerate() {
                let mut epoch = metrics(index + 1, value);
                (epoch.posterior, epoch.train_depth) = (vec![0.5; 2], train_depth);
                selector.observe(&epoch, || Ok::<_, ()>(index + 1)).unwrap();
                if selector.stops_after(index + 1) {
                    return (selector.kept().epoch, index + 1);
                }
            }
            (selector.kept().epoch, 0)
        };
        assert_eq!(run(Metric::TrainElbo), (4, 0));
        assert_eq!(run(Metric::ValidationNll), (2, 4));
    }

    #[test]
    fn nan_is_never_an_improvement() {
        assert_eq!(run(Metric::TrainElbo, true, Some(5), &[-1.0, f64::NAN]), (1, None));
        assert_eq!(
            run(Metric::TrainElbo, true, Some(2), &[f64::NAN, f64::NAN]),
            (0, Some(2))
        );
    }
}
