//! Small runs on spirals.

use dfdx::prelude::Cpu;
use vds_checkpoint::Checkpoint;
use vds_datasets::{SpiralsConfig, TrainTest, View, shuffled, spirals};
use vds_model::{FcConfig, NetworkConfig};
use vds_records::{EpochMetrics, StoppedBy};
use vds_training::streams::{Purpose, stream};
use vds_training::{
    EarlyStopping, FittedModel, Metric, Objective, Result, StepOutcome, TrainOptions, Trainer, TrainingData,
};
use vds_variational::DepthPrior;

/// A run on spirals: a small network, and forty points to train on.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) options: TrainOptions,
    pub(crate) max_depth: usize,
    pub(crate) n_points: usize,
    pub(crate) stop_degrees: f64,
    /// Whether epochs are compared on the points that are not trained on.
    pub(crate) has_selection: bool,
}

/// The case with fields changed.
pub(crate) fn case(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case {
        options: TrainOptions {
            batch_size: 16,
            early_stopping: EarlyStopping {
                metric: Metric::TrainElbo,
                restore_best: true,
                patience: None,
            },
            ..TrainOptions::new(Objective::DeterministicDepth, 4)
        },
        max_depth: 3,
        n_points: 400,
        stop_degrees: 720.0,
        has_selection: false,
    };
    case.options.objective = Objective::published(DepthPrior::uniform(case.max_depth));
    change(&mut case);
    case
}

pub(crate) fn geometric(decay: f64, max_depth: usize) -> Objective {
    Objective::published(DepthPrior::geometric(decay, max_depth).unwrap())
}

impl Case {
    pub(crate) fn data(&self) -> TrainTest {
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

    pub(crate) fn trainer(&self) -> Trainer<Cpu> {
        let network = NetworkConfig::Fc(FcConfig {
            n_inputs: 2,
            width: 8,
            n_classes: 2,
            max_depth: self.max_depth,
        });
        Trainer::new(self.options.clone(), &network, &Cpu::default()).unwrap()
    }

    pub(crate) fn view<'a>(&self, data: &'a TrainTest) -> TrainingData<'a> {
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
    pub(crate) fn finish(&self, trainer: &mut Trainer<Cpu>) -> Result<(Vec<EpochMetrics>, StoppedBy)> {
        let (data, mut metrics) = (self.data(), Vec::new());
        loop {
            match trainer.train_epoch(&self.view(&data), &|_| false)? {
                StepOutcome::Epoch(epoch) => metrics.push(*epoch),
                StepOutcome::Ended(stopped_by) => return Ok((metrics, stopped_by)),
                StepOutcome::Paused => panic!("no pause was requested"),
            }
        }
    }

    /// The metrics, why it ended, and what was kept.
    pub(crate) fn run(&self) -> (Vec<EpochMetrics>, StoppedBy, FittedModel<Cpu>) {
        let mut trainer = self.trainer();
        let (metrics, stopped_by) = self.finish(&mut trainer).unwrap();
        (metrics, stopped_by, trainer.finish().unwrap())
    }

    /// A new trainer with the state of another, from the bytes of a checkpoint.
    pub(crate) fn handed_over(&self, trainer: &Trainer<Cpu>) -> Trainer<Cpu> {
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
