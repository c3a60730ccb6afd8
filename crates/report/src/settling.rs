//! Whether the posterior over depth had stopped moving when training ended.

use std::collections::BTreeSet;

use vds_records::{EpochMetrics, RunRecord};

use crate::number;
use crate::settings;

/// Share of the epochs, the last ones, over which the posterior should not move.
const WINDOW: usize = 5;
/// Largest movement of the expected depth within them, residual blocks.
const MOST_MOVEMENT: f64 = 0.5;
/// Largest distance of the ELBO from the log evidence in the last epoch, nats.
const MOST_GAP: f64 = 3.0;

/// The rule of [`unsettled`], for readers of the page.
pub(crate) fn rule() -> String {
    format!(
        "A posterior counts as settled if in the last fifth of the epochs E[d] moved by at most {MOST_MOVEMENT} and the paper's rule \
         chose one depth only, and the ELBO gap of the last epoch is at most {MOST_GAP} nats."
    )
}

/// What was seen of a learnt posterior that has not settled by [`rule`]: one sentence part per reason; empty if it has settled, if it
/// was held fixed, or if there is no log of the epochs.
///
/// Half a block is the distance at which a rounded depth changes; 3 nats is a factor of twenty between the probabilities of the
/// posterior and those that the losses ask for.
pub(crate) fn unsettled(run: &RunRecord) -> Vec<String> {
    let Some(last) = run.epochs.last().filter(|_| is_learnt(run)) else {
        return Vec::new();
    };
    let n = run.epochs.len();
    // At least two, since one epoch cannot differ from itself.
    let window = &run.epochs[n.saturating_sub(n.div_ceil(WINDOW).max(2))..];
    let within = format!("in the last {} of {n} epochs", window.len());
    let mut seen = Vec::new();
    let movement = movement(window);
    if movement > MOST_MOVEMENT {
        seen.push(format!("E[d] moved by {} {within}", number::depth(movement)));
    }
    let chosen: BTreeSet<usize> = window.iter().map(|epoch| epoch.pruned_depth).collect();
    if let (Some(lowest), Some(highest), true) = (chosen.first(), chosen.last(), chosen.len() > 1) {
        seen.push(format!(
            "the paper's rule chose depths from {lowest} to {highest} {within}"
        ));
    }
    if let Some(gap) = last.elbo_gap_nats.filter(|gap| *gap > MOST_GAP) {
        let gap = number::significant(gap, 3);
        seen.push(format!("the ELBO gap is {gap} nats in epoch {}", last.epoch));
    }
    if n < WINDOW {
        seen.push(format!("{} cannot show a trend", number::plural(n, "epoch")));
    }
    seen
}

/// Whether there is a posterior that could move.
pub(crate) fn is_learnt(run: &RunRecord) -> bool {
    run.is_ldn() && run.summary.max_depth > 0 && !settings::has_fixed_posterior(&run.summary)
}

fn movement(window: &[EpochMetrics]) -> f64 {
    let depths = window.iter().map(|epoch| epoch.expected_depth);
    let [lo, hi] = depths.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], depth| {
        [lo.min(depth), hi.max(depth)]
    });
    hi - lo
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vds_records::Method;

    use super::*;
    use crate::test_records::{run, set};

    /// Thirty epochs, of which the last six count; settled.
    fn settled() -> RunRecord {
        let mut record = run("mnist", Method::Ldn, 8, 0);
        for epoch in &mut record.epochs {
            epoch.expected_depth = 5.0;
            epoch.pruned_depth = 5;
            epoch.elbo_gap_nats = Some(2.9);
        }
        record
    }

    #[test]
    fn settled_posterior_gives_no_reason() {
        let mut record = settled();
        assert!(unsettled(&record).is_empty());
        // Before the last fifth anything may happen, and half a block within it.
        record.epochs[23].expected_depth = 1.0;
        record.epochs[23].pruned_depth = 1;
        record.epochs[29].expected_depth = 5.5;
        assert!(unsettled(&record).is_empty());
    }

    #[test]
    fn unsettled_posterior_gives_what_was_seen() {
        let mut record = settled();
        record.epochs[24].expected_depth = 4.25;
        record.epochs[29].pruned_depth = 7;
        record.epochs[29].elbo_gap_nats = Some(149.0);
        assert_eq!(
            unsettled(&record),
            [
                "E[d] moved by 0.75 in the last 6 of 30 epochs",
                "the paper's rule chose depths from 5 to 7 in the last 6 of 30 epochs",
                "the ELBO gap is 149 nats in epoch 30",
            ]
        );
    }

    #[test]
    fn unsettled_is_not_said_of_a_posterior_that_cannot_move() {
        let mut fixed = run("mnist", Method::Ldn, 8, 0);
        fixed.epochs[29].elbo_gap_nats = Some(149.0);
        set(&mut fixed.summary, "posterior.Fixed", json!("Uniform"));
        let ddn = run("mnist", Method::Ddn, 8, 0);
        assert!(unsettled(&fixed).is_empty() && unsettled(&ddn).is_empty());
    }

    #[test]
    fn unsettled_is_said_of_few_epochs() {
        let mut record = settled();
        record.epochs.truncate(1);
        assert_eq!(unsettled(&record), ["1 epoch cannot show a trend"]);
        record.epochs.clear();
        assert!(unsettled(&record).is_empty());
    }
}
