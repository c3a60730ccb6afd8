//! E3: LDN against DDN over many spirals, and how the chosen depth follows the maximum.

use vds_records::{Method, Predictive};

use super::measure::{DEPTH, ERROR, Measure, NLL};
use super::runs::Runs;
use super::sample::{Sample, sign_test};
use super::section::Section;
use super::table::Table;

/// Paired differences over data sets, and depths.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E3",
        "spirals, many data sets",
        "On spirals the data set decides more than the method: does the LDN's marginal beat the DDN over many of them, \
         and does the chosen depth stay where it is when D grows (claim 4 of the paper)?",
    );
    let runs = runs.filter(|run| run.experiment == "spirals");
    if runs.is_empty() {
        return section;
    }
    section.setting(&runs);
    let titles = [
        "LDN - DDN",
        "LDN",
        "DDN",
        "mean difference",
        "median",
        "LDN lower, higher, equal",
        "sign test p",
    ];
    let mut table = Table::new(&titles);
    let mut depths = Table::new(&["D", "E[d]", "d_opt", "data sets"]);
    let max_depths = runs.distinct(|summary| summary.max_depth);
    for &depth in &max_depths {
        let at_depth = runs.depth(depth);
        let [ldn, ddn] = Method::ALL.map(|method| at_depth.method(method));
        for measure in [NLL, ERROR] {
            let [l, d] =
                [(&ldn, Predictive::Marginal), (&ddn, Predictive::Deepest)].map(|(runs, p)| runs.test(p, &measure));
            let difference = l.minus(&d);
            if difference.n() == 0 {
                continue;
            }
            let counts = Counts::of(&difference);
            table.row(&[
                format!("D = {depth}, {}", measure.title),
                measure.text(&l.at_seeds_of(&d)),
                measure.text(&d.at_seeds_of(&l)),
                measure.difference(&difference),
                median(&measure, &difference),
                counts.to_string(),
                counts.p(),
            ]);
            section.answer(format!(
                "At D = {depth} the LDN against the DDN over {} data sets has {} in the mean, and a median difference of {} with {}",
                difference.n(),
                measure.verdict(&difference),
                median(&measure, &difference),
                counts.sentence()
            ));
        }
        if !ldn.is_empty() {
            let (expected, pruned) = (ldn.expected_depth(), ldn.pruned_depth());
            depths.row(&[
                depth.to_string(),
                DEPTH.text(&expected),
                DEPTH.text(&pruned),
                pruned.n().to_string(),
            ]);
        }
    }
    section.table(&table);
    section.table(&depths);
    if let [shallow, .., deep] = max_depths[..] {
        let [shallower, deeper] = [shallow, deep].map(|depth| runs.depth(depth).method(Method::Ldn).pruned_depth());
        let change = deeper.minus(&shallower);
        if change.n() > 0 {
            section.answer(format!(
                "From D = {shallow} to D = {deep}, over {} data sets, the chosen d_opt: {}",
                change.n(),
                DEPTH.says(&change)
            ));
        }
    }
    section
}

fn median(measure: &Measure, sample: &Sample) -> String {
    sample.median().map_or("—".to_owned(), |median| measure.signed(median))
}

/// Data sets on which a difference is below 0, above 0, and 0.
struct Counts {
    below: usize,
    above: usize,
    n: usize,
}

impl Counts {
    fn of(sample: &Sample) -> Self {
        let [below, above] = sample.below_and_above();
        Self {
            below,
            above,
            n: sample.n(),
        }
    }

    fn p(&self) -> String {
        format!("{:.3}", sign_test([self.below, self.above]))
    }

    fn sentence(&self) -> String {
        const LEVEL: f64 = 0.05;
        let found = sign_test([self.below, self.above]) < LEVEL;
        let says = match (found, self.below > self.above) {
            (false, _) => "which a fair coin could give",
            (true, true) => "more often lower than a fair coin gives",
            (true, false) => "more often higher than a fair coin gives",
        };
        format!(
            "{} of {} lower (sign test p = {}), {says}",
            self.below,
            self.n,
            self.p()
        )
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {}, {}",
            self.below,
            self.above,
            self.n - self.below - self.above
        )
    }
}
