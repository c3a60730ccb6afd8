//! The tables in the section of one run: its depths, what the pruning rules choose, and the numbers of the paper's figures.

use maud::{Markup, html};
use vds_calibration::{MeanInterval, SCORES, Score, score};
use vds_records::{Predictive, RuleChoice, RunRecord, Scores};

use crate::cells;
use crate::number::{self, MISSING, NumberFormat};

/// The columns of the paper's numbers, each beside the score that it is taken for.
const AS_IN_THE_PAPER: [&str; 4] = ["nll", "mean_true_probability", "ece", "paper_pooled_calibration"];

/// The scores that are shown of each depth.
fn depth_columns() -> impl Iterator<Item = &'static Score> {
    SCORES.iter().filter(|score| score.per_depth)
}

/// What each pruning rule chooses and what it costs on the validation split; nothing where there is none.
pub(crate) fn choices(run: &RunRecord) -> Markup {
    let choices = &run.summary.evaluation().choices;
    html! {
        @if run.is_ldn() && !choices.is_empty() {
            div.scroll tabindex="0" role="region" aria-label={ "Pruning rules of " (run.name) } {
                table {
                    caption {
                        span {
                            "Pruning rules: the depth that each chooses, and its cost on the validation split: NLL of the pruned network "
                            "less that of the whole one, nats per example, with its 95 % t interval over the examples. What is fitted to "
                            "the validation split, stacking weights and held-out rules, is judged on it, too"
                        }
                    }
                    thead {
                        tr {
                            th.name scope="col" { "rule" }
                            th.number scope="col" { "depth" }
                            th.number scope="col" { "cost, posterior" }
                            th.number scope="col" { "cost, stacking weights" }
                            th.number scope="col" { "examples" }
                        }
                    }
                    tbody { @for choice in choices { (choice_row(run, choice)) } }
                }
            }
        }
    }
}

fn choice_row(run: &RunRecord, choice: &RuleChoice) -> Markup {
    let cost = |cost: MeanInterval| NumberFormat::Score.difference(cost.mean, cost.interval);
    html! {
        tr.chosen[choice.rule == run.summary.pruning_rule] {
            th.name scope="row" { code { (choice.rule.to_string()) } }
            td.number { (choice.depth) }
            td.number { (cost(choice.cost)) }
            td.number { (cost(choice.stacked_cost)) }
            td.number { (number::count(choice.cost.n)) }
        }
    }
}

/// Both kinds of numbers that the paper's figures show, beside the scores that they are taken for.
pub(crate) fn as_in_the_paper(run: &RunRecord) -> Markup {
    let columns = || AS_IN_THE_PAPER.into_iter().filter_map(score);
    let test = run.summary.test();
    let evaluated = Predictive::ALL
        .into_iter()
        .filter(|predictive| test.predictives.contains_key(predictive));
    let is_own = |predictive: &Predictive| {
        run.is_ldn() || matches!(predictive, Predictive::Deepest | Predictive::DeepestTempered)
    };
    html! {
        details {
            summary { "Numbers as in the paper's figures" }
            p.facts {
                "The paper's figures plot the mean probability of the true class as 'test log-likelihood', and a gap over pooled class "
                "probabilities as calibration error; neither is what it is called there. They stand here to be compared with those "
                "figures, beside the NLL and the ECE."
            }
            div.scroll tabindex="0" role="region" aria-label={ "Numbers as in the paper's figures, " (run.name) } {
                table {
                    caption { span { "Test scores; " (cells::OF_ONE) } }
                    thead {
                        tr {
                            th.row scope="col" { "predictive" }
                            @for score in columns() { th.number scope="col" title=(score.explanation) { (score.label) } }
                        }
                    }
                    tbody {
                        @for predictive in evaluated.filter(is_own) {
                            tr {
                                th.row scope="row" { (predictive.label()) }
                                @for score in columns() {
                                    td.number { (cells::one(score, Some(test.of(predictive)))) }
                                }
                            }
                        }
                    }
                }
            }
            dl {
                @for score in columns() {
                    dt { (score.label) }
                    dd { (score.explanation) }
                }
            }
        }
    }
}

/// The numbers behind a run's figures over depth.
pub(crate) fn per_depth(run: &RunRecord) -> Markup {
    let summary = &run.summary;
    let evaluation = summary.evaluation();
    let validation = evaluation.validation.as_ref();
    let fitted = evaluation.fitted.as_ref().filter(|_| run.is_ldn());
    let stacking = fitted.map(|fitted| &fitted.held_out.stacking);
    let splits: Vec<(&str, &[Scores])> = [
        ("test", Some(&summary.test().per_depth)),
        ("validation", validation.map(|split| &split.per_depth)),
        ("train", Some(&summary.train_per_depth)),
    ]
    .into_iter()
    .filter_map(|(name, scores)| Some((name, scores?.as_slice())))
    .collect();
    let n_depths = summary.posterior.len().max(summary.test().per_depth.len());
    html! {
        details {
            summary { "Numbers of each depth" }
            div.scroll tabindex="0" role="region" aria-label={ "Depths of " (run.name) } {
                table {
                    caption {
                        span {
                            "Each depth alone: posterior and prior probability"
                            @if stacking.is_some() { ", stacking weight ± its bootstrap deviation" }
                            ", and scores on each split; ± is the standard error over the examples; the uncertainty of the ECE of single "
                            "depths is not stored, so that it is no evidence of a difference"
                        }
                    }
                    thead {
                        tr {
                            th.number.row scope="col" { "depth" }
                            th.number scope="col" { "posterior" }
                            th.number scope="col" { "prior" }
                            @if stacking.is_some() { th.number scope="col" { "stacking" } }
                            @for (name, _) in &splits {
                                @for score in depth_columns() { th.number scope="col" { (name) " " (score.label) } }
                            }
                        }
                    }
                    tbody {
                        @for depth in 0..n_depths {
                            tr.chosen[run.is_ldn() && depth == summary.pruned_depth] {
                                th.number.row scope="row" { (depth) }
                                td.number { (probability(&summary.posterior, depth)) }
                                td.number { (probability(&summary.prior, depth)) }
                                @if let Some(stacking) = stacking {
                                    td.number { (weight(stacking.weights.probs(), &stacking.spread, depth)) }
                                }
                                @for (_, scores) in &splits {
                                    @for score in depth_columns() { td.number { (cells::one(score, scores.get(depth))) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn probability(values: &[f64], depth: usize) -> String {
    let value = values.get(depth);
    value.map_or(MISSING.to_owned(), |&value| NumberFormat::Score.text(value))
}

fn weight(weights: &[f64], spread: &[f64], depth: usize) -> String {
    match (weights.get(depth), spread.get(depth)) {
        (Some(&weight), Some(&spread)) => NumberFormat::Score.with_sd(weight, spread),
        _ => probability(weights, depth),
    }
}
