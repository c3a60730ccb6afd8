//! The closing table: one row for each network, seeds pooled.

use vds_calibration::{SCORES, Score};
use vds_files::Shown as _;
use vds_records::{Cell, Method, Predictive, Summary};

use crate::output::align;

/// The table of `finished`; neighbors of one experiment that differ in the seed alone share their rows.
pub(super) fn render(finished: &[(&Cell, Summary)]) -> String {
    let columns = SCORES.iter().filter(|score| score.in_tables);
    let columns: Vec<&Score> = columns.collect();
    let mut header: Vec<String> = ["experiment", "network", "D", "seeds", "E[depth]", "d_opt"]
        .map(str::to_owned)
        .to_vec();
    header.extend(columns.iter().map(|score| score.label.to_owned()));
    let mut rows = vec![header];
    for group in finished.chunk_by(is_same_network) {
        rows.extend(rows_of_group(group, &columns));
    }
    align(&rows, 2)
}

fn is_same_network((a, of_a): &(&Cell, Summary), (b, of_b): &(&Cell, Summary)) -> bool {
    a.experiment == b.experiment && without_seed(a, of_a) == without_seed(b, of_b)
}

/// The name of a cell without the part that its seed gives it.
fn without_seed(cell: &Cell, summary: &Summary) -> Vec<String> {
    let seed = format!("s{}", summary.seed);
    let parts = cell.name.split('-').filter(|part| *part != seed);
    parts.map(str::to_owned).collect()
}

/// An LDN has a row for the whole network and one for the pruned; a DDN has nothing to prune.
fn rows_of_group(group: &[(&Cell, Summary)], columns: &[&Score]) -> Vec<Vec<String>> {
    let (cell, first) = &group[0];
    let pooled = |text: &dyn Fn(f64) -> String, value: &dyn Fn(&Summary) -> f64| {
        let values: Vec<f64> = group.iter().map(|(_, summary)| value(summary)).collect();
        mean_and_deviation(&values, text)
    };
    let row = |network: &str, predictive: Predictive| {
        let mut row = vec![
            cell.experiment.shown().to_string(),
            network.to_owned(),
            first.max_depth.to_string(),
            group.len().to_string(),
        ];
        row.extend(match first.method {
            Method::Ddn => ["-".to_owned(), "-".to_owned()],
            Method::Ldn => [
                pooled(&|depth| format!("{depth:.2}"), &|summary| summary.expected_depth),
                pooled(&|depth| format!("{depth:.1}"), &|summary| summary.pruned_depth as f64),
            ],
        });
        row.extend(columns.iter().map(|score| {
            pooled(&|value| score.format(value), &|summary| {
                summary.test().of(predictive).get(score.key).unwrap_or(f64::NAN)
            })
        }));
        row
    };
    match first.method {
        Method::Ldn => vec![row("LDN", Predictive::Marginal), row("LDN pruned", Predictive::Pruned)],
        Method::Ddn => vec![row("DDN", Predictive::Marginal)],
    }
}

/// `mean ± sample standard deviation`; the mean alone where there is one value.
fn mean_and_deviation(values: &[f64], text: &dyn Fn(f64) -> String) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return text(mean);
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    format!("{} ± {}", text(mean), text((squares / (n - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweep_table_gives_the_deviation_of_a_sample() {
        let text = |value: f64| format!("{value:.3}");
        assert_eq!(mean_and_deviation(&[1.0, 3.0], &text), "2.000 ± 1.414");
        assert_eq!(mean_and_deviation(&[1.0], &text), "1.000");
        assert_eq!(mean_and_deviation(&[1.0, f64::INFINITY], &text), "inf");
    }
}
