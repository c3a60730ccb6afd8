//! Values of tables and answers, checked by hand.

use serde_json::json;
use vds_records::{Evaluation, Method, Predictive, SplitScores};

use super::grid_search::Grid;
use super::head_statistics::order;
use super::measure::NLL;
use super::rate_noise::standard_deviation;
use super::runs::Runs;
use super::sample::{Sample, Sign, sign_test};
use super::{FINDINGS_START, FindingRun, findings};
use crate::test_records;

fn sample(values: &[f64]) -> Sample {
    Sample((0..).zip(values.iter().copied()).collect())
}

fn run(experiment: &str, method: Method, max_depth: usize, seed: u64) -> FindingRun {
    let dataset = experiment.split('-').next().unwrap();
    let record = test_records::run(dataset, method, max_depth, seed);
    FindingRun {
        experiment: experiment.to_owned(),
        summary: record.summary,
        epochs: record.epochs,
        train_seconds: record.train_seconds,
    }
}

/// Sets a score of one predictive distribution under all head statistics.
fn set(run: &mut FindingRun, split: fn(&mut Evaluation) -> &mut SplitScores, predictive: Predictive, nll: f64) {
    for evaluation in &mut run.summary.evaluations {
        split(evaluation)
            .predictives
            .entry(predictive)
            .or_default()
            .insert("nll", nll);
    }
}

fn test(evaluation: &mut Evaluation) -> &mut SplitScores {
    &mut evaluation.test
}

fn validation(evaluation: &mut Evaluation) -> &mut SplitScores {
    evaluation.validation.as_mut().unwrap()
}

