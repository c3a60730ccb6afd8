//! Networks evaluated with both kinds of running statistics of the output block.

use maud::{Markup, html};
use vds_calibration::{paired_difference, score};
use vds_records::{HeadStatistics, Method, Predictive, RunRecord, Scores};

use crate::aggregate::Group;
use crate::comparison::seeds_text;
use crate::{cells, number};

/// The scores that are shown.
const SHOWN: [&str; 3] = ["error", "nll", "ece"];

/// The table of the group whose section is `id`; nothing where no run has both kinds.
pub(crate) fn render(id: &str, group: &Group<'_>) -> Markup {
    let rows: Vec<Row<'_>> = group
        .depths()
        .into_iter()
        .flat_map(|depth| rows(group, depth))
        .collect();
    let scores = || SHOWN.into_iter().filter_map(score);
    html! {
        @if !rows.is_empty() {
            h3 { "Running statistics of the output block" }
            p { (explanation(&group.depths())) }
            div.scroll tabindex="0" role="region" aria-label="Shared and per-depth statistics" {
                table id={ (id) "-heads" } {
                    caption {
                        span {
                            "The same weights on " (group.title) " evaluated with shared and with per-depth statistics: test scores, "
                            (cells::OF_SEEDS) "; the difference is shared − per depth with its 95 % t interval over the seeds"
                        }
                    }
                    thead {
                        tr {
                            th.depth scope="col" rowspan="2" { "D" }
                            th.network scope="col" rowspan="2" { "network" }
                            th.number scope="col" rowspan="2" { "n" }
                            @for score in scores() { th.span scope="colgroup" colspan="3" { (score.label) } }
                        }
                        tr {
                            @for _ in SHOWN {
                                th.number.first scope="col" { "shared" }
                                th.number scope="col" { "per depth" }
                                th.number scope="col" { "difference" }
                            }
                        }
                    }
                    tbody { @for row in &rows { (row.render()) } }
                }
            }
        }
    }
}

/// What the shared statistics do, with the weight that a depth has in its own.
pub(crate) fn explanation(depths: &[usize]) -> Markup {
    let weights: Vec<String> = depths
        .iter()
        .map(|&depth| format!("{} at D = {depth}", share(depth)))
        .collect();
    html! {
        "The published code updates one set of running statistics once for each depth in every step. What a network of depth D "
        "is evaluated with is then a mixture in which depth D has a weight of 0.1 / (1 − 0.9" sup { "D + 1" } ")"
        @if !weights.is_empty() { ": " (weights.join(", ")) }
        "; the rest belongs to the activations of other depths, for which a DDN is never trained. That spoils DDN and LDN alike. "
        code { (HeadStatistics::PerDepth.name()) } " keeps one set for each depth."
    }
}

/// The weight of the deepest depth in the shared statistics, as a percentage with one decimal.
fn share(depth: usize) -> String {
    let kept = i32::try_from(depth.saturating_add(1)).map_or(0.0, |n| 0.9_f64.powi(n));
    format!("{:.1} %", 10.0 / (1.0 - kept))
}

/// The runs of one method and depth that were evaluated both ways.
struct Row<'a> {
    depth: usize,
    is_first: bool,
    name: &'static str,
    /// Shared and per-depth scores of each seed.
    scores: Vec<[&'a Scores; 2]>,
}

fn rows<'a>(group: &Group<'a>, depth: usize) -> Vec<Row<'a>> {
    let kinds = [
        (Method::Ddn, "DDN", Predictive::Deepest),
        (Method::Ldn, "LDN (marginal)", Predictive::Marginal),
    ];
    let rows = kinds.into_iter().filter_map(|(method, name, predictive)| {
        let runs = group.of(method, depth);
        let scores: Vec<[&Scores; 2]> = runs.into_iter().filter_map(|run| both(run, predictive)).collect();
        (!scores.is_empty()).then_some((name, scores))
    });
    let rows = rows.enumerate().map(|(index, (name, scores))| Row {
        depth,
        is_first: index == 0,
        name,
        scores,
    });
    rows.collect()
}

fn both(run: &RunRecord, predictive: Predictive) -> Option<[&Scores; 2]> {
    let [shared, per_depth] = [HeadStatistics::Shared, HeadStatistics::PerDepth]
        .map(|head| Some(run.summary.evaluation_with(head)?.test.of(predictive)));
    Some([shared?, per_depth?])
}

impl Row<'_> {
    fn render(&self) -> Markup {
        html! {
            tr.division[self.is_first] {
                td.depth { (self.depth) }
                th.network scope="row" { (self.name) }
                td.number { (number::count(self.scores.len())) }
                @for score in SHOWN.into_iter().filter_map(score) {
                    @for (index, scores) in self.sides().iter().enumerate() {
                        td.number.first[index == 0] { (cells::pooled(score, scores)) }
                    }
                    td.number { (self.difference(score.key)) }
                }
            }
        }
    }

    fn sides(&self) -> [Vec<&Scores>; 2] {
        [0, 1].map(|side| self.scores.iter().map(|pair| pair[side]).collect())
    }

    fn difference(&self, key: &str) -> String {
        let values = self.scores.iter().filter_map(|[a, b]| a.get(key).zip(b.get(key)));
        let (shared, per_depth): (Vec<f64>, Vec<f64>) = values.unzip();
        seeds_text(key, paired_difference(&shared, &per_depth).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_records::run;

    #[test]
    fn heads_have_the_weight_of_the_deepest_depth() {
        assert_eq!([0, 10, 20, 50].map(share), ["100.0 %", "14.6 %", "11.2 %", "10.0 %"]);
        assert_eq!(share(usize::MAX), "10.0 %");
    }

    #[test]
    fn heads_of_both_methods_are_compared_over_seeds() {
        let mut runs: Vec<RunRecord> = Method::ALL
            .into_iter()
            .flat_map(|method| [0, 1].map(|seed| run("mnist", method, 10, seed)))
            .collect();
        for (record, [shared, per_depth]) in runs.iter_mut().zip([[0.5, 0.3], [0.6, 0.2], [0.9, 0.3], [0.8, 0.3]]) {
            let predictive = if record.is_ldn() {
                Predictive::Marginal
            } else {
                Predictive::Deepest
            };
            for (evaluation, nll) in record.summary.evaluations.iter_mut().zip([per_depth, shared]) {
                let scores = evaluation.test.predictives.entry(predictive).or_default();
                scores.insert("nll", nll);
            }
        }
        let groups = Group::collect(&runs);
        let rows = rows(&groups[0], 10);
        let shown: Vec<(&str, String)> = rows.iter().map(|row| (row.name, row.difference("nll"))).collect();
        // DDN: .6 and .5, so .55 ± .05 · 12.7062; LDN: .2 and .4, so .3 ± .1 · 12.7062.
        assert_eq!(
            shown,
            [
                ("DDN", "+0.5500 [−0.0853, +1.1853], 2 seeds".to_owned()),
                ("LDN (marginal)", "+0.3000 [−0.9706, +1.5706], 2 seeds".to_owned()),
            ]
        );
        let shown = render("g", &groups[0]).into_string();
        assert!(shown.contains("14.6 % at D = 10") && shown.contains("0.850 ± 0.071"));
    }

    #[test]
    fn heads_are_left_out_where_a_network_has_one_kind() {
        let runs = [run("spirals", Method::Ldn, 10, 0)];
        assert!(render("g", &Group::collect(&runs)[0]).into_string().is_empty());
    }
}
