use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

const CONFIG: SpiralsConfig = SpiralsConfig {
    n: 200,
    noise: 0.2,
    arms: 2,
    start_degrees: 0.0,
    stop_degrees: 720.0,
};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[track_caller]
fn check_refused(config: SpiralsConfig, expected: &str) {
    assert_eq!(config.check().unwrap_err().to_string(), expected);
    assert_eq!(generate(&config, &mut rng(0)).unwrap_err().to_string(), expected);
}

#[test]
fn spirals_refuse_fields_out_of_range() {
    check_refused(
        SpiralsConfig { arms: 101, ..CONFIG },
        "arms is 101, expected a whole number from 1 to 100",
    );
    check_refused(
        SpiralsConfig { arms: 0, ..CONFIG },
        "arms is 0, expected a whole number from 1 to 100",
    );
    check_refused(
        SpiralsConfig { n: 1, ..CONFIG },
        "n is 1, expected at least one point per arm, at most 10000000",
    );
    check_refused(
        SpiralsConfig { n: 0, ..CONFIG },
        "n is 0, expected at least one point per arm, at most 10000000",
    );
    check_refused(
        SpiralsConfig { n: 1 << 40, ..CONFIG },
        "n is 1099511627776, expected at least one point per arm, at most 10000000",
    );
    check_refused(
        SpiralsConfig { noise: -0.1, ..CONFIG },
        "noise is -0.1, expected a finite number, not negative",
    );
    check_refused(
        SpiralsConfig {
            start_degrees: f64::NAN,
            ..CONFIG
        },
        "start_degrees is NaN, expected a finite number, not negative",
    );
    check_refused(
        SpiralsConfig {
            stop_degrees: 0.0,
            ..CONFIG
        },
        "stop_degrees is 0, expected a finite positive number",
    );
    check_refused(
        SpiralsConfig {
            stop_degrees: f64::INFINITY,
            ..CONFIG
        },
        "stop_degrees is inf, expected a finite positive number",
    );
}

/// As the authors' code: `n // arms` points on each arm.
#[test]
fn spirals_leave_out_points_that_the_arms_cannot_share() {
    let config = SpiralsConfig {
        n: 200,
        arms: 3,
        ..CONFIG
    };
    assert_eq!(config.n_points(), 198);
    let points = generate(&config, &mut rng(0)).unwrap();
    let counts = [0, 1, 2].map(|arm| points.labels.iter().filter(|label| **label == arm).count());
    assert_eq!((counts, points.positions.len()), ([66; 3], 198));
    let data = experiment(&config, 0.1, &mut rng(0)).unwrap();
    assert_eq!((data.train.len(), data.test.len()), (20, 178));
}

#[test]
fn spirals_refuse_a_wrong_number_of_uniforms() {
    let error = from_uniforms(&CONFIG, &[[0.5; 3]; 199]).unwrap_err();
    assert_eq!(error.to_string(), "597 input values, expected 200 examples of 3");
}

#[test]
fn spirals_without_noise_lie_on_the_arms() {
    let config = SpiralsConfig {
        noise: 0.0,
        arms: 4,
        ..CONFIG
    };
    let points = generate(&config, &mut rng(1)).unwrap();
    for (position, label) in points.positions.iter().zip(&points.labels) {
        let [x, y] = rotated(*position, -std::f64::consts::FRAC_PI_2 * f64::from(*label));
        let t = x.hypot(y);
        assert!(t <= 4.0 * std::f64::consts::PI);
        // On the first arm the angle is the distance from the origin.
        assert!(
            (x - t * t.cos()).abs() < 1e-12 && (y - t * t.sin()).abs() < 1e-12,
            "{position:?}"
        );
    }
    for arm in 0..4 {
        assert_eq!(points.labels.iter().filter(|label| **label == arm).count(), 50);
    }
}

#[test]
fn spirals_experiment_follows_from_the_seed() {
    let data = |seed| experiment(&CONFIG, 0.1, &mut rng(seed)).unwrap();
    assert_eq!(data(3), data(3));
    assert_ne!(data(3).provenance.files, data(4).provenance.files);
}

#[test]
fn spirals_experiment_trains_on_its_share_and_standardizes_by_it() {
    let data = experiment(&CONFIG, 0.1, &mut rng(5)).unwrap();
    assert_eq!((data.train.len(), data.test.len()), (20, 180));
    assert_eq!((data.train.example_len(), data.train.n_classes()), (2, 2));
    let fitted = Standardization::fit(&data.train).unwrap();
    // The inputs were rounded to f32.
    assert!(fitted.mean().iter().all(|mean| mean.abs() < 1e-6), "{fitted:?}");
    assert!(fitted.sd().iter().all(|sd| (sd - 1.0).abs() < 1e-6), "{fitted:?}");
    let test = Standardization::fit(&data.test).unwrap();
    assert!(test.mean().iter().all(|mean| mean.abs() > 1e-6), "{test:?}");
    assert_eq!(data.standardization, Standardization::identity(2));
    // Raw points of the arms are about 4 pi / sqrt(2) wide.
    assert!(data.input_standardization.sd().iter().all(|sd| *sd > 2.0), "{data:?}");
    let counts = [data.train.class_counts(), data.test.class_counts()];
    assert_eq!(counts[0][0] + counts[1][0], 100);
    let provenance = &data.provenance;
    assert_eq!(
        (&*provenance.name, &*provenance.class_names),
        ("spirals", &["arm 0".to_owned(), "arm 1".to_owned()][..])
    );
    let locations: Vec<String> = provenance.files.iter().map(|file| file.origin.to_string()).collect();
    assert_eq!(locations, ["generated: train", "generated: test"]);
}

#[test]
fn spirals_experiment_refuses_shares_that_leave_a_part_empty() {
    let cases = [
        (0.0, 0),
        (0.004, 1),
        (0.999, 200),
        (1.0, 200),
        (-1.0, 0),
        (2.0, 200),
        (f64::NAN, 0),
        (f64::INFINITY, 200),
    ];
    for (fraction, n_train) in cases {
        let error = experiment(&CONFIG, fraction, &mut rng(0)).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "a train_fraction of {fraction} leaves {n_train} of 200 points to train on, \
                expected at least two, and one to test on"
            )
        );
    }
}
