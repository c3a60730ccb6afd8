use dfdx::prelude::Cpu;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::{Examples, Standardization, View};
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig};
use vds_records::{Predictive, SplitScores};
use vds_variational::{DepthPosterior, PruningRule};

use super::pass::for_each_batch;
use super::*;

const N: usize = 23;

/// A network after a training pass, so that its statistics are not the initial ones.
fn network(config: &NetworkConfig) -> Network<Cpu> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut network = Network::new(config, &Cpu::default(), &mut rng).unwrap();
    let inputs: Vec<f32> = (0..8 * config.example_len())
        .map(|index| (index as f32 * 0.7).sin())
        .collect();
    network
        .forward_train(&inputs, 8, config.max_depth())
        .unwrap()
        .1
        .commit();
    network
}

fn fc() -> Network<Cpu> {
    network(&NetworkConfig::Fc(FcConfig {
        n_inputs: 2,
        width: 5,
        n_classes: 3,
        max_depth: 3,
    }))
}

fn conv() -> Network<Cpu> {
    network(&NetworkConfig::Conv(ConvConfig {
        in_channels: 1,
        height: 8,
        width: 8,
        channels: 6,
        bottleneck_channels: 4,
        n_classes: 3,
        max_depth: 3,
        convolution: Convolution::default(),
    }))
}

fn points() -> Examples {
    let values = (0..2 * N).map(|index| (index as f32 * 1.3).cos()).collect();
    Examples::from_features(values, 2, labels(), 3).unwrap()
}

fn images() -> Examples {
    let pixels = (0_u32..64 * 23)
        .map(|index| u8::try_from(index * 37 % 251).unwrap())
        .collect();
    Examples::from_pixels(pixels, [1, 8, 8], labels(), 3).unwrap()
}

fn labels() -> Vec<u32> {
    (0..23).map(|index| index % 3).collect()
}

fn posterior() -> DepthPosterior {
    DepthPosterior::from_probs(&[0.1, 0.4, 0.3, 0.2]).unwrap()
}

fn mixture() -> Mixture {
    Mixture::of(posterior())
}

/// Scores with the network pruned to a depth.
fn scores(network: &Network<Cpu>, view: View<'_>, posterior: &DepthPosterior, pruned_depth: usize) -> SplitScores {
    let settings = EvaluationSettings {
        head_statistics: network.head_statistics(),
        posterior,
        pruned: &posterior.truncated(pruned_depth).unwrap(),
        fitted: None,
        ece_bins: 10,
        n_resamples: 20,
        seed: 1,
    };
    evaluate(network, view, &settings).unwrap().scores
}

#[track_caller]
fn check_close(actual: f64, expected: f64) {
    // Single-precision probabilities of two evaluations of the same numbers.
    assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
}

#[test]
fn evaluation_does_not_depend_on_the_batch_size() {
    let (examples, standardization) = (images(), Standardization::identity(1));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let network = conv();
    let by = |batch_size| {
        let mut predicted = Predicted::default();
        for_each_batch(&network, network.head_statistics(), view, batch_size, |batch| {
            predicted.extend(batch, &mixture())
        })
        .unwrap();
        predicted
    };
    assert_eq!(by(1), by(500));
    assert_eq!(by(7), by(500));
    assert_eq!(by(500).probs.len(), 3 * N);
}

#[test]
fn evaluation_of_a_pruned_network_scores_as_the_whole_one_with_the_truncated_posterior() {
    let (points, images) = (points(), images());
    let (two, one) = (Standardization::identity(2), Standardization::identity(1));
    for (network, view) in [
        (
            fc(),
            View {
                examples: &points,
                standardization: &two,
            },
        ),
        (
            conv(),
            View {
                examples: &images,
                standardization: &one,
            },
        ),
    ] {
        let whole = scores(&network, view, &posterior(), 2);
        let pruned = scores(&network.pruned(2).unwrap(), view, &posterior().truncated(2).unwrap(), 2);
        for key in ["nll", "brier", "mutual_information"] {
            check_close(
                pruned.of(Predictive::Marginal).value(key),
                whole.of(Predictive::Pruned).value(key),
            );
        }
        assert_eq!(pruned.per_depth, whole.per_depth[..=2]);
    }
}

