//! The figures of the page, one file each.
//!
//! To add a figure of a run, write a file with a function from a record to markup out of the parts in [`crate::chart`], and add
//! its line to [`OF_RUN`]; a figure that compares the runs of a group has its line in [`OF_GROUP`].

mod depth_over_epochs;
mod depth_posterior;
mod mutual_information;
mod over_depth;
mod predictive_grid;
mod reliability;
mod training;
mod work;

use maud::Markup;
use vds_records::RunRecord;

use crate::aggregate::Group;

/// A figure of one run under the given identifier; `None` where the record has nothing to draw.
type OfRun = fn(&str, &RunRecord) -> Option<Markup>;
/// A figure of a group of runs under the given identifier; `None` where the runs have nothing to draw.
type OfGroup = fn(&str, &Group<'_>) -> Option<Markup>;

/// The figures of a run with the last parts of their identifiers, in the order of the page.
const OF_RUN: &[(&str, OfRun)] = &[
    ("depth", depth_posterior::figure),
    ("epochs", depth_over_epochs::figure),
    ("training", training::figure),
    ("probability", predictive_grid::figure),
    ("information", mutual_information::figure),
];

/// The small figures of a run, below the others.
const RELIABILITY: &[(&str, OfRun)] = &[
    ("reliability-marginal", reliability::marginal),
    ("reliability-pruned", reliability::pruned),
    ("reliability-deepest", reliability::deepest),
];

/// The figures of a group of runs.
const OF_GROUP: &[(&str, OfGroup)] = &[
    ("nll", over_depth::nll),
    ("error", over_depth::error),
    ("depth", over_depth::learnt_depth),
    ("work", work::figure),
];

/// The figures of the run whose section is `id`.
pub(crate) fn of_run(id: &str, run: &RunRecord) -> Vec<Markup> {
    drawn(OF_RUN, id, run)
}

/// The reliability diagrams of the run whose section is `id`.
pub(crate) fn reliability_of_run(id: &str, run: &RunRecord) -> Vec<Markup> {
    drawn(RELIABILITY, id, run)
}

/// The figures that compare the runs of the group whose section is `id`.
pub(crate) fn of_group(id: &str, group: &Group<'_>) -> Vec<Markup> {
    let drawn = OF_GROUP
        .iter()
        .filter_map(|(key, figure)| figure(&format!("{id}-{key}"), group));
    drawn.collect()
}

fn drawn(figures: &[(&str, OfRun)], id: &str, run: &RunRecord) -> Vec<Markup> {
    let drawn = figures
        .iter()
        .filter_map(|(key, figure)| figure(&format!("{id}-{key}"), run));
    drawn.collect()
}