fn section<'a>(page: &'a str, number: &str) -> &'a str {
    let start = page.find(&format!("## {number}:")).unwrap();
    let rest = &page[start + 3..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

#[test]
fn findings_of_nothing_are_not_run() {
    let page = findings(&[], 378);
    assert!(page.starts_with(FINDINGS_START));
    assert_eq!(page.matches("Not run.").count(), 10, "{page}");
    assert!(page.contains("0 cells of the plan are finished, 378 are not"));
}

#[test]
fn findings_interval_is_that_of_student() {
    // Mean 0.05, standard deviation 0.02, t = 4.3027 for two degrees of freedom: 4.3027 * 0.02 / sqrt(3) = 0.04968.
    let differences = sample(&[0.03, 0.05, 0.07]);
    assert_eq!(NLL.difference(&differences), "+0.0500 [+0.0003, +0.0997] (n = 3)");
    assert_eq!(
        NLL.verdict(&differences),
        "NLL worse by 0.0500 nats [0.0003, 0.0997, 3 seeds]"
    );
    let negative = sample(&[-0.03, -0.05, -0.07]);
    assert_eq!(
        NLL.verdict(&negative),
        "NLL better by 0.0500 nats [0.0003, 0.0997, 3 seeds]"
    );
}

#[test]
fn findings_verdict_names_what_cannot_be_said() {
    // Mean 0, standard deviation sqrt(2) * 0.01, t = 12.7062: 0.1271.
    let verdict = NLL.verdict(&sample(&[0.01, -0.01]));
    assert_eq!(verdict, "NLL undecided at 2 seeds, mean +0.0000 [-0.1271, +0.1271]");
    assert_eq!(
        NLL.verdict(&sample(&[0.01])),
        "NLL +0.0100 nats on one seed, too few for an interval"
    );
    assert_eq!(NLL.verdict(&sample(&[])), "NLL not measured");
    assert_eq!(
        NLL.verdict(&sample(&[0.1, f64::INFINITY])),
        "NLL not finite in some run"
    );
    // Five seeds are enough: their number is not given. Mean 0, standard deviation sqrt(2.5) * 0.01, t = 2.7764: 0.0196.
    let five = sample(&[-0.02, -0.01, 0.0, 0.01, 0.02]);
    assert_eq!(NLL.verdict(&five), "no difference in NLL found [-0.0196, +0.0196]");
    assert!(!NLL.verdict(&sample(&[0.1, 0.2, 0.3, 0.2, 0.1])).contains("seeds"));
}

#[test]
fn findings_pair_common_seeds_alone() {
    let a = Sample([(0, 1.0), (1, 2.0), (4, 9.0)].into());
    let b = Sample([(1, 0.5), (3, 7.0), (4, 10.0)].into());
    assert_eq!(a.minus(&b), Sample([(1, 1.5), (4, -1.0)].into()));
    assert_eq!(a.at_seeds_of(&b), Sample([(1, 2.0), (4, 9.0)].into()));
}

#[test]
fn findings_count_wins_and_take_the_median() {
    let differences = sample(&[-1.0, -2.0, 0.0, 100.0, -0.5]);
    assert_eq!(differences.below_and_above(), [3, 1]);
    assert_eq!(differences.median(), Some(-0.5));
    assert_eq!(sample(&[4.0, 1.0]).median(), Some(2.5));
    assert_eq!(sample(&[]).median(), None);
    // Of four tosses: 2 (1 + 4) / 16; of six that agree: 2 / 64; an even split is as even as can be.
    for (counts, p) in [([3, 1], 0.625), ([0, 6], 0.031_25), ([2, 2], 1.0), ([0, 0], 1.0)] {
        // Sums of a few powers of two are exact.
        assert!((sign_test(counts) - p).abs() < 1e-15, "{counts:?}");
    }
}

#[test]
fn findings_order_reverses_if_both_intervals_are_on_other_sides() {
    assert_eq!(order([Sign::Lower, Sign::Higher]), "the order reverses");
    assert_eq!(order([Sign::Lower, Sign::Lower]), "the order stays");
    assert_eq!(
        order([Sign::Lower, Sign::NotFound]),
        "the order shows with shared statistics alone"
    );
    assert_eq!(
        order([Sign::Unknown, Sign::Lower]),
        "there are too few seeds to say whether the order reverses"
    );
}

#[test]
fn findings_spread_over_epochs_is_the_sample_deviation() {
    // Deviations -1.5, -0.5, 0.5, 1.5: squares 5 over 3.
    let sd = standard_deviation(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert!((sd - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    assert_eq!(standard_deviation(&[1.0]), None);
}

/// Depths 0, 2 and 10 of two seeds, of which validation prefers 2 and 10; test scores would choose otherwise.
fn grid() -> Vec<FindingRun> {
    let mut runs = Vec::new();
    for seed in 0..2_u64 {
        for (depth, validation_nll) in [(0, 0.9), (2, 0.4 + 0.2 * seed as f64), (10, 0.5)] {
            let experiment = if depth == 10 { "mnist-ddn" } else { "mnist-grid" };
            let mut network = run(experiment, Method::Ddn, depth, seed);
            set(&mut network, validation, Predictive::Deepest, validation_nll);
            set(
                &mut network,
                test,
                Predictive::Deepest,
                if depth == 0 { 0.1 } else { 0.3 },
            );
            runs.push(network);
        }
        let mut ldn = run("mnist-posterior", Method::Ldn, 10, seed);
        set(&mut ldn, test, Predictive::Marginal, 0.2);
        runs.push(ldn);
    }
    runs
}

#[test]
fn findings_grid_is_chosen_by_validation() {
    let runs = grid();
    let ddn = Runs::new(&runs).of("mnist", &["grid", "ddn"]);
    let grid = Grid::new(&ddn);
    let chosen: Vec<usize> = grid
        .choices
        .iter()
        .map(|choice| choice.chosen.summary.max_depth)
        .collect();
    assert_eq!(chosen, [2, 10]);
    // 1e9 operations for each of the D + 1 depths of the networks: 1 + 3 + 11.
    assert!((grid.choices[0].train_flops - 15e9).abs() < 1.0);

    let page = findings(&runs, 0);
    let section = section(&page, "E9");
    assert!(section.contains("The grid is D = 0, 2, 10; validation chose 2, 10 at its 2 complete seeds."));
    assert!(
        section.contains("NLL better by 0.1000 nats [0.1000, 0.1000, 2 seeds]"),
        "{section}"
    );
    // 11 of 15.
    assert!(
        section.contains("at 0.73 of the grid's training operations"),
        "{section}"
    );
    assert!(!page.contains("Incomplete"));
}

#[test]
fn findings_grid_leaves_out_seeds_without_every_depth() {
    let mut runs = grid();
    runs.retain(|run| (run.summary.max_depth, run.summary.seed) != (0, 1));
    let grid = Grid::new(&Runs::new(&runs).of("mnist", &["grid", "ddn"]));
    assert_eq!(grid.choices.len(), 1);
}

#[test]
fn findings_of_head_statistics_compare_the_same_weights() {
    let mut runs = Vec::new();
    for seed in 0..5 {
        for (experiment, method, per_depth, shared) in [
            ("mnist-ddn", Method::Ddn, 0.1, 0.4),
            ("mnist-posterior", Method::Ldn, 0.2, 0.3),
        ] {
            let mut network = run(experiment, method, 10, seed);
            let noise = 0.001 * seed as f64 * if method == Method::Ldn { 1.0 } else { -1.0 };
            for (evaluation, nll) in network.summary.evaluations.iter_mut().zip([per_depth, shared]) {
                for predictive in [Predictive::Marginal, Predictive::Deepest] {
                    let scores = evaluation.test.predictives.entry(predictive).or_default();
                    scores.insert("nll", nll + noise);
                }
            }
            runs.push(network);
        }
    }
    let page = findings(&runs, 0);
    let section = section(&page, "E1");
    assert!(
        section.contains("DDN worse by 0.3000 nats [0.3000, 0.3000], the LDN's marginal worse by 0.1000 nats"),
        "{section}"
    );
    // Differences -0.1 and 0.1 plus 0, 0.002, …, 0.008: mean 0.004, half width 2.7764 * 0.0031623 / sqrt(5) = 0.0039.
    assert!(
        section.contains("NLL: better by 0.0960 nats [0.0921, 0.0999] with shared"),
        "{section}"
    );
    assert!(section.contains("worse by 0.1040 nats [0.1001, 0.1079] with per-depth statistics, so the order reverses"));
}

/// Runs of three lengths whose depths are given.
fn lengths(depths: [usize; 3], update: &str) -> Vec<FindingRun> {
    let lengths = [("short", 8), ("posterior", 15), ("long", 30)];
    let run = |(experiment, epochs): (&str, usize), depth: usize, seed| {
        let mut run = run(&format!("fashion-{experiment}"), Method::Ldn, 10, seed);
        run.summary.epochs = epochs;
        run.summary.pruned_depth = depth;
        run.epochs.iter_mut().for_each(|epoch| {
            epoch.expected_depth = depth as f64;
            epoch.elbo_gap_nats = Some(if update == "published" { 100.0 } else { 2.0 });
        });
        let settings = &mut run.summary.settings;
        if update == "own" {
            settings.remove("posterior");
            settings.insert("posterior.Sgd.learning_rate".to_owned(), json!(4e-4));
        }
        run
    };
    let cells = lengths.into_iter().zip(depths);
    cells
        .flat_map(|(length, depth)| [0, 1].map(|seed| run(length, depth, seed)))
        .collect()
}

#[test]
fn findings_of_length_tell_what_has_settled() {
    let mut runs = lengths([4, 6, 8], "published");
    runs.extend(lengths([5, 5, 5], "own"));
    let page = findings(&runs, 0);
    let section = section(&page, "E4");
    assert!(
        section.contains(
            "published q has not settled, 100 nats below the best q (d_opt from 6.0 to 8.0 between 15 and 30 epochs"
        ),
        "{section}"
    );
    let standing = findings(&lengths([5, 5, 5], "published"), 0);
    assert!(standing.contains("published q stands still at d_opt = 5.0 without having converged, 100 nats below"));
    assert!(
        section.contains("q with its own rate 0.0004 has settled at d_opt = 5.0, 2.0 nats below the best q"),
        "{section}"
    );
}

#[test]
fn findings_of_prior_take_common_seeds() {
    let mut runs = Vec::new();
    for (experiment, prior, seeds) in [("prior", "Uniform", 0..2), ("posterior", "Geometric", 0..5)] {
        for seed in seeds {
            let mut run = run(&format!("fashion-{experiment}"), Method::Ldn, 10, seed);
            if prior == "Uniform" {
                run.summary.settings.remove("prior.Geometric");
                run.summary.settings.insert("prior".to_owned(), json!("Uniform"));
                run.summary.prior = vec![1.0 / 11.0; 11];
            }
            run.summary.expected_depth = if prior == "Uniform" { 6.0 } else { 4.0 };
            runs.push(run);
        }
    }
    let page = findings(&runs, 0);
    let section = section(&page, "E5");
    // The mean of a truncated geometric distribution: r / (1 - r) - 11 r^11 / (1 - r^11) = 3.456.
    assert!(
        section.contains("from Uniform (mean 5.00) to Geometric(0.85) (mean 3.46), E[d]: shallower by 2.00"),
        "{section}"
    );
    assert!(
        section.contains("| published q, Geometric(0.85) | 3.46 | 4.00 [4.00, 4.00] (n = 2) |"),
        "{section}"
    );
}

#[test]
fn findings_of_spirals_count_data_sets() {
    let mut runs = Vec::new();
    for (seed, [ldn, ddn]) in (0..).zip([[0.1, 0.2], [0.1, 0.3], [0.4, 0.1]]) {
        for (method, nll) in [(Method::Ldn, ldn), (Method::Ddn, ddn)] {
            let mut network = run("spirals", method, 5, seed);
            let predictive = if method == Method::Ldn {
                Predictive::Marginal
            } else {
                Predictive::Deepest
            };
            set(&mut network, test, predictive, nll);
            runs.push(network);
        }
    }
    let page = findings(&runs, 0);
    let section = section(&page, "E3");
    assert!(
        section.contains("median difference of -0.1000 with 2 of 3 lower (sign test p = 1.000)"),
        "{section}"
    );
}

#[test]
fn findings_answer_every_question_with_runs() {
    let mut runs = grid();
    for data in ["fashion", "mnist"] {
        for seed in 0..3 {
            for (experiment, method) in [
                ("ddn", Method::Ddn),
                ("posterior", Method::Ldn),
                ("constant", Method::Ddn),
            ] {
                runs.push(run(&format!("{data}-{experiment}"), method, 10, seed));
            }
        }
    }
    runs.extend([30, 50].map(|depth| run("mnist-deep", Method::Ddn, depth, 0)));
    let page = findings(&runs, 0);
    for number in ["E1", "E2", "E6", "E7", "E8", "E9"] {
        assert!(section(&page, number).contains("**Answer:** "), "{number}");
        assert!(page.contains(&format!("- **{number}**, ")), "{number}");
    }
    assert_eq!(page, findings(&runs, 0));
    assert!(!page.contains("NaN"), "{page}");
}
