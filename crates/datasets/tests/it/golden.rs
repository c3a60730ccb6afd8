//! The spirals of the authors' code.

use vds_datasets::{Examples, SpiralsConfig, spirals};
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind};

#[test]
fn spirals_agree_with_the_authors() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let cases = set.cases(Kind::Spirals);
    let (mut raw, mut ulps) = (0.0_f64, 0);
    for case in &cases {
        let (raw_of_case, ulps_of_case) = check_case(case);
        (raw, ulps) = (raw.max(raw_of_case), ulps.max(ulps_of_case));
    }
    println!("{} cases: raw off by {raw:e}, scaled by {ulps} ulp", cases.len());
}

/// Largest deviation of the raw points, and of the standardized ones in units in the last place.
fn check_case(case: &GoldenCase) -> (f64, u32) {
    let config = SpiralsConfig {
        n: case.meta("n"),
        noise: case.meta("noise"),
        arms: case.meta("arms"),
        start_degrees: case.meta("start"),
        stop_degrees: case.meta("stop"),
    };
    let uniforms = case.f64("uniforms");
    let mut points = spirals::from_uniforms(&config, uniforms.as_chunks().0).unwrap();
    let raw = deviation(points.positions.as_flattened(), &case.f64("X_unshuffled"));
    assert!(raw <= 1e-12, "{}: X_unshuffled is off by {raw:e}", case.name());
    let order = indices(case, "shuffle_perm");
    points.positions = order.iter().map(|index| points.positions[*index]).collect();
    points.labels = order.iter().map(|index| points.labels[*index]).collect();
    assert!(deviation(points.positions.as_flattened(), &case.f64("X_raw")) <= 1e-12);
    assert_eq!(points.labels, case.labels("y_raw"), "{}: y_raw", case.name());
    let (train, test) = (indices(case, "train_index"), indices(case, "test_index"));
    let data = points.split(&train, &test).unwrap();
    let applied = &data.input_standardization;
    assert!(
        deviation(applied.mean(), &case.f64("mean")) <= 1e-12,
        "{}: mean",
        case.name()
    );
    assert!(
        deviation(applied.sd(), &case.f64("std")) <= 1e-12,
        "{}: std",
        case.name()
    );
    let ulps = [("train", &data.train), ("test", &data.test)].map(|(part, examples)| {
        assert_eq!(
            examples.labels(),
            case.labels(&format!("y_{part}")),
            "{}: y_{part}",
            case.name()
        );
        let ulps = largest_ulps(&inputs(examples), &case.f32(&format!("X_{part}")));
        assert!(ulps <= 1, "{}: X_{part} is off by {ulps} ulp", case.name());
        ulps
    });
    (raw, ulps[0].max(ulps[1]))
}

fn indices(case: &GoldenCase, tensor: &str) -> Vec<usize> {
    let indices = case.i64(tensor).into_iter();
    indices.map(|index| usize::try_from(index).unwrap()).collect()
}

fn inputs(examples: &Examples) -> Vec<f32> {
    let rows = (0..examples.len()).filter_map(|index| examples.features(index));
    rows.collect::<Vec<_>>().concat()
}

#[track_caller]
fn deviation(actual: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let pairs = actual.iter().zip(expected);
    pairs.map(|(a, e)| (a - e).abs()).fold(0.0, f64::max)
}

/// Distance in the ordered list of all floats.
#[track_caller]
fn largest_ulps(actual: &[f32], expected: &[f32]) -> u32 {
    fn place(x: f32) -> i64 {
        let magnitude = i64::from(x.to_bits() & 0x7fff_ffff);
        if x.is_sign_negative() { -magnitude } else { magnitude }
    }
    assert_eq!(actual.len(), expected.len());
    let pairs = actual.iter().zip(expected);
    let distances = pairs.map(|(a, e)| place(*a).abs_diff(place(*e)));
    u32::try_from(distances.max().unwrap()).unwrap()
}
