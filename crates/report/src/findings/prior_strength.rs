//! E5: whether the prior over depth does anything.

use super::measure::DEPTH;
use super::posterior::{Posterior, prior_label, prior_mean};
use super::runs::Runs;
use super::section::Section;
use super::table::Table;

/// Depths by prior and update of the posterior.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E5",
        "strength of the prior",
        "Does the prior over depth move the learnt depth, with the published update of q and with one that has its own rate?",
    );
    let varied = runs.of("fashion", &["prior"]);
    if varied.is_empty() {
        return section;
    }
    let seeds = varied.expected_depth();
    let posteriors = varied.posteriors();
    let runs = varied.and(&runs.of("fashion", &["posterior"])).filter(|run| {
        let summary = &run.summary;
        seeds.0.contains_key(&summary.seed) && posteriors.contains(&Posterior::of(summary))
    });
    section.setting(&runs);
    let mut table = Table::new(&["update and prior", "prior mean", "E[d]", "d_opt"]);
    for posterior in &posteriors {
        let mut priors = by_prior(&runs.posterior(posterior));
        priors.sort_by(|a, b| b.mean.total_cmp(&a.mean));
        for prior in &priors {
            let name = format!("{}, {}", posterior.label(), prior.label);
            let [expected, pruned] = [prior.runs.expected_depth(), prior.runs.pruned_depth()];
            table.row(&[
                name,
                DEPTH.number(prior.mean),
                DEPTH.text(&expected),
                DEPTH.text(&pruned),
            ]);
        }
        if let [weak, .., strong] = &priors[..] {
            let change = strong.runs.expected_depth().minus(&weak.runs.expected_depth());
            let pruned = strong.runs.pruned_depth().minus(&weak.runs.pruned_depth());
            section.answer(format!(
                "With {}, from {} (mean {:.2}) to {} (mean {:.2}), E[d]: {}; d_opt: {}",
                posterior.label(),
                weak.label,
                weak.mean,
                strong.label,
                strong.mean,
                DEPTH.says(&change),
                DEPTH.says(&pruned),
            ));
        }
    }
    section.table(&table);
    section
}

/// Runs of one prior.
struct OfPrior<'a> {
    label: String,
    /// Its mean depth.
    mean: f64,
    runs: Runs<'a>,
}

fn by_prior<'a>(runs: &Runs<'a>) -> Vec<OfPrior<'a>> {
    let mut priors: Vec<OfPrior<'a>> = Vec::new();
    for &run in &runs.0 {
        let label = prior_label(&run.summary);
        match priors.iter_mut().find(|prior| prior.label == label) {
            Some(prior) => prior.runs.0.push(run),
            None => priors.push(OfPrior {
                label,
                mean: prior_mean(&run.summary),
                runs: Runs(vec![run]),
            }),
        }
    }
    priors
}
