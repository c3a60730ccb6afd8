//! E7: whether mixing depths helps, or whether a head alone with a temperature does the same.

use vds_records::Predictive;

use super::measure::{ECE, Measure, NLL};
use super::posterior::Posterior;
use super::runs::{IMAGES, Runs};
use super::sample::Sample;
use super::section::Section;
use super::table::Table;

/// What is scored.
const ROWS: [Predictive; 6] = [
    Predictive::Deepest,
    Predictive::Marginal,
    Predictive::Stacked,
    Predictive::DeepestTempered,
    Predictive::MarginalTempered,
    Predictive::DepthTempered,
];

/// A mixture, and the deepest depth of the same network: nothing fitted, a temperature for both, a temperature per depth against one,
/// mixture weights against a temperature.
const PAIRS: [[Predictive; 2]; 4] = [
    [Predictive::Marginal, Predictive::Deepest],
    [Predictive::MarginalTempered, Predictive::DeepestTempered],
    [Predictive::DepthTempered, Predictive::DeepestTempered],
    [Predictive::Stacked, Predictive::DeepestTempered],
];

/// Mixtures against the deepest depth of the same weights.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E7",
        "mixing or heads",
        "Does averaging over depths help against the deepest depth of the same network, and does it still if both have a temperature \
         that was fitted to the validation split?\n\
         The floor is the ECE that a perfectly calibrated network with these confidences shows on the same number of examples.",
    );
    for data in IMAGES {
        let ldn = runs.of(data, &["posterior", "alternatives"]);
        if ldn.is_empty() {
            continue;
        }
        section.setting(&ldn);
        let mut scores = Table::new(&["update and predictive", "NLL, nats", "ECE", "floor of ECE"]);
        let mut differences = Table::new(&["paired difference", "NLL, nats", "ECE"]);
        for posterior in ldn.posteriors() {
            let runs = ldn.posterior(&posterior);
            let label = posterior.label();
            for predictive in ROWS {
                let floor = floor(&runs, predictive).mean();
                scores.row(&[
                    format!("{label}, {predictive}"),
                    NLL.text(&runs.test(predictive, &NLL)),
                    ECE.text(&runs.test(predictive, &ECE)),
                    floor.map_or("—".to_owned(), |floor| ECE.number(floor.mean)),
                ]);
            }
            for pair @ [mixture, deepest] in PAIRS {
                let [nll, ece] = [NLL, ECE].map(|measure| measure.difference(&difference(&runs, pair, &measure)));
                differences.row(&[format!("{label}, ({mixture}) - ({deepest})"), nll, ece]);
            }
            answer(&mut section, &posterior, &runs);
        }
        section.table(&scores);
        section.table(&differences);
    }
    section
}

fn floor(runs: &Runs<'_>, predictive: Predictive) -> Sample {
    runs.sample(|run| Some(run.summary.test().of(predictive).ece_uncertainty?.floor))
}

fn difference(runs: &Runs<'_>, [mixture, deepest]: [Predictive; 2], measure: &Measure) -> Sample {
    runs.test(mixture, measure).minus(&runs.test(deepest, measure))
}

fn answer(section: &mut Section, posterior: &Posterior, runs: &Runs<'_>) {
    let says = |pair| {
        [NLL, ECE]
            .map(|measure| measure.verdict(&difference(runs, pair, &measure)))
            .join(", ")
    };
    let name = format!("On {} with {}", runs.dataset(), posterior.label());
    if difference(runs, PAIRS[0], &NLL).n() < 2 {
        section.answer(format!("{name}: not enough seeds"));
        return;
    }
    let [plain, tempered, _, stacked] = PAIRS.map(says);
    let short = format!("{name}, marginal against deepest: {plain}; with a temperature for both: {tempered}");
    if *posterior == Posterior::Published {
        section.headline(short.clone());
    }
    section.answer(format!(
        "{short}; stacked against deepest with a temperature: {stacked}"
    ));
}
