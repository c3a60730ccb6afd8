//! E2: how much of a score is the accident of the last epoch.

use vds_records::{EpochMetrics, Method};

use super::measure::{ERROR, Measure, NLL};
use super::posterior::Posterior;
use super::runs::Runs;
use super::sample::Sample;
use super::section::Section;
use super::table::Table;

/// Most epochs at the end of a run that are looked at.
const MOST_EPOCHS: usize = 5;

/// Spread of validation scores over the last epochs at a constant rate and at one that has fallen.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E2",
        "noise of the last epochs at a constant rate",
        "How much do validation error and NLL vary from epoch to epoch at the end of a run whose learning rate stays constant, \
         against one whose rate falls?",
    );
    let constant = runs.of("mnist", &["constant"]);
    if constant.is_empty() {
        return section;
    }
    let ddn = runs.of("mnist", &["ddn"]);
    let ldn = runs.of("mnist", &["posterior"]).posterior(&Posterior::Published);
    let falling = ddn.and(&ldn);
    section.setting(&constant.and(&falling));
    let Some(window) = window(&falling) else {
        return section;
    };
    let reason = match window < MOST_EPOCHS {
        true => ", those after the last step of the falling rate",
        false => "",
    };
    section.sentence(&format!(
        "Each run gives the standard deviation over its last {window} epochs{reason}."
    ));
    let mut table = Table::new(&["network", "constant rate", "falling rate", "ratio"]);
    for (method, falling) in [(Method::Ldn, ldn), (Method::Ddn, ddn)] {
        let constant = constant.method(method);
        for measure in [ERROR, NLL] {
            let [c, f] = [&constant, &falling].map(|runs| spread(runs, &measure, window));
            let ratio = ratio(&c, &f);
            let name = format!("{}, sd of validation {}", method.label(), measure.title);
            let shown = ratio.as_ref().map_or("—".to_owned(), ToString::to_string);
            table.row(&[name, measure.text(&c), measure.text(&f), shown]);
            if let Some(ratio) = ratio {
                section.answer(format!(
                    "The {}'s validation {} varies {ratio} times as much from epoch to epoch at a constant rate as after a step, {}",
                    method.label(),
                    measure.name,
                    ratio.verdict()
                ));
            }
        }
    }
    section.table(&table);
    section
}

/// Epochs at the end of every run that have its last learning rate, at most [`MOST_EPOCHS`]; `None` if they are too few for a
/// deviation.
fn window(runs: &Runs<'_>) -> Option<usize> {
    let at_last_rate = |epochs: &[EpochMetrics]| {
        let last = epochs.last().map(|epoch| epoch.learning_rate.to_bits());
        let rates = epochs.iter().rev().map(|epoch| epoch.learning_rate.to_bits());
        rates.take_while(|rate| Some(*rate) == last).count()
    };
    let shortest = runs.0.iter().map(|run| at_last_rate(&run.epochs)).min()?;
    Some(shortest.min(MOST_EPOCHS)).filter(|window| *window > 1)
}

fn spread(runs: &Runs<'_>, measure: &Measure, window: usize) -> Sample {
    runs.sample(|run| {
        let last = &run.epochs[run.epochs.len().checked_sub(window)?..];
        let values = last.iter().map(|epoch| match measure.key == NLL.key {
            true => epoch.validation_nll,
            false => epoch.validation_error,
        });
        standard_deviation(&values.collect::<Option<Vec<f64>>>()?)
    })
}

/// With `n - 1`; `None` for fewer than two values.
pub(super) fn standard_deviation(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt())
}

/// Geometric mean of ratios with its interval.
struct Ratio {
    n: usize,
    mean: f64,
    interval: Option<[f64; 2]>,
}

/// Over the seeds of both whose deviations are not 0.
fn ratio(a: &Sample, b: &Sample) -> Option<Ratio> {
    let mut logs = a.with(b, |a, b| (a / b).ln());
    logs.0.retain(|_, log| log.is_finite());
    let mean = logs.mean()?;
    Some(Ratio {
        n: mean.n,
        mean: mean.mean.exp(),
        interval: mean.interval.map(|bounds| bounds.map(f64::exp)),
    })
}

impl Ratio {
    fn verdict(&self) -> &'static str {
        match self.interval {
            None => "one seed only",
            Some([lower, _]) if lower > 1.0 => "so a falling rate makes the last epoch less of an accident",
            Some([_, upper]) if upper < 1.0 => "so the falling rate adds noise",
            Some(_) => "and the interval contains 1: no difference found",
        }
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}", self.mean)?;
        match self.interval {
            Some([lower, upper]) => write!(f, " [{lower:.1}, {upper:.1}, {} seeds]", self.n),
            None => Ok(()),
        }
    }
}
