//! E6: what helps against a deterministic depth.

use vds_records::{Method, Predictive};

use super::measure::{BRIER, ECE, ERROR, Measure, NLL};
use super::runs::{IMAGES, Runs};
use super::sample::{Sample, Sign};
use super::section::Section;
use super::table::Table;

const MEASURES: [Measure; 4] = [ERROR, NLL, ECE, BRIER];

/// What a learnt depth is used for.
const PREDICTIVES: [Predictive; 4] = [
    Predictive::Marginal,
    Predictive::Stacked,
    Predictive::Deepest,
    Predictive::MarginalTempered,
];

/// Every way to learn and to use a posterior, against the DDN of the same depth.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E6",
        "what helps",
        "Which update of q, and which use of the depths, is better than a DDN of the same depth?\n\
         q fixed uniform is training at all exits without inference; `T` is a temperature fitted to the validation split.",
    );
    for data in IMAGES {
        let ldn = runs.of(data, &["posterior", "alternatives"]);
        let ddn = runs.of(data, &["ddn"]);
        if ldn.is_empty() {
            continue;
        }
        section.setting(&ldn.and(&ddn));
        let titles = |first: &str| {
            let measures = MEASURES.map(|measure| measure.title.to_owned());
            [first.to_owned()].into_iter().chain(measures).collect::<Vec<String>>()
        };
        let mut scores = Table::new(&titles("network"));
        let contestants = contestants(&ldn, &ddn);
        for contestant in &contestants {
            scores.row(&with_name(
                &contestant.name,
                MEASURES.map(|m| m.text(&contestant.score(&m))),
            ));
        }
        section.table(&scores);
        let others: Vec<&Contestant<'_>> = contestants.iter().filter(|other| !other.is_baseline).collect();
        for baseline in contestants.iter().filter(|contestant| contestant.is_baseline) {
            let mut differences = Table::new(&titles(&format!("less the {}", baseline.name)));
            for other in &others {
                let cells = MEASURES.map(|measure| measure.difference(&other.less(baseline, &measure)));
                differences.row(&with_name(&other.name, cells));
            }
            section.table(&differences);
            if ddn.is_empty() {
                continue;
            }
            for measure in [ERROR, NLL, ECE] {
                let answer = answer(&ldn.dataset(), &others, baseline, &measure);
                if measure.key == NLL.key {
                    section.headline(answer.clone());
                }
                section.answer(answer);
            }
        }
    }
    section
}

/// A network and what it predicts with.
struct Contestant<'a> {
    name: String,
    runs: Runs<'a>,
    predictive: Predictive,
    is_baseline: bool,
}

impl Contestant<'_> {
    fn score(&self, measure: &Measure) -> Sample {
        self.runs.test(self.predictive, measure)
    }

    fn less(&self, other: &Self, measure: &Measure) -> Sample {
        self.score(measure).minus(&other.score(measure))
    }
}

fn contestants<'a>(ldn: &Runs<'a>, ddn: &Runs<'a>) -> Vec<Contestant<'a>> {
    let ddn = ddn.method(Method::Ddn);
    let baseline = |name: &str, predictive| Contestant {
        name: name.to_owned(),
        runs: ddn.clone(),
        predictive,
        is_baseline: true,
    };
    let mut contestants = vec![
        baseline("DDN", Predictive::Deepest),
        baseline("DDN with T", Predictive::DeepestTempered),
    ];
    for posterior in ldn.posteriors() {
        for predictive in PREDICTIVES {
            contestants.push(Contestant {
                name: format!("{}, {predictive}", posterior.label()),
                runs: ldn.posterior(&posterior),
                predictive,
                is_baseline: false,
            });
        }
    }
    contestants
}

fn with_name(name: &str, cells: [String; 4]) -> Vec<String> {
    [name.to_owned()].into_iter().chain(cells).collect()
}

/// Which are better and which worse in a score, with the mean differences.
fn answer(dataset: &str, others: &[&Contestant<'_>], baseline: &Contestant<'_>, measure: &Measure) -> String {
    let differences: Vec<(&str, Sample)> = others
        .iter()
        .map(|other| (other.name.as_str(), other.less(baseline, measure)))
        .collect();
    let of_sign = |sign: Sign| {
        differences
            .iter()
            .filter(move |(_, difference)| difference.sign() == sign)
    };
    let names = |sign: Sign| {
        let names = of_sign(sign).filter_map(|(name, difference)| {
            let mean = measure.signed(difference.mean()?.mean);
            Some(format!("{name} ({mean})"))
        });
        let names = names.collect::<Vec<String>>().join("; ");
        if names.is_empty() { "none".to_owned() } else { names }
    };
    let mut answer = format!(
        "On {dataset} in {}, better than the {}: {}; worse: {}; the interval contains 0 for {} of {}",
        measure.name,
        baseline.name,
        names(Sign::Lower),
        names(Sign::Higher),
        of_sign(Sign::NotFound).count(),
        differences.len(),
    );
    match of_sign(Sign::Unknown).count() {
        0 => {}
        n => answer.push_str(&format!("; not enough seeds for {n}")),
    }
    answer
}
