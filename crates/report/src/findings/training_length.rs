//! E4: whether the chosen depth is a property of the data or of the number of epochs.

use vds_records::PruningRule;

use super::measure::{DEPTH, ELBO_GAP};
use super::posterior::Posterior;
use super::runs::{FindingRun, IMAGES, Runs};
use super::sample::Sample;
use super::section::Section;
use super::table::Table;

/// Largest change of a depth that counts as none, residual blocks: half a block is where a rounded depth changes.
const MOST_CHANGE: f64 = 0.5;
/// Largest gap between bound and log evidence with which q counts as converged, nats: a factor of 20,000 between two depths.
const MOST_GAP: f64 = 10.0;
/// The last share of a run, one over this, in which E[d] should not move.
const LAST: usize = 5;

/// Depths by update of the posterior and number of epochs.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E4",
        "chosen depth against training length",
        "Does the depth that the posterior chooses settle, or does it measure the length of training?\n\
         The learning rate falls after three quarters of each length.",
    );
    for data in IMAGES {
        let varied = runs.of(data, &["short", "long"]);
        if varied.is_empty() {
            continue;
        }
        let runs = varied.and(&runs.of(data, &["posterior", "alternatives"]));
        let posteriors = varied.posteriors();
        let runs = runs.filter(|run| posteriors.contains(&Posterior::of(&run.summary)));
        section.setting(&runs);
        let titles = [
            "update and epochs",
            "E[d]",
            "d_opt (configured rule)",
            "one-se",
            "stacked-tail",
            "ELBO gap, nats",
            "change of E[d] in the last fifth",
        ];
        let mut table = Table::new(&titles);
        let mut answers = Vec::new();
        for posterior in posteriors.iter().filter(|posterior| posterior.is_learnt()) {
            let runs = runs.posterior(posterior);
            for epochs in runs.distinct(|summary| summary.epochs) {
                let runs = at_length(&runs, epochs);
                let cells = [
                    DEPTH.text(&runs.expected_depth()),
                    DEPTH.text(&runs.pruned_depth()),
                    DEPTH.text(&chosen(&runs, is_one_se)),
                    DEPTH.text(&chosen(&runs, is_stacked_tail)),
                    ELBO_GAP.text(&runs.sample(|run| run.epochs.last()?.elbo_gap_nats)),
                    DEPTH.difference(&runs.sample(movement)),
                ];
                let name = format!("{}, {epochs} epochs", posterior.label());
                table.row(&[name].into_iter().chain(cells).collect::<Vec<String>>());
            }
            answers.push(settled(posterior, &runs));
        }
        section.table(&table);
        section.answer(format!("On {}, {}", runs.dataset(), answers.join("; ")));
    }
    section
}

fn at_length<'a>(runs: &Runs<'a>, epochs: usize) -> Runs<'a> {
    runs.filter(|run| run.summary.epochs == epochs)
}

fn is_one_se(rule: PruningRule) -> bool {
    rule == PruningRule::OneStandardError
}

fn is_stacked_tail(rule: PruningRule) -> bool {
    matches!(rule, PruningRule::StackedTail { .. })
}

fn chosen(runs: &Runs<'_>, is_wanted: fn(PruningRule) -> bool) -> Sample {
    runs.sample(|run| {
        let choices = &run.summary.evaluation().choices;
        let choice = choices.iter().find(|choice| is_wanted(choice.rule))?;
        Some(choice.depth as f64)
    })
}

/// By how much E[d] changes in the last fifth of the epochs.
fn movement(run: &FindingRun) -> Option<f64> {
    let last = run.epochs.last()?;
    let before = run.epochs.len() - run.epochs.len().div_ceil(LAST);
    Some(last.expected_depth - run.epochs[before.checked_sub(1)?].expected_depth)
}

/// Whether the depth still changes from the last length but one to the last, at the seeds that both have.
fn settled(posterior: &Posterior, runs: &Runs<'_>) -> String {
    let label = posterior.label();
    let lengths = runs.distinct(|summary| summary.epochs);
    let [.., before, last] = lengths[..] else {
        return format!("{label} was run at one length only");
    };
    let [shorter, longer] = [before, last].map(|epochs| at_length(runs, epochs));
    let d_opt = depths(&shorter.pruned_depth(), &longer.pruned_depth());
    let one_se = depths(&chosen(&shorter, is_one_se), &chosen(&longer, is_one_se));
    let (Some([a, b, n]), Some(moved)) = (d_opt, longer.sample(|run| movement(run).map(f64::abs)).mean()) else {
        return format!("{label} has no seed at both {before} and {last} epochs");
    };
    let gap = longer.sample(|run| run.epochs.last()?.elbo_gap_nats).mean();
    let gap = gap.map_or(f64::INFINITY, |gap| gap.mean);
    let says = match ((b - a).abs() <= MOST_CHANGE, moved.mean <= MOST_CHANGE) {
        (true, true) if gap <= MOST_GAP => format!("has settled at d_opt = {b:.1}, {gap:.1} nats below the best q"),
        (true, true) => format!(
            "stands still at d_opt = {b:.1} without having converged, {gap:.0} nats below the best q for the same weights"
        ),
        (true, false) => format!(
            "has not settled, since E[d] still moves by {:.2} in the last fifth",
            moved.mean
        ),
        (false, _) => format!("has not settled, {gap:.0} nats below the best q"),
    };
    let held_out = one_se.map_or(String::new(), |[a, b, _]| format!(", one-se from {a:.1} to {b:.1}"));
    format!("{label} {says} (d_opt from {a:.1} to {b:.1} between {before} and {last} epochs{held_out}; {n} seeds)")
}

/// Means at the seeds that both have, and their number.
fn depths(shorter: &Sample, longer: &Sample) -> Option<[f64; 3]> {
    let [a, b] = [shorter.at_seeds_of(longer).mean()?, longer.at_seeds_of(shorter).mean()?];
    Some([a.mean, b.mean, a.n as f64])
}
