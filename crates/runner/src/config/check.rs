//! Every check of a configuration that needs no data.

use vds_datasets::catalogue;
use vds_variational::{DepthPosterior, DepthPrior};

use super::error::FieldProblem;
use super::fields::{self, DECAY, HELD_OUT, MAX_NAME, MAX_PARAMETERS, MAX_STEPS, find};
use super::file::{
    CONFIG_SCHEMA, ConfigFile, DatasetConfig, FixedPosterior, NetworkSizes, Posterior, Prior, Schedule, Split,
};
use vds_files::excerpt;
use vds_records::Method;
use vds_training::Metric;

/// Every problem of the values and of their combination. What follows from a problem is not reported.
pub(super) fn check(file: &ConfigFile) -> Vec<FieldProblem> {
    let mut checker = Checker {
        file: file.clone(),
        problems: Vec::new(),
    };
    for field in fields::all() {
        let value = field.value(&mut checker.file).map(|value| value.written());
        let accepted = value.is_none_or(|value| field.expected.accepts(&value));
        checker.require(field.path, accepted);
    }
    checker.words(file);
    checker.network(file);
    checker.combinations(file);
    checker.problems
}

struct Checker {
    file: ConfigFile,
    problems: Vec<FieldProblem>,
}

impl Checker {
    /// The value of one field is accepted.
    fn require(&mut self, path: &str, ok: bool) {
        self.fit(&[path], ok, |file| {
            let field = find(path).expect("the table has every path that is checked");
            let value = field.value(file).map(|value| value.written()).unwrap_or_default();
            format!("{path} is {}, expected {}", excerpt(&value), field.expected)
        });
    }

    /// The values of these fields fit together; the problem is reported for the first one.
    fn fit(&mut self, paths: &[&str], ok: bool, message: impl FnOnce(&mut ConfigFile) -> String) {
        let is_known = |path: &&str| self.problems.iter().any(|problem| problem.field == **path);
        if ok || paths.iter().any(is_known) {
            return;
        }
        self.problems.push(FieldProblem {
            field: paths[0].to_owned(),
            argument: None,
            message: message(&mut self.file),
        });
    }

    /// Fields whose range the table has in words.
    fn words(&mut self, file: &ConfigFile) {
        self.require("schema", file.schema == CONFIG_SCHEMA);
        let n_chars = file.name.as_ref().map(|name| name.chars().count());
        self.require("name", n_chars.is_none_or(|n_chars| (1..=MAX_NAME).contains(&n_chars)));
        if let DatasetConfig::Catalogue(name) = &file.dataset {
            let known: Vec<&str> = catalogue::names().collect();
            self.fit(&["dataset"], known.contains(&name.as_str()), |_| {
                let (name, known) = (excerpt(name), known.join(", "));
                format!("dataset \"{name}\" is not in the catalogue; there are {known}")
            });
        }
        let schedule = &file.optimizer.schedule;
        self.require("optimizer.schedule.ldn.at", are_steps(&schedule.ldn));
        self.require("optimizer.schedule.ddn.at", are_steps(&schedule.ddn));
        if let Posterior::Sgd { schedule, .. } = &file.posterior {
            self.require("posterior.schedule", are_steps(schedule));
        }
        if let Split::Validation(fraction) = file.early_stopping.split {
            self.require("early_stopping.split", HELD_OUT.contains(fraction));
        }
    }

    fn network(&mut self, file: &ConfigFile) {
        let n_parameters = n_block_parameters(&file.network).saturating_mul(file.max_depth as u128);
        let sizes = [
            "network",
            "max_depth",
            "network.channels",
            "network.bottleneck_channels",
            "network.width",
        ];
        self.fit(&sizes, n_parameters <= MAX_PARAMETERS, |_| {
            format!("network would have {n_parameters} parameters in its blocks, expected at most {MAX_PARAMETERS}")
        });
        match &file.prior {
            Prior::Geometric(decay) => self.require("prior", DECAY.contains(*decay)),
            Prior::Uniform => {}
            Prior::Explicit(probs) => self.explicit_prior(file, probs),
        }
        if let Posterior::Fixed(FixedPosterior::Explicit(probs)) = &file.posterior {
            self.length("posterior", file, probs);
            let error = DepthPosterior::from_probs(probs).err();
            self.fit(&["posterior"], error.is_none(), |_| {
                error.map(|error| error.to_string()).unwrap_or_default()
            });
        }
    }

