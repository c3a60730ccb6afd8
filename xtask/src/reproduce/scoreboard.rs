//! The closing table: one row for each network, seeds pooled.

use super::cell::Cell;
use super::summary::{Scores, Summary};
use crate::table;

const HEADER: &[&str] = &[
    "experiment",
    "network",
    "D",
    "seeds",
    "E[depth]",
    "d_opt",
    "error %",
    "NLL",
    "ECE %",
];

/// The table of `finished`; cells of one experiment, method and depth share their rows.
pub(crate) fn render(finished: &[(Cell, Summary)]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut rest = finished;
    while let Some((first, _)) = rest.first() {
        let n_same = rest.iter().take_while(|(cell, _)| is_same_network(cell, first)).count();
        let (group, others) = rest.split_at(n_same);
        rows.extend(rows_of_group(first, group));
        rest = others;
    }
    table::render(HEADER, &rows)
}

fn is_same_network(a: &Cell, b: &Cell) -> bool {
    (a.experiment, a.method, a.max_depth) == (b.experiment, b.method, b.max_depth)
}

/// An LDN has a row for the whole network and one for the pruned; a DDN has nothing to prune.
fn rows_of_group(cell: &Cell, group: &[(Cell, Summary)]) -> Vec<Vec<String>> {
    let row = |network: &str, with_depths: bool, scores: fn(&Summary) -> &Scores| {
        let pooled = |decimals, quantity: &dyn Fn(&Summary) -> f64| {
            let values: Vec<f64> = group.iter().map(|(_, summary)| quantity(summary)).collect();
            mean_and_deviation(&values, decimals)
        };
        let depth = |text: String| if with_depths { text } else { "-".to_owned() };
        vec![
            cell.experiment.to_owned(),
            network.to_owned(),
            cell.max_depth.to_string(),
            group.len().to_string(),
            depth(pooled(2, &|summary| summary.expected_depth)),
            depth(pooled(1, &|summary| as_f64(summary.pruned_depth))),
            pooled(2, &|summary| 100.0 * scores(summary).error),
            pooled(4, &|summary| scores(summary).nll()),
            pooled(2, &|summary| 100.0 * scores(summary).ece),
        ]
    };
    match cell.method {
        "ldn" => vec![
            row("LDN", true, |summary| &summary.test.marginal),
            row("LDN pruned", true, |summary| &summary.test.pruned),
        ],
        _ => vec![row(&cell.method.to_uppercase(), false, |summary| {
            &summary.test.marginal
        })],
    }
}

/// `mean ± sample standard deviation`; the mean alone where there is one value.
fn mean_and_deviation(values: &[f64], decimals: usize) -> String {
    let n = as_f64(values.len());
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return format!("{mean:.decimals$}");
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    format!("{mean:.decimals$} ± {deviation:.decimals$}")
}

/// A count as a number; counts here are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of runs and blocks are small")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::cell::cells;
    use crate::reproduce::plan::{Experiment, Threads};
    use crate::reproduce::summary::tests::summary_text;

    const EXPERIMENT: Experiment = Experiment {
        name: "spirals",
        methods: &["ldn", "ddn"],
        max_depths: &[5],
        seeds: &[0, 1],
        overrides: &[],
        threads: Threads::OnePerCell,
    };

    #[test]
    fn seeds_are_pooled_and_only_the_learnt_depth_is_pruned() {
        let finished: Vec<(Cell, Summary)> = cells(&EXPERIMENT)
            .into_iter()
            .map(|cell| (cell, serde_json::from_str(&summary_text()).unwrap()))
            .collect();
        let expected = "\
experiment     network  D  seeds     E[depth]      d_opt       error %              NLL        ECE %
spirals            LDN  5      2  2.50 ± 0.00  3.0 ± 0.0  10.00 ± 0.00  0.5000 ± 0.0000  2.00 ± 0.00
spirals     LDN pruned  5      2  2.50 ± 0.00  3.0 ± 0.0  10.00 ± 0.00              inf  2.00 ± 0.00
spirals            DDN  5      2            -          -  10.00 ± 0.00  0.5000 ± 0.0000  2.00 ± 0.00
";
        assert_eq!(render(&finished), expected);
    }

    #[test]
    fn deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0], 3), "2.000 ± 1.414");
        assert_eq!(mean_and_deviation(&[1.0], 1), "1.0");
        assert_eq!(mean_and_deviation(&[1.0, f64::INFINITY], 1), "inf");
    }
}
