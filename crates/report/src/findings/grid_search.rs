//! E9: one learnt-depth network against a grid of deterministic depths of which validation chooses one.

use vds_records::{Method, Predictive, PruningRule};

use super::measure::{BRIER, DEPTH, ECE, ERROR, Measure, NLL};
use super::posterior::Posterior;
use super::runs::{FindingRun, IMAGES, Runs};
use super::sample::Sample;
use super::section::Section;
use super::table::Table;

const MEASURES: [Measure; 4] = [ERROR, NLL, ECE, BRIER];

/// Scores and cost of both.
pub(super) fn section(runs: &Runs<'_>) -> Section {
    let mut section = Section::new(
        "E9",
        "one learnt depth against a grid search",
        "Is one LDN as good as the best DDN of a grid of depths, and what do both cost (claim 2 of the paper)?\n\
         Each seed's depth is the one of the grid with the lowest validation NLL; the cost of the grid is that of all its networks.",
    );
    for data in IMAGES {
        let grid_runs = runs.of(data, &["grid"]);
        let ldn = runs.of(data, &["posterior", "alternatives"]);
        let grid = Grid::new(&grid_runs.and(&runs.of(data, &["ddn"])));
        if grid_runs.is_empty() || grid.choices.is_empty() {
            continue;
        }
        section.setting(&grid.chosen().and(&ldn));
        section.sentence(&grid.sentence());
        section.table(&scores(&ldn, &grid));
        section.table(&costs(&ldn, &grid));
        section.table(&rules(&ldn));
        for posterior in ldn.posteriors() {
            if matches!(posterior, Posterior::Published | Posterior::OwnRate(_)) {
                answer(&mut section, &posterior, &ldn, &grid);
            }
        }
    }
    section
}

/// The grid of depths.
pub(super) struct Grid<'a> {
    depths: Vec<usize>,
    /// Per seed that has every depth, in order of seeds.
    pub(super) choices: Vec<Choice<'a>>,
}

/// The networks of one seed.
pub(super) struct Choice<'a> {
    /// The one with the lowest validation NLL.
    pub(super) chosen: &'a FindingRun,
    /// Floating-point operations of training all of them.
    pub(super) train_flops: f64,
    /// Seconds of training all of them, if each recorded its own.
    train_seconds: Option<f64>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(runs: &Runs<'a>) -> Self {
        let runs = runs.method(Method::Ddn);
        let depths = runs.distinct(|summary| summary.max_depth);
        let seeds = runs.sample(|_| Some(0.0));
        let choice = |seed: u64| {
            let of_seed = runs.filter(|run| run.summary.seed == seed);
            if of_seed.distinct(|summary| summary.max_depth) != depths {
                return None;
            }
            let networks = of_seed.0.iter().copied();
            let scored = networks.filter_map(|run| Some((run, validation_nll(run)?)));
            Some(Choice {
                chosen: scored.min_by(|a, b| a.1.total_cmp(&b.1))?.0,
                train_flops: of_seed.0.iter().map(|run| run.summary.cost.train_flops).sum(),
                train_seconds: of_seed.0.iter().map(|run| run.train_seconds).sum(),
            })
        };
        Self {
            choices: seeds.0.keys().filter_map(|seed| choice(*seed)).collect(),
            depths,
        }
    }

    /// The chosen networks.
    pub(super) fn chosen(&self) -> Runs<'a> {
        Runs(self.choices.iter().map(|choice| choice.chosen).collect())
    }

    fn cost(&self, cost: impl Fn(&Choice<'_>) -> Option<f64>) -> Sample {
        let costs = self
            .choices
            .iter()
            .filter_map(|choice| Some((choice.chosen.summary.seed, cost(choice)?)));
        Sample(costs.collect())
    }

    fn sentence(&self) -> String {
        let words = |depths: Vec<usize>| depths.iter().map(usize::to_string).collect::<Vec<String>>().join(", ");
        let chosen = self
            .choices
            .iter()
            .map(|choice| choice.chosen.summary.max_depth)
            .collect();
        format!(
            "The grid is D = {}; validation chose {} at its {} complete seeds.",
            words(self.depths.clone()),
            words(chosen),
            self.choices.len()
        )
    }
}

fn validation_nll(run: &FindingRun) -> Option<f64> {
    let validation = run.summary.evaluation().validation.as_ref()?;
    validation.of(Predictive::Deepest).get(NLL.key)
}

/// A test score of the depth alone that the rule of one standard error chooses from validation.
fn one_se_score(runs: &Runs<'_>, measure: &Measure) -> Sample {
    runs.sample(|run| {
        let evaluation = run.summary.evaluation();
        let choice = evaluation
            .choices
            .iter()
            .find(|choice| choice.rule == PruningRule::OneStandardError)?;
        evaluation.test.per_depth.get(choice.depth)?.get(measure.key)
    })
}

