//! Every check of a configuration that needs no data.

use vds_datasets::catalogue;
use vds_records::Method;
use vds_variational::DepthPrior;

use super::CONFIG_SCHEMA;
use super::fields::{
    MAX_BATCH, MAX_BINS, MAX_DEGREES, MAX_DEPTH, MAX_EPOCHS, MAX_NAME, MAX_PARAMETERS, MAX_POINTS, MAX_RATE, MAX_STEPS,
    MAX_WIDTH,
};
use super::file::{ConfigFile, Dataset, NetworkSizes, Prior, Protocol, Quantity, Schedule};
use super::problem::Problem;
use super::recover::{Parsed, bad_value};
use super::source::Source;
use vds_records::read::excerpt;

/// Appends every problem of the values and of their combination.
pub(super) fn check(parsed: &Parsed, source: &Source, problems: &mut Vec<Problem>) {
    let mut checker = Checker {
        suspect: parsed.mended.clone(),
        source,
        problems,
    };
    let file = &parsed.file;
    checker.data(file);
    checker.network(file);
    checker.training(file);
    checker.combinations(file);
}

struct Checker<'a> {
    /// Fields whose problem is known.
    suspect: Vec<String>,
    source: &'a Source,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    /// Whether the problem of this value, or of one around it, is known.
    fn is_suspect(&self, path: &str) -> bool {
        let covers = |outer: &String| {
            let rest = path.strip_prefix(outer.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.suspect.iter().any(covers)
    }

    /// The value is within its range.
    fn range(&mut self, path: &str, ok: bool) {
        if !ok && !self.is_suspect(path) {
            self.problems.push(bad_value(self.source, path));
            self.suspect.push(path.to_owned());
        }
    }

    /// Values fit together; the problem stands at the first path.
    fn fits(&mut self, paths: &[&str], ok: bool, message: impl FnOnce() -> String) {
        if ok || paths.iter().any(|path| self.is_suspect(path)) {
            return;
        }
        self.problems.push(Problem {
            place: self.source.place_of(paths[0]),
            message: message(),
        });
        self.suspect.push(paths[0].to_owned());
    }

    fn data(&mut self, file: &ConfigFile) {
        self.range("schema", file.schema == CONFIG_SCHEMA);
        let n_chars = file.name.chars().count();
        self.range("name", (1..=MAX_NAME).contains(&n_chars));
        match &file.dataset {
            spirals @ Dataset::Spirals { .. } => self.spirals(spirals),
            Dataset::Catalogue(name) => {
                let known: Vec<&str> = catalogue::names().collect();
                self.fits(&["dataset"], known.contains(&name.as_str()), || {
                    let known = known.join(", ");
                    let name = excerpt(name);
                    format!("dataset \"{name}\" is not in the catalogue; there are {known}")
                });
            }
        }
        self.range("n_train", file.n_train.is_none_or(|n_train| n_train >= 2));
    }

    fn spirals(&mut self, dataset: &Dataset) {
        let &Dataset::Spirals {
            n,
            noise,
            arms,
            start_degrees: start,
            stop_degrees: stop,
            train_fraction: fraction,
        } = dataset
        else {
            return;
        };
        self.range("dataset.noise", (0.0..=1000.0).contains(&noise));
        self.range("dataset.arms", (2..=100).contains(&arms));
        self.range(
            "dataset.n",
            (20..=MAX_POINTS).contains(&n) && n.is_multiple_of(arms.max(1)),
        );
        self.range("dataset.start_degrees", (0.0..=MAX_DEGREES).contains(&start));
        self.range("dataset.stop_degrees", stop > 0.0 && stop <= MAX_DEGREES);
        self.range("dataset.train_fraction", fraction > 0.0 && fraction < 1.0);
    }

    fn network(&mut self, file: &ConfigFile) {
        self.range("max_depth", file.max_depth <= MAX_DEPTH);
        let is_width = |width: usize| (1..=MAX_WIDTH).contains(&width);
        match file.network {
            NetworkSizes::Conv { outer, inner, .. } => {
                self.range("network.outer", is_width(outer));
                self.range("network.inner", is_width(inner));
            }
            NetworkSizes::Fc { width } => self.range("network.width", is_width(width)),
        }
        let n_parameters = n_block_parameters(&file.network).saturating_mul(file.max_depth as u128);
        let sizes = [
            "network",
            "max_depth",
            "network.outer",
            "network.inner",
            "network.width",
        ];
        self.fits(&sizes, n_parameters <= MAX_PARAMETERS, || {
            format!("network would have {n_parameters} parameters in its blocks, expected at most {MAX_PARAMETERS}")
        });
        self.prior(file);
    }

    fn prior(&mut self, file: &ConfigFile) {
        match &file.prior {
            Prior::Geometric(decay) => self.range("prior", *decay > 0.0 && *decay <= 100.0),
            Prior::Uniform => {}
            Prior::Explicit(probs) => {
                let (actual, expected) = (probs.len(), file.max_depth.saturating_add(1));
                self.fits(&["prior", "max_depth"], actual == expected, || {
                    format!("prior has length {actual}, expected max_depth + 1 = {expected}")
                });
                let probs_error = DepthPrior::from_probs(probs).err();
                self.fits(&["prior"], probs_error.is_none(), || {
                    probs_error.map(|error| error.to_string()).unwrap_or_default()
                });
                // The posterior starts uniform, and its divergence from a prior that excludes a depth is infinite.
                let excluded = probs
                    .iter()
                    .position(|p| *p == 0.0)
                    .filter(|_| file.method == Method::Ldn);
                self.fits(&["prior"], excluded.is_none(), || {
                    let depth = excluded.unwrap_or_default();
                    format!(
                        "prior is 0 at depth {depth}, expected a probability above 0 for every depth that is learnt"
                    )
                });
            }
        }
    }

    fn training(&mut self, file: &ConfigFile) {
        let optimizer = &file.optimizer;
        let rate = optimizer.learning_rate;
        self.range("optimizer.learning_rate", rate > 0.0 && rate <= MAX_RATE);
        self.range("optimizer.momentum", (0.0..1.0).contains(&optimizer.momentum));
        self.schedule("optimizer.schedule.ldn", &optimizer.schedule.ldn);
        self.schedule("optimizer.schedule.ddn", &optimizer.schedule.ddn);
        self.range("batch_size", (2..=MAX_BATCH).contains(&file.batch_size));
        self.range("epochs", (1..=MAX_EPOCHS).contains(&file.epochs));
        self.range(
            "truncate_tail",
            file.truncate_tail.is_none_or(|tail| (0.0..1.0).contains(&tail)),
        );
        self.range("selection.patience", file.selection.patience != Some(0));
        if let Protocol::Validation(fraction) = file.selection.protocol {
            self.range("selection.protocol", fraction > 0.0 && fraction < 1.0);
        }
        self.range("ece_bins", (1..=MAX_BINS).contains(&file.ece_bins));
    }

    fn schedule(&mut self, path: &str, schedule: &Schedule) {
        let Schedule::Steps { at, factor } = schedule else {
            return;
        };
        let ascends = at.windows(2).all(|pair| pair[0] < pair[1]);
        let starts_late = at.first().is_none_or(|&first| first >= 1);
        let ok = at.len() <= MAX_STEPS && ascends && starts_late;
        self.range(&format!("{path}.at"), ok);
        self.range(&format!("{path}.factor"), *factor > 0.0 && *factor <= 1.0);
    }

    fn combinations(&mut self, file: &ConfigFile) {
        let is_spirals = matches!(file.dataset, Dataset::Spirals { .. });
        let is_conv = matches!(file.network, NetworkSizes::Conv { .. });
        self.fits(&["network", "dataset"], !(is_spirals && is_conv), || {
            "network is convolutional, expected Fc(width: N) for points in the plane".to_owned()
        });
        self.fits(&["n_train", "dataset"], !(is_spirals && file.n_train.is_some()), || {
            "n_train takes the first examples of a file, expected None for generated data; set dataset.n".to_owned()
        });
        let selection = &file.selection;
        let compares_split = selection.quantity != Quantity::TrainElbo;
        let paths = ["selection.quantity", "selection.protocol"];
        self.fits(
            &paths,
            !(compares_split && selection.protocol == Protocol::None),
            || "selection.quantity needs a split, and selection.protocol is none; expected train_elbo".to_owned(),
        );
    }
}

/// Parameters of one residual block. Sizes far out of range, which have a problem of their own, are cut: their squares
/// overflow.
fn n_block_parameters(network: &NetworkSizes) -> u128 {
    let cut = |size: usize| size.min(u32::MAX as usize) as u128;
    match *network {
        NetworkSizes::Conv { outer, inner, .. } => {
            let (outer, inner) = (cut(outer), cut(inner));
            2 * outer * inner + 9 * inner * inner + 3 * outer + 6 * inner
        }
        NetworkSizes::Fc { width } => {
            let width = cut(width);
            width * width + 3 * width
        }
    }
}
