//! Which epoch's state is kept, and when training ends early.

use serde::{Deserialize, Serialize};
use vds_records::EpochMetrics;

use crate::options::{EarlyStopping, Metric};

/// Compares epochs and holds the state to keep. Ties go to the earlier epoch; a metric that is NaN is not an improvement.
#[derive(Clone, Debug)]
pub(crate) struct Selector<S> {
    options: EarlyStopping,
    pub(crate) best: Option<Best>,
    /// Epochs since the best one that cannot be compared with it.
    pub(crate) epochs_skipped: usize,
    pub(crate) kept: Kept<S>,
}

/// A state and the epoch at whose end it was taken; epoch 0 is the state before training.
#[derive(Clone, Debug)]
pub(crate) struct Kept<S> {
    pub(crate) epoch: usize,
    pub(crate) state: S,
}

/// The best epoch so far and how good it was.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    value: f64,
}

impl<S> Selector<S> {
    pub(crate) fn new(options: EarlyStopping, initial: S) -> Self {
        Self {
            options,
            best: None,
            epochs_skipped: 0,
            kept: Kept {
                epoch: 0,
                state: initial,
            },
        }
    }

    /// Compares an epoch with the best one so far; `state` is called only if the epoch is to be kept.
    pub(crate) fn observe(&mut self, metrics: &EpochMetrics, state: impl FnOnce() -> S) {
        let epoch = metrics.epoch;
        let value = score(self.options.metric, metrics);
        let is_comparable = self.options.metric != Metric::TrainElbo || is_whole(metrics);
        let improves = is_comparable && value > self.best.map_or(f64::NEG_INFINITY, |best| best.value);
        if improves {
            self.best = Some(Best { epoch, value });
            self.epochs_skipped = 0;
        }
        self.epochs_skipped += usize::from(!is_comparable);
        if improves || !self.options.restore_best {
            self.kept = Kept { epoch, state: state() };
        }
    }

    /// Whether patience has run out at the end of `epoch`.
    pub(crate) fn stops_after(&self, epoch: usize) -> bool {
        let best = self.best.map_or(0, |best| best.epoch);
        let waited = epoch - best - self.epochs_skipped;
        self.options.patience.is_some_and(|patience| waited >= patience)
    }

    pub(crate) fn kept(&self) -> &Kept<S> {
        &self.kept
    }
}

/// Whether the epoch's steps ran all depths. If not, its training ELBO is another quantity than that of a whole one.
fn is_whole(metrics: &EpochMetrics) -> bool {
    metrics
        .train_depth
        .is_none_or(|depth| depth + 1 == metrics.posterior.len())
}

/// The metric, signed so that larger is better; NaN if it was not measured.
fn score(metric: Metric, metrics: &EpochMetrics) -> f64 {
    match metric {
        Metric::TrainElbo => metrics.elbo_nats,
        Metric::PublishedElbo => metrics.validation_elbo_nats.unwrap_or(f64::NAN),
        Metric::ValidationNll => -metrics.validation_nll.unwrap_or(f64::NAN),
        Metric::ValidationError => -metrics.validation_error.unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(epoch: usize, elbo: f64) -> EpochMetrics {
        EpochMetrics {
            epoch,
            elbo_nats: elbo,
            validation_error: Some(elbo.abs()),
            validation_nll: Some(-elbo),
            validation_elbo_nats: Some(elbo),
            posterior: vec![1.0],
            ..EpochMetrics::default()
        }
    }

    /// The kept epoch and the epoch after which training ends, for a series of values.
    fn run(metric: Metric, restore_best: bool, patience: Option<usize>, values: &[f64]) -> (usize, Option<usize>) {
        let options = EarlyStopping {
            metric,
            restore_best,
            patience,
        };
        let mut selector = Selector::new(options, 0);
        for (index, &value) in values.iter().enumerate() {
            let epoch = index + 1;
            selector.observe(&metrics(epoch, value), || epoch);
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
    fn selection_keeps_the_first_of_the_best_epochs() {
        let values = [-3.0, -1.0, -2.0, -1.0];
        for metric in [
            Metric::TrainElbo,
            Metric::ValidationNll,
            Metric::ValidationError,
            Metric::PublishedElbo,
        ] {
            assert_eq!(run(metric, true, None, &values), (2, None));
            assert_eq!(run(metric, false, None, &values), (4, None));
        }
    }

    #[test]
    fn selection_ends_training_when_patience_runs_out() {
        let values = [-3.0, -1.0, -2.0, -2.0, -0.5];
        assert_eq!(run(Metric::TrainElbo, true, Some(2), &values), (2, Some(4)));
        assert_eq!(run(Metric::TrainElbo, true, Some(3), &values), (5, None));
        assert_eq!(run(Metric::TrainElbo, false, Some(1), &values), (3, Some(3)));
    }

    #[test]
    fn training_elbo_of_a_shortened_epoch_is_epochs_skipped() {
        let run = |metric| {
            let options = EarlyStopping {
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
                selector.observe(&epoch, || index + 1);
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
    fn selection_never_takes_nan_for_an_improvement() {
        assert_eq!(run(Metric::TrainElbo, true, Some(5), &[-1.0, f64::NAN]), (1, None));
        assert_eq!(
            run(Metric::TrainElbo, true, Some(2), &[f64::NAN, f64::NAN]),
            (0, Some(2))
        );
    }
}
