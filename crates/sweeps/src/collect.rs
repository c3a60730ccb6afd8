//! The finished cells of a sweep as a table of values.

use std::collections::BTreeSet;

use serde_json::Value;
use vds_calibration::SCORES;
use vds_records::{Cell, Predictive, Summary, Timing, json};

/// A finished cell.
#[derive(Clone, Debug)]
pub struct Finished<'a> {
    /// The cell.
    pub cell: &'a Cell,
    /// Its outcome.
    pub summary: Summary,
    /// How long it took, where a journal says so.
    pub timing: Option<Timing>,
}

/// Finished cells as comma-separated values with a header: a line per cell, with the settings in which they differ and every
/// score on the test set. A score without a value is empty.
pub fn csv(finished: &[Finished<'_>]) -> String {
    let settings = differing_settings(finished);
    let scores = || {
        Predictive::ALL
            .into_iter()
            .flat_map(|predictive| SCORES.iter().map(move |score| (predictive, score)))
    };
    let mut header: Vec<String> = [
        "id",
        "experiment",
        "name",
        "dataset",
        "method",
        "max_depth",
        "seed",
        "data_seed",
        "n_train",
        "epochs",
        "best_epoch",
        "stopped_by",
        "expected_depth",
        "pruned_depth",
        "train_flops",
        "forward_flops",
        "pruned_forward_flops",
        "seconds",
        "threads",
    ]
    .map(str::to_owned)
    .to_vec();
    header.extend(settings.iter().map(|name| format!("settings.{name}")));
    header.extend(scores().map(|(predictive, score)| format!("{}.{}", predictive.name(), score.key)));
    let mut text = line(&header);
    for Finished { cell, summary, timing } in finished {
        let mut row = vec![
            cell.id.clone(),
            cell.experiment.clone(),
            cell.name.clone(),
            summary.dataset.clone(),
            summary.method.name().to_owned(),
            summary.max_depth.to_string(),
            summary.seed.to_string(),
            summary.data_seed.to_string(),
            summary.n_train.to_string(),
            summary.epochs.to_string(),
            summary.best_epoch.to_string(),
            summary.stopped_by.map_or("", |end| end.name()).to_owned(),
            summary.expected_depth.to_string(),
            summary.pruned_depth.to_string(),
            summary.cost.train_flops.to_string(),
            summary.cost.forward_flops.to_string(),
            summary.cost.pruned_forward_flops.to_string(),
            timing.map_or_else(String::new, |timing| format!("{:.2}", timing.seconds)),
            timing.map_or_else(String::new, |timing| timing.threads.to_string()),
        ];
        row.extend(settings.iter().map(|name| json::display(summary.settings.get(*name))));
        row.extend(scores().map(|(predictive, score)| {
            let value = summary.test().of(predictive).get(score.key);
            value.map_or_else(String::new, |value| value.to_string())
        }));
        text += &line(&row);
    }
    text
}

/// Names of the settings that have several values, those with a column of their own left out.
fn differing_settings<'a>(finished: &'a [Finished<'_>]) -> Vec<&'a str> {
    let keys = finished.iter().flat_map(|one| one.summary.settings.keys());
    let keys: BTreeSet<&str> = keys.map(String::as_str).collect();
    let with_column = ["method", "max_depth", "seed", "data_seed"];
    let differs = |key: &&str| {
        let mut values = finished.iter().map(|one| one.summary.settings.get(*key));
        let first: Option<Option<&Value>> = values.next();
        !with_column.contains(key) && values.any(|value| Some(value) != first)
    };
    keys.into_iter().filter(differs).collect()
}

fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_would_split_a_line() {
        let cells = ["a", "b,c", "d \"e\""].map(str::to_owned);
        assert_eq!(line(&cells), "a,\"b,c\",\"d \"\"e\"\"\"\n");
    }
}
