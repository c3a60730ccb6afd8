//! The depth that a grid search over deterministic depths would choose, and what the search costs.

use vds_records::{Method, Predictive, RunRecord};

use crate::aggregate::Group;
use crate::predictor::MeanSd;

/// Deterministic-depth networks of several depths, shallowest first.
#[derive(Debug)]
pub(crate) struct Grid<'a> {
    /// At least two.
    pub(crate) points: Vec<GridPoint<'a>>,
}

/// The networks of one depth.
#[derive(Debug)]
pub(crate) struct GridPoint<'a> {
    /// Residual blocks.
    pub(crate) depth: usize,
    /// One per seed.
    pub(crate) runs: Vec<&'a RunRecord>,
    /// Mean NLL on the validation split over the seeds; `None` unless each run has one.
    pub(crate) validation_nll: Option<f64>,
    /// Mean over the seeds.
    pub(crate) cost: TrainingCost,
}

/// What training takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TrainingCost {
    /// Floating-point operations.
    pub(crate) flops: f64,
    /// Wall time, seconds; NaN where it is not known.
    pub(crate) seconds: f64,
}

impl<'a> Grid<'a> {
    /// The deterministic depths of a group up to `max_depth`; `None` if there are fewer than two.
    pub(crate) fn of(group: &Group<'a>, max_depth: usize) -> Option<Self> {
        let depths = group.depths_of(Method::Ddn).into_iter();
        let points: Vec<GridPoint<'_>> = depths
            .filter(|&depth| depth <= max_depth)
            .map(|depth| GridPoint::new(depth, group.of(Method::Ddn, depth)))
            .collect();
        (points.len() > 1).then_some(Self { points })
    }

    /// The depth of the lowest validation NLL, the shallowest on ties; `None` where no depth has one.
    pub(crate) fn chosen(&self) -> Option<&GridPoint<'a>> {
        chosen(&self.points)
    }

    /// Whether each depth was trained with the seeds of the others.
    pub(crate) fn has_equal_seeds(&self) -> bool {
        let seeds = |point: &GridPoint<'_>| point.runs.iter().map(|run| run.summary.seed).collect::<Vec<u64>>();
        self.points.windows(2).all(|pair| seeds(&pair[0]) == seeds(&pair[1]))
    }

    /// Of the whole grid, one seed at each depth.
    pub(crate) fn cost(&self) -> TrainingCost {
        self.points
            .iter()
            .fold(TrainingCost::default(), |sum, point| sum + point.cost)
    }

    /// For each depth, shallowest first: the cost of the grid up to there, and the choice so far.
    pub(crate) fn search(&self) -> impl Iterator<Item = (TrainingCost, Option<&GridPoint<'a>>)> {
        let mut spent = TrainingCost::default();
        self.points.iter().enumerate().map(move |(index, point)| {
            spent = spent + point.cost;
            (spent, chosen(&self.points[..=index]))
        })
    }
}

impl<'a> GridPoint<'a> {
    fn new(depth: usize, runs: Vec<&'a RunRecord>) -> Self {
        let nll = |run: &&RunRecord| {
            let validation = run.summary.evaluation().validation.as_ref()?;
            validation.of(Predictive::Deepest).get("nll")
        };
        let nlls: Option<Vec<f64>> = runs.iter().map(nll).collect();
        Self {
            depth,
            validation_nll: nlls.map(|nlls| MeanSd::over(&nlls).mean).filter(|nll| !nll.is_nan()),
            cost: TrainingCost::mean(&runs),
            runs,
        }
    }
}

impl TrainingCost {
    /// Of the training of `runs`, mean over them.
    pub(crate) fn mean(runs: &[&RunRecord]) -> Self {
        let mean =
            |value: fn(&RunRecord) -> f64| MeanSd::over(&runs.iter().map(|run| value(run)).collect::<Vec<f64>>()).mean;
        Self {
            flops: mean(|run| run.summary.cost.train_flops),
            seconds: mean(|run| run.train_seconds.unwrap_or(f64::NAN)),
        }
    }
}

impl std::ops::Add for TrainingCost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            flops: self.flops + other.flops,
            seconds: self.seconds + other.seconds,
        }
    }
}

fn chosen<'p, 'a>(points: &'p [GridPoint<'a>]) -> Option<&'p GridPoint<'a>> {
    let known = points.iter().filter_map(|point| Some((point, point.validation_nll?)));
    known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(point, _)| point)
}