    fn length(&mut self, path: &str, file: &ConfigFile, probs: &[f64]) {
        let (actual, expected) = (probs.len(), file.max_depth.saturating_add(1));
        self.fit(&[path, "max_depth"], actual == expected, |_| {
            format!("{path} has length {actual}, expected max_depth + 1 = {expected}")
        });
    }

    fn explicit_prior(&mut self, file: &ConfigFile, probs: &[f64]) {
        self.length("prior", file, probs);
        let error = DepthPrior::from_probs(probs).err();
        self.fit(&["prior"], error.is_none(), |_| {
            error.map(|error| error.to_string()).unwrap_or_default()
        });
        // The posterior starts uniform, and its divergence from a prior that excludes a depth is infinite.
        let excluded = probs
            .iter()
            .position(|p| *p == 0.0)
            .filter(|_| file.method == Method::Ldn);
        self.fit(&["prior"], excluded.is_none(), |_| {
            let depth = excluded.unwrap_or_default();
            format!("prior is 0 at depth {depth}, expected a probability above 0 for every depth that is learnt")
        });
    }

    fn combinations(&mut self, file: &ConfigFile) {
        if let DatasetConfig::Spirals { n, arms, .. } = file.dataset {
            self.fit(&["dataset.n", "dataset.arms"], n.is_multiple_of(arms), |_| {
                format!("dataset.n is {n}, expected a multiple of dataset.arms = {arms}")
            });
            let is_conv = matches!(file.network, NetworkSizes::Conv { .. });
            self.fit(&["network", "dataset"], !is_conv, |_| {
                "network is convolutional, expected Fc(width: N) for points in the plane".to_owned()
            });
            self.fit(&["n_train", "dataset"], file.n_train.is_none(), |_| {
                "n_train takes the first examples of a file, expected None for generated data; set dataset.n".to_owned()
            });
        }
        let early_stopping = &file.early_stopping;
        let needs_split = early_stopping.metric != Metric::TrainElbo;
        let paths = ["early_stopping.metric", "early_stopping.split"];
        self.fit(&paths, !needs_split || early_stopping.split != Split::None, |_| {
            "early_stopping.metric needs a split, and early_stopping.split is none; expected train_elbo".to_owned()
        });
        let has_held_out = matches!(early_stopping.split, Split::Validation(_));
        let paths = ["pruning_rule", "early_stopping.split"];
        let unfounded = file.pruning_rule.filter(|rule| !has_held_out && rule.needs_held_out());
        self.fit(&paths, unfounded.is_none(), |_| {
            let rule = unfounded.map_or_else(String::new, |rule| rule.to_string());
            format!(
                "pruning_rule is \"{rule}\", which looks at held-out data; expected early_stopping.split = validation(FRACTION)"
            )
        });
    }
}

fn are_steps(schedule: &Schedule) -> bool {
    let Schedule::Steps { at, .. } = schedule else {
        return true;
    };
    let ascends = at.windows(2).all(|pair| pair[0] < pair[1]);
    at.len() <= MAX_STEPS && ascends && at.first() != Some(&0)
}

/// Parameters of one residual block. Sizes far out of range, which have a problem of their own, are clamped: their squares
/// overflow.
fn n_block_parameters(network: &NetworkSizes) -> u128 {
    let clamp = |size: usize| size.min(u32::MAX as usize) as u128;
    match *network {
        NetworkSizes::Conv {
            channels,
            bottleneck_channels,
            ..
        } => {
            let (outer, inner) = (clamp(channels), clamp(bottleneck_channels));
            2 * outer * inner + 9 * inner * inner + 3 * outer + 6 * inner
        }
        NetworkSizes::Fc { width } => {
            let width = clamp(width);
            width * width + 3 * width
        }
    }
}