#[test]
fn evaluation_scores_of_one_depth_agree_wherever_they_stand() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let network = fc();
    let scores = scores(&network, view, &posterior(), 0);
    let deepest = scores.of(Predictive::Deepest);
    check_close(deepest.nll(), scores.per_depth[3].nll());
    check_close(deepest.value("ece"), scores.per_depth[3].value("ece"));
    check_close(scores.of(Predictive::Pruned).nll(), scores.per_depth[0].nll());
    check_close(deepest.value("mutual_information"), 0.0);
    assert_eq!(scores.per_depth, depth_scores(&network, view, 10).unwrap());
    let epoch = |is_paused: bool| epoch_scores(&network, view, &posterior(), 8, &|| is_paused).unwrap();
    assert_eq!(epoch(true), None);
    let epoch = epoch(false).unwrap();
    let marginal = scores.of(Predictive::Marginal);
    check_close(epoch.nll, marginal.nll());
    check_close(epoch.error, marginal.error());
    for (nll, scores) in epoch.depth_nll.iter().zip(&scores.per_depth) {
        check_close(*nll, scores.nll());
    }
    // Batches of 8, 8 and 7 examples count alike.
    let nll = predict(&network, view, &mixture()).unwrap().nll;
    let means = [&nll[..8], &nll[8..16], &nll[16..]].map(|batch| batch.iter().sum::<f64>() / batch.len() as f64);
    check_close(epoch.nll_of_batches, means.iter().sum::<f64>() / 3.0);
}

#[test]
fn evaluation_with_what_was_fitted_scores_every_predictive() {
    let (examples, standardization) = (images(), Standardization::identity(1));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let (network, posterior) = (conv(), posterior());
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let pass = HeldOutPass::new(&network, HeadStatistics::PerDepth, view).unwrap();
    let fitted = pass.fit(&posterior, rng).unwrap();
    let settings = EvaluationSettings {
        head_statistics: HeadStatistics::PerDepth,
        posterior: &posterior,
        pruned: &posterior.truncated(1).unwrap(),
        fitted: Some(&fitted),
        ece_bins: 10,
        n_resamples: 20,
        seed: 1,
    };
    let scored = evaluate(&network, view, &settings).unwrap();
    let nll = |predictive| scored.scores.of(predictive).nll();
    let names: Vec<Predictive> = scored.scores.predictives.keys().copied().collect();
    assert_eq!(names, Predictive::ALL);
    // On the examples that they were fitted to, nothing loses against what it generalizes.
    assert!(nll(Predictive::Stacked) <= nll(Predictive::Marginal) + 1e-6);
    assert!(nll(Predictive::Stacked) <= nll(Predictive::Deepest) + 1e-6);
    assert!(nll(Predictive::MarginalTempered) <= nll(Predictive::Marginal) + 1e-6);
    assert!(nll(Predictive::DeepestTempered) <= nll(Predictive::Deepest) + 1e-6);
    check_close(-nll(Predictive::Stacked), fitted.held_out.stacking.mean_log_density);
    let mean = scored.examples[&Predictive::Stacked]
        .nll
        .iter()
        .copied()
        .map(f64::from)
        .sum::<f64>()
        / N as f64;
    check_close(mean, nll(Predictive::Stacked));
    for choice in pass.choices(PruningRule::PAPER, &posterior, &fitted, rng).unwrap() {
        // The whole network costs nothing, and its paired differences have no spread.
        if choice.depth == 3 {
            check_close(choice.cost.mean, 0.0);
        }
        assert!(choice.stacked_cost.mean > -1e-5, "{choice:?}");
    }
}

