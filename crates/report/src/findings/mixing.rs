//! E7: whether mixing depths helps, or whether a head alone with a temperature does the same.

use vds_records::Predictive;

use super::IMAGES;
use super::measure::{ECE, Measure, NLL};
use super::posterior::Posterior;
use super::runs::Runs;
use super::sample::Sample;
use super::section::Section;
use super::table::Table;

/// A mixture, and the deepest depth of the same network with the same use of temperatures.
const PAIRS: [[Predictive; 2]; 4] = [
    [Predictive::Marginal, Predictive::Deepest],
    [Predictive::Stacked, Predictive::Deepest],
    [Predictive::MarginalTempered, Predictive::DeepestTempered],
    [Predictive::DepthTempered, Predictive::DeepestTempered],
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
        let titles = [
            "update and predictive",
            "NLL, nats",
            "ECE",
            "floor of ECE",
            "NLL - deepest",
            "ECE - deepest",
        ];
        let mut table = Table::new(&titles);
        for posterior in ldn.posteriors() {
            let runs = ldn.posterior(&posterior);
            for predictive in [Predictive::Deepest, Predictive::DeepestTempered] {
                table.row(&row(&posterior, &runs, predictive, None));
            }
            for [mixture, deepest] in PAIRS {
                table.row(&row(&posterior, &runs, mixture, Some(deepest)));
            }
            if matches!(posterior, Posterior::Published | Posterior::OwnRate(_)) {
                section.answer(answer(&posterior, &runs));
            }
        }
        section.table(&table);
    }
    section
}

fn row(posterior: &Posterior, runs: &Runs<'_>, predictive: Predictive, deepest: Option<Predictive>) -> Vec<String> {
    let against = |measure: &Measure| match deepest {
        Some(deepest) => measure.difference(&difference(runs, [predictive, deepest], measure)),
        None => "—".to_owned(),
    };
    vec![
        format!("{}, {predictive}", posterior.label()),
        NLL.text(&runs.test(predictive, &NLL)),
        ECE.text(&runs.test(predictive, &ECE)),
        floor(runs, predictive)
            .mean()
            .map_or("—".to_owned(), |floor| ECE.number(floor.mean)),
        against(&NLL),
        against(&ECE),
    ]
}

fn floor(runs: &Runs<'_>, predictive: Predictive) -> Sample {
    runs.sample(|run| Some(run.summary.test().of(predictive).ece_uncertainty?.floor))
}

fn difference(runs: &Runs<'_>, [mixture, deepest]: [Predictive; 2], measure: &Measure) -> Sample {
    runs.test(mixture, measure).minus(&runs.test(deepest, measure))
}

fn answer(posterior: &Posterior, runs: &Runs<'_>) -> String {
    let says = |pair| {
        [NLL, ECE]
            .map(|measure| measure.verdict(&difference(runs, pair, &measure)))
            .join(", ")
    };
    format!(
        "On {} with the {}, the marginal against its own deepest depth has {}; with a temperature for each depth on both sides {}; \
         stacking against the deepest has {}",
        runs.dataset(),
        posterior.label(),
        says(PAIRS[0]),
        says(PAIRS[3]),
        says(PAIRS[1]),
    )
}