fn scores(ldn: &Runs<'_>, grid: &Grid<'_>) -> Table {
    let titles = MEASURES.map(|measure| measure.title);
    let mut table = Table::new(&["network"].into_iter().chain(titles).collect::<Vec<&str>>());
    let mut add =
        |name: String, cells: [String; 4]| table.row(&[name].into_iter().chain(cells).collect::<Vec<String>>());
    let chosen = grid.chosen();
    let baseline = |measure: &Measure| chosen.test(Predictive::Deepest, measure);
    add(
        "DDN chosen by validation".to_owned(),
        MEASURES.map(|measure| measure.text(&baseline(&measure))),
    );
    for posterior in ldn.posteriors() {
        let runs = ldn.posterior(&posterior);
        for predictive in [Predictive::Marginal, Predictive::Stacked, Predictive::Pruned] {
            let name = format!("{}, {predictive}, less the DDN", posterior.label());
            let difference = |measure: Measure| runs.test(predictive, &measure).minus(&baseline(&measure));
            add(name, MEASURES.map(|measure| measure.difference(&difference(measure))));
        }
        let name = format!("{}, depth of one-se alone, less the DDN", posterior.label());
        let difference = |measure: Measure| one_se_score(&runs, &measure).minus(&baseline(&measure));
        add(name, MEASURES.map(|measure| measure.difference(&difference(measure))));
    }
    table
}

fn costs(ldn: &Runs<'_>, grid: &Grid<'_>) -> Table {
    let mut table = Table::new(&["training", "operations, 1e12", "recorded seconds"]);
    let text = |flops: &Sample, seconds: &Sample| {
        let mean = |sample: &Sample| sample.mean().map(|mean| mean.mean);
        [
            mean(flops).map_or("—".to_owned(), |flops| format!("{:.1}", flops / 1e12)),
            mean(seconds).map_or("—".to_owned(), |seconds| format!("{seconds:.0}")),
        ]
    };
    let mut add = |name: String, flops: &Sample, seconds: &Sample| {
        let [flops, seconds] = text(flops, seconds);
        table.row(&[name, flops, seconds]);
    };
    let flops = grid.cost(|choice| Some(choice.train_flops));
    add(
        "the whole grid".to_owned(),
        &flops,
        &grid.cost(|choice| choice.train_seconds),
    );
    for posterior in ldn.posteriors() {
        let runs = ldn.posterior(&posterior);
        let seconds = runs.sample(|run| run.train_seconds);
        add(posterior.label(), &train_flops(&runs), &seconds);
    }
    table
}

fn train_flops(runs: &Runs<'_>) -> Sample {
    runs.sample(|run| Some(run.summary.cost.train_flops))
}

/// What each rule chooses and what it costs on validation.
fn rules(ldn: &Runs<'_>) -> Table {
    let mut table = Table::new(&["update and rule", "depth", "validation NLL of pruning, pruned - whole"]);
    for posterior in ldn.posteriors() {
        let runs = ldn.posterior(&posterior);
        for rule in PruningRule::EXAMPLES {
            let of_choice = |value: fn(&vds_records::RuleChoice) -> f64| {
                runs.sample(|run| {
                    run.summary
                        .evaluation()
                        .choices
                        .iter()
                        .find(|choice| choice.rule == rule)
                        .map(value)
                })
            };
            let [depth, cost] = [
                of_choice(|choice| choice.depth as f64),
                of_choice(|choice| choice.cost.mean),
            ];
            if depth.n() > 0 {
                table.row(&[
                    format!("{}, {rule}", posterior.label()),
                    DEPTH.text(&depth),
                    NLL.difference(&cost),
                ]);
            }
        }
    }
    table
}

fn answer(section: &mut Section, posterior: &Posterior, ldn: &Runs<'_>, grid: &Grid<'_>) {
    let runs = ldn.posterior(posterior);
    let chosen = grid.chosen();
    let less_ddn = |measure: Measure| {
        let marginal = runs.test(Predictive::Marginal, &measure);
        marginal.minus(&chosen.test(Predictive::Deepest, &measure))
    };
    let name = format!(
        "On {}, the marginal with {} against the DDN that validation chooses",
        runs.dataset(),
        posterior.label()
    );
    if less_ddn(NLL).n() < 2 {
        section.answer(format!("{name}: not enough seeds"));
        return;
    }
    let share = train_flops(&runs).with(&grid.cost(|choice| Some(choice.train_flops)), |ldn, grid| ldn / grid);
    let share = share
        .mean()
        .map_or("an unknown share".to_owned(), |share| format!("{:.2}", share.mean));
    let cost = format!("at {share} of the grid's training operations");
    let verdicts = |measures: &[Measure]| {
        let verdicts = measures.iter().map(|measure| measure.verdict(&less_ddn(*measure)));
        verdicts.collect::<Vec<String>>().join(", ")
    };
    section.headline(format!("{name}: {}, {cost}", verdicts(&[ERROR, NLL])));
    section.answer(format!("{name}: {}, {cost}", verdicts(&MEASURES)));
}
