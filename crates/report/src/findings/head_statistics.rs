//! E1: what the published running statistics of the output block do to scores, and to the order of the methods.

use vds_records::{HeadStatistics, Method, Predictive};

use super::measure::{ECE, ERROR, Measure, NLL};
use super::posterior::Posterior;
use super::runs::{IMAGES, Runs};
use super::sample::{Sample, Sign};
use super::section::Section;
use super::table::Table;

const MEASURES: [Measure; 3] = [ERROR, NLL, ECE];
/// The published ones, and those of this program.
const MODES: [HeadStatistics; 2] = [HeadStatistics::Shared, HeadStatistics::PerDepth];

/// Scores of the same weights under both, and LDN against DDN under each.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E1",
        "published or per-depth head statistics",
        "The published code keeps one set of running batch-norm statistics in the output block for all depths (`shared`).\n\
         What does that cost against one set per depth (`per_depth`), evaluated with the same weights, and does it decide the order of LDN and DDN?",
    );
    for data in IMAGES {
        let ddn = runs.of(data, &["ddn"]).method(Method::Ddn);
        let ldn = runs.of(data, &["posterior"]).posterior(&Posterior::Published);
        let both = ddn.and(&ldn);
        if both.is_empty() {
            continue;
        }
        section.setting(&both);
        let rows = [
            ("DDN", &ddn, Predictive::Deepest),
            ("LDN, marginal", &ldn, Predictive::Marginal),
            ("LDN, deepest depth alone", &ldn, Predictive::Deepest),
        ];
        section.table(&by_mode(&rows));
        section.table(&ldn_less_ddn(&rows[1..], &ddn));
        if !ddn.is_empty() && !ldn.is_empty() {
            let orders = [NLL, ECE].map(|measure| order_of_methods(&ldn, &ddn, &measure));
            section.headline(format!("On {}, LDN against DDN, {}", both.dataset(), orders[0]));
            section.answer(answer(&both.dataset(), &ldn, &ddn, &orders));
        }
    }
    section
}

/// A name, runs and what they predict with.
type Row<'r> = (&'r str, &'r Runs<'r>, Predictive);

fn by_mode(rows: &[Row<'_>]) -> Table {
    let mut table = table("network");
    for (name, runs, predictive) in rows {
        for mode in MODES {
            let cells = MEASURES.map(|measure| measure.text(&runs.test_with(mode, *predictive, &measure)));
            table.row(&row(format!("{name}, {}", mode.name()), cells));
        }
        let cells = MEASURES.map(|measure| measure.difference(&shared_less_per_depth(runs, *predictive, &measure)));
        table.row(&row(format!("{name}, shared - per_depth"), cells));
    }
    table
}

fn ldn_less_ddn(rows: &[Row<'_>], ddn: &Runs<'_>) -> Table {
    let mut table = table("paired difference");
    for (name, ldn, predictive) in rows {
        for mode in MODES {
            let cells = MEASURES.map(|measure| measure.difference(&difference(mode, ldn, *predictive, ddn, &measure)));
            table.row(&row(format!("({name}) - DDN, {}", mode.name()), cells));
        }
        // Whether the evaluation matters to the comparison, which one interval with and one without 0 do not show.
        let cells = MEASURES.map(|measure| {
            let [shared, per_depth] = MODES.map(|mode| difference(mode, ldn, *predictive, ddn, &measure));
            measure.difference(&shared.minus(&per_depth))
        });
        table.row(&row(format!("({name}) - DDN, shared - per_depth"), cells));
    }
    table
}

fn table(first: &str) -> Table {
    Table::new(&row(first.to_owned(), MEASURES.map(|measure| measure.title.to_owned())))
}

fn row(name: String, cells: [String; 3]) -> Vec<String> {
    [name].into_iter().chain(cells).collect()
}

fn shared_less_per_depth(runs: &Runs<'_>, predictive: Predictive, measure: &Measure) -> Sample {
    let [shared, per_depth] = MODES.map(|mode| runs.test_with(mode, predictive, measure));
    shared.minus(&per_depth)
}

fn difference(
    mode: HeadStatistics,
    ldn: &Runs<'_>,
    predictive: Predictive,
    ddn: &Runs<'_>,
    measure: &Measure,
) -> Sample {
    let baseline = ddn.test_with(mode, Predictive::Deepest, measure);
    ldn.test_with(mode, predictive, measure).minus(&baseline)
}

fn answer(dataset: &str, ldn: &Runs<'_>, ddn: &Runs<'_>, orders: &[String]) -> String {
    let cost = |runs, predictive| NLL.says(&shared_less_per_depth(runs, predictive, &NLL));
    format!(
        "On {dataset}, NLL with shared statistics against per-depth ones: DDN {}, the LDN's marginal {}; LDN against DDN, {}",
        cost(ddn, Predictive::Deepest),
        cost(ldn, Predictive::Marginal),
        orders.join("; ")
    )
}

/// What is between the LDN's marginal and the DDN under each mode.
fn order_of_methods(ldn: &Runs<'_>, ddn: &Runs<'_>, measure: &Measure) -> String {
    let differences = MODES.map(|mode| difference(mode, ldn, Predictive::Marginal, ddn, measure));
    let [shared, per_depth] = differences.each_ref().map(|sample| measure.says(sample));
    let order = order(differences.map(|sample| sample.sign()));
    format!(
        "{}: {shared} with shared and {per_depth} with per-depth statistics, so {order}",
        measure.name
    )
}

/// What becomes of an order of two methods from the first evaluation to the second.
pub(super) fn order(signs: [Sign; 2]) -> &'static str {
    use Sign::{NotFound, Unknown};
    match signs {
        [Unknown, _] | [_, Unknown] => "there are too few seeds to say whether the order reverses",
        [NotFound, NotFound] => "neither shows an order",
        [_, NotFound] => "the order shows with shared statistics alone",
        [NotFound, _] => "the order shows with per-depth statistics alone",
        [a, b] if a == b => "the order stays",
        _ => "the order reverses",
    }
}
