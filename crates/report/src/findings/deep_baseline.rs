//! E8: whether a deterministic-depth network degrades with depth.

use vds_records::{HeadStatistics, Method, Predictive};

use super::measure::{ECE, ERROR, Measure, NLL};
use super::runs::Runs;
use super::section::Section;
use super::table::Table;

const MEASURES: [Measure; 3] = [ERROR, NLL, ECE];

/// The baseline by depth, with both kinds of head statistics.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E8",
        "the baseline against its depth",
        "Does a DDN degrade with its depth, with the published head statistics and with one set per depth?",
    );
    if runs.of("mnist", &["deep"]).is_empty() {
        return section;
    }
    let runs = runs.of("mnist", &["ddn", "deep"]).method(Method::Ddn);
    section.setting(&runs);
    let titles = |first: &str| {
        let measures = MEASURES.map(|measure| measure.title);
        [first]
            .into_iter()
            .chain(measures)
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    let mut scores = Table::new(&titles("head statistics, D"));
    let mut differences = Table::new(&titles("paired difference"));
    let depths = runs.distinct(|summary| summary.max_depth);
    for mode in [HeadStatistics::Shared, HeadStatistics::PerDepth] {
        let score = |depth: usize, measure: &Measure| runs.depth(depth).test_with(mode, Predictive::Deepest, measure);
        for &depth in &depths {
            let cells = MEASURES.map(|measure| measure.text(&score(depth, &measure)));
            scores.row(
                &[format!("{}, D = {depth}", mode.name())]
                    .into_iter()
                    .chain(cells)
                    .collect::<Vec<String>>(),
            );
        }
        let [shallowest, deeper @ ..] = &depths[..] else {
            continue;
        };
        for depth in deeper {
            let change = MEASURES.map(|measure| score(*depth, &measure).minus(&score(*shallowest, &measure)));
            let name = format!("{}, D = {depth} - D = {shallowest}", mode.name());
            let cells = [0, 1, 2].map(|i| MEASURES[i].difference(&change[i]));
            differences.row(&[name].into_iter().chain(cells).collect::<Vec<String>>());
            section.answer(format!(
                "With {} statistics, D = {depth} against D = {shallowest}: {}",
                mode.name(),
                [0, 1, 2].map(|i| MEASURES[i].verdict(&change[i])).join(", ")
            ));
        }
    }
    section.table(&scores);
    section.table(&differences);
    section
}