#[test]
fn evaluation_with_other_running_statistics_is_that_of_the_network_set_to_them() {
    let (examples, standardization) = (images(), Standardization::identity(1));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let mut network = conv();
    let settings = |head_statistics, pruned| EvaluationSettings {
        head_statistics,
        posterior: pruned,
        pruned,
        fitted: None,
        ece_bins: 10,
        n_resamples: 20,
        seed: 1,
    };
    let posterior = posterior();
    let scored = |network: &Network<Cpu>, head_statistics| {
        let settings = settings(head_statistics, &posterior);
        evaluate(network, view, &settings).unwrap().scores
    };
    let (per_depth, shared) = (
        scored(&network, HeadStatistics::PerDepth),
        scored(&network, HeadStatistics::Shared),
    );
    assert_ne!(per_depth, shared);
    network.set_head_statistics(HeadStatistics::Shared);
    assert_eq!(scored(&network, HeadStatistics::Shared), shared);
    assert_eq!(depth_scores(&network, view, 10).unwrap(), shared.per_depth);
}

#[test]
fn evaluation_entropy_of_the_marginal_splits_into_its_parts() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let predicted = predict(&fc(), view, &mixture()).unwrap();
    let split = &predicted.uncertainty;
    assert_eq!(split.mutual_information.len(), predicted.nll.len());
    let parts = split.expected_entropy.iter().zip(&split.mutual_information);
    for (total, (expected, information)) in split.predictive_entropy.iter().zip(parts) {
        check_close(*total, expected + information);
        assert!(*information > -1e-6 && *expected > 0.0);
    }
    let rows = predicted.probs.chunks_exact(3).zip(&predicted.nll).zip(labels());
    for ((row, nll), label) in rows {
        check_close(f64::from(row[label as usize]), (-nll).exp());
    }
}

#[test]
fn evaluation_output_that_is_not_finite_is_an_error_that_names_the_examples() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let mut network = fc();
    let mut params = network.params_vec();
    params[0] = f32::NAN;
    network.set_params(&params).unwrap();
    let error = predict(&network, view, &mixture()).unwrap_err();
    assert_eq!(error.to_string(), "the network's output for examples 0 to 22");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.starts_with("depth_logits[0] is NaN"), "{cause}");
}

#[test]
fn grid_covers_the_points_with_a_margin() {
    let (examples, standardization) = (points(), Standardization::new(vec![0.5, 0.0], vec![2.0, 1.0]).unwrap());
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let grid = predictive_grid(&fc(), view, &mixture()).unwrap();
    assert_eq!(
        [grid.class.len(), grid.probability.len(), grid.mutual_information.len()],
        [grid.n_side * grid.n_side; 3]
    );
    assert_eq!(grid.points.len(), N);
    let [lo, hi] = grid.x_range;
    let x = || grid.points.iter().map(|point| f64::from(point.0));
    let (min, max) = (x().fold(f64::INFINITY, f64::min), x().fold(f64::NEG_INFINITY, f64::max));
    check_close(min - lo, 0.1 * (max - min));
    check_close(hi - max, 0.1 * (max - min));
    // The first point as the network sees it.
    check_close(f64::from(grid.points[0].0), (1.0 - 0.5) / 2.0);
}

#[test]
fn grid_is_row_major_with_both_axes_ascending() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let view = View {
        examples: &examples,
        standardization: &standardization,
    };
    let network = fc();
    let grid = predictive_grid(&network, view, &mixture()).unwrap();
    let single = |x: f64| format!("{x}").parse::<f32>().unwrap();
    let corner = |x: f64, y: f64| {
        let corner = Examples::from_features(vec![single(x), single(y)], 2, vec![0], 3).unwrap();
        let view = View {
            examples: &corner,
            standardization: &standardization,
        };
        predict(&network, view, &mixture()).unwrap().winners(3)[0]
    };
    let check_corner = |index: usize, (class, probability): (u32, f32)| {
        assert_eq!(grid.class[index], class);
        check_close(f64::from(grid.probability[index]), f64::from(probability));
    };
    let [[left, right], [bottom, top]] = [grid.x_range, grid.y_range];
    let n = grid.n_side;
    check_corner(0, corner(left, bottom));
    check_corner(n - 1, corner(right, bottom));
    check_corner(n * (n - 1), corner(left, top));
}
