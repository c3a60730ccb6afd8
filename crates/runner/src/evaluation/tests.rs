use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::{Examples, Standardization};
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig};
use vds_variational::DepthPosterior;

use super::pass::for_each_batch;
use super::*;
use crate::device::{Device, device};

const N: usize = 23;

/// A network after a training pass, so that its statistics are not the initial ones.
fn network(config: &NetworkConfig) -> Network<Device> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut network = Network::new(config, &device().unwrap(), &mut rng).unwrap();
    let inputs: Vec<f32> = (0..8 * config.example_len())
        .map(|index| (index as f32 * 0.7).sin())
        .collect();
    drop(network.forward_train(&inputs, 8).unwrap());
    network
}

fn fc() -> Network<Device> {
    network(&NetworkConfig::Fc(FcConfig {
        n_inputs: 2,
        width: 5,
        n_classes: 3,
        max_depth: 3,
    }))
}

fn conv() -> Network<Device> {
    network(&NetworkConfig::Conv(ConvConfig {
        channels: 1,
        height: 8,
        width: 8,
        outer: 6,
        inner: 4,
        n_classes: 3,
        max_depth: 3,
        head_statistics: HeadStatistics::PerDepth,
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

#[track_caller]
fn check_close(actual: f64, expected: f64) {
    // Single-precision probabilities of two evaluations of the same numbers.
    assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
}

#[test]
fn predictions_do_not_depend_on_the_batch_size() {
    let (examples, standardization) = (images(), Standardization::identity(1));
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let network = conv();
    let by = |batch_size| {
        let mut predicted = Predicted::default();
        for_each_batch(&network, &split, batch_size, |batch| {
            predicted.extend(batch, &posterior())
        })
        .unwrap();
        predicted
    };
    assert_eq!(by(1), by(500));
    assert_eq!(by(7), by(500));
    assert_eq!(by(500).probs.len(), 3 * N);
}

#[test]
fn pruned_network_scores_as_the_whole_one_with_the_truncated_posterior() {
    let (points, images) = (points(), images());
    let (two, one) = (Standardization::identity(2), Standardization::identity(1));
    for (network, split) in [
        (
            fc(),
            Split {
                examples: &points,
                standardization: &two,
            },
        ),
        (
            conv(),
            Split {
                examples: &images,
                standardization: &one,
            },
        ),
    ] {
        let whole = test_scores(&network, &split, &posterior(), 2, 10).unwrap();
        let truncated = posterior().truncated(2).unwrap();
        let pruned = test_scores(&network.pruned(2).unwrap(), &split, &truncated, 2, 10).unwrap();
        check_close(pruned.marginal.nll, whole.pruned.nll);
        check_close(pruned.marginal.brier, whole.pruned.brier);
        check_close(pruned.marginal.mutual_information, whole.pruned.mutual_information);
        assert_eq!(pruned.per_depth, whole.per_depth[..=2]);
    }
}

#[test]
fn scores_of_one_depth_agree_wherever_they_stand() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let network = fc();
    let scores = test_scores(&network, &split, &posterior(), 0, 10).unwrap();
    check_close(scores.deepest.nll, scores.per_depth[3].nll);
    check_close(scores.deepest.ece, scores.per_depth[3].ece);
    check_close(scores.pruned.nll, scores.per_depth[0].nll);
    check_close(scores.deepest.mutual_information, 0.0);
    assert_eq!(scores.per_depth, depth_scores(&network, &split, 10).unwrap());
    let marginal = marginal_scores(&network, &split, &posterior(), &|| false)
        .unwrap()
        .unwrap();
    assert_eq!(marginal_scores(&network, &split, &posterior(), &|| true).unwrap(), None);
    check_close(marginal.nll, scores.marginal.nll);
    check_close(marginal.error, scores.marginal.error);
}

#[test]
fn entropy_of_the_marginal_splits_into_its_parts() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let predicted = predict(&fc(), &split, &posterior()).unwrap();
    for one in &predicted.uncertainty {
        check_close(one.predictive_entropy, one.expected_entropy + one.mutual_information);
        assert!(one.mutual_information > -1e-6 && one.expected_entropy > 0.0);
    }
    let rows = predicted.probs.chunks_exact(3).zip(&predicted.nll).zip(labels());
    for ((row, nll), label) in rows {
        check_close(f64::from(row[label as usize]), (-nll).exp());
    }
}

#[test]
fn output_that_is_not_finite_is_an_error_that_names_the_examples() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let mut network = fc();
    let mut params = network.params_vec();
    params[0] = f32::NAN;
    network.set_params(&params).unwrap();
    let error = predict(&network, &split, &posterior()).unwrap_err();
    let text = crate::error::text(&error);
    assert!(
        text.starts_with("the network's output for examples 0 to 22: depth_logits[0] is NaN"),
        "{text}"
    );
}

#[test]
fn plane_covers_the_points_with_a_margin() {
    let (examples, standardization) = (points(), Standardization::new(vec![0.5, 0.0], vec![2.0, 1.0]).unwrap());
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let plane = plane(&fc(), &split, &posterior()).unwrap();
    assert_eq!(
        [plane.marginal.len(), plane.mutual_information.len()],
        [plane.n_side * plane.n_side; 2]
    );
    assert_eq!(plane.points.len(), N);
    let [lo, hi] = plane.x_range;
    let x = || plane.points.iter().map(|point| f64::from(point.0));
    let (min, max) = (x().fold(f64::INFINITY, f64::min), x().fold(f64::NEG_INFINITY, f64::max));
    check_close(min - lo, 0.1 * (max - min));
    check_close(hi - max, 0.1 * (max - min));
    // The first point as the network sees it.
    check_close(f64::from(plane.points[0].0), (1.0 - 0.5) / 2.0);
}

#[test]
fn plane_is_row_major_with_both_axes_ascending() {
    let (examples, standardization) = (points(), Standardization::identity(2));
    let split = Split {
        examples: &examples,
        standardization: &standardization,
    };
    let network = fc();
    let plane = plane(&network, &split, &posterior()).unwrap();
    let single = |x: f64| format!("{x}").parse::<f32>().unwrap();
    let corner = |x: f64, y: f64| {
        let corner = Examples::from_features(vec![single(x), single(y)], 2, vec![0], 3).unwrap();
        let split = Split {
            examples: &corner,
            standardization: &standardization,
        };
        f64::from(predict(&network, &split, &posterior()).unwrap().probs[1])
    };
    let [[left, right], [bottom, top]] = [plane.x_range, plane.y_range];
    let n = plane.n_side;
    check_close(f64::from(plane.marginal[0]), corner(left, bottom));
    check_close(f64::from(plane.marginal[n - 1]), corner(right, bottom));
    check_close(f64::from(plane.marginal[n * (n - 1)]), corner(left, top));
}
