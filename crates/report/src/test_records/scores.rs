//! Scores of a run on both splits, and what was fitted to the validation split.

use serde_json::json;
use vds_calibration::{EceUncertainty, MeanInterval, ReliabilityBin};
use vds_records::{
    Evaluation, Fitted, HeadStatistics, Method, Predictive, PruningRule, RuleChoice, Scores, SplitScores,
};

/// What the scores of a made-up network follow from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quality {
    pub(super) method: Method,
    pub(super) max_depth: usize,
    pub(super) pruned_depth: usize,
    /// Factor of errors and likelihoods.
    pub(super) scale: f64,
}

impl Quality {
    /// Scores of each depth alone.
    pub(super) fn per_depth(self, scale: f64) -> Vec<Scores> {
        (0..=self.max_depth)
            .map(|depth| depth_scores(depth, scale * self.scale))
            .collect()
    }

    /// Both splits, with running statistics that cost something if they are shared.
    pub(super) fn evaluation(self, head_statistics: HeadStatistics) -> Evaluation {
        let penalty = match head_statistics {
            HeadStatistics::PerDepth => 1.0,
            HeadStatistics::Shared => 1.5,
        };
        let fitted = json!({
            "held_out": {
                "n": 500,
                "mean_nll": self.per_depth(1.1).iter().map(Scores::nll).collect::<Vec<f64>>(),
                "best": self.pruned_depth,
                "difference_se": vec![0.01; self.max_depth + 1],
                "stacking": {
                    "weights": (0..=self.max_depth).map(|depth| f64::from(u8::from(depth == self.pruned_depth))).collect::<Vec<f64>>(),
                    "mean_log_density": -0.3,
                    "spread": vec![0.05; self.max_depth + 1],
                },
            },
            "temperatures": {"marginal": 1.1, "per_depth": vec![1.2; self.max_depth + 1]},
        });
        let fitted: Fitted = serde_json::from_value(fitted).unwrap();
        Evaluation {
            head_statistics,
            validation: Some(self.split(500, 1.1 * penalty)),
            test: self.split(1000, penalty),
            fitted: Some(fitted),
            choices: choices(self.max_depth, self.pruned_depth),
        }
    }

    fn split(self, n: usize, scale: f64) -> SplitScores {
        let per_depth = self.per_depth(scale);
        let (deepest, pruned) = (&per_depth[self.max_depth], &per_depth[self.pruned_depth]);
        let ldn = self.method == Method::Ldn;
        let scored = |predictive| match predictive {
            Predictive::Deepest => scores(deepest, if ldn { 0.08 } else { 0.05 }, 0.0),
            Predictive::DeepestTempered => scores(deepest, 0.01, 0.0),
            _ if !ldn => scores(deepest, 0.05, 0.0),
            Predictive::Pruned => scores(pruned, 0.025, 0.01),
            _ => scores(pruned, 0.02, 0.02),
        };
        SplitScores {
            n,
            predictives: Predictive::ALL
                .map(|predictive| (predictive, scored(predictive)))
                .into(),
            per_depth,
        }
    }
}

fn choices(max_depth: usize, pruned_depth: usize) -> Vec<RuleChoice> {
    let cost = MeanInterval {
        n: 500,
        mean: 0.0012,
        standard_error: Some(0.001),
        interval: Some([-0.0008, 0.0032]),
    };
    let choice = |rule, depth| RuleChoice {
        rule,
        depth,
        cost,
        stacked_cost: cost,
    };
    vec![
        choice(PruningRule::PAPER, pruned_depth),
        choice(PruningRule::ArgMax, max_depth),
    ]
}

fn depth_scores(depth: usize, scale: f64) -> Scores {
    let fall = (-(depth as f64) / 2.5).exp();
    let rise = 0.004 * (depth as f64 - 8.0).max(0.0);
    let mut scores = Scores::default();
    scores.insert("error", scale * (0.5 * fall + 0.08 + rise));
    scores.insert("nll", scale * (1.4 * fall + 0.25 + rise));
    scores.insert("ece", 0.02 + rise);
    scores
}

fn scores(depth: &Scores, overconfidence: f64, mutual_information: f64) -> Scores {
    let mut scores = depth.clone();
    for (key, value) in [
        ("ece", overconfidence * 0.8),
        ("mce", overconfidence * 1.9),
        ("brier", 1.6 * depth.error()),
        ("mean_true_probability", 0.8),
        ("paper_pooled_calibration", 0.095),
        ("mean_confidence", 1.0 - depth.error() + overconfidence),
        ("predictive_entropy", 0.3),
        ("expected_entropy", 0.3 - mutual_information),
        ("mutual_information", mutual_information),
    ] {
        scores.insert(key, value);
    }
    for (key, error) in [("error", 0.007), ("nll", 0.02), ("brier", 0.009)] {
        scores.insert_standard_error(key, error);
    }
    scores.reliability = reliability(overconfidence);
    let ece = overconfidence * 0.8;
    scores.ece_uncertainty = Some(EceUncertainty {
        interval: [0.7 * ece, 1.4 * ece],
        floor: 0.006,
        floor_95: 0.009,
    });
    scores
}

fn reliability(overconfidence: f64) -> Vec<ReliabilityBin> {
    let bin = |index: u32| {
        let [lower, upper] = [f64::from(index) / 15.0, f64::from(index + 1) / 15.0];
        let confidence = (lower + upper) / 2.0;
        let count = if index < 3 {
            0
        } else {
            usize::try_from(index * index).unwrap()
        };
        let wave = overconfidence * (1.5 + f64::from(index).sin());
        let filled = f64::from(u8::from(count > 0));
        ReliabilityBin {
            lower,
            upper,
            count,
            accuracy: filled * (confidence - wave).clamp(0.0, 1.0),
            confidence: filled * confidence,
        }
    };
    (0..15).map(bin).collect()
}
