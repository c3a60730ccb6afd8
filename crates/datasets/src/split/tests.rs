use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

fn split(labels: &[u32], n_classes: usize, fraction: f64) -> Result<Split> {
    stratified_split(labels, n_classes, fraction, &mut ChaCha8Rng::seed_from_u64(7))
}

#[test]
fn remainders_go_to_the_largest() {
    // Shares of a quarter: 2.5, 1.25, 0.25 of 4 in all.
    let labels = [vec![0; 10], vec![1; 5], vec![2; 1]].concat();
    let held_out = split(&labels, 3, 0.25).unwrap().held_out;
    let count = |class| held_out.iter().filter(|index| labels[**index] == class).count();
    assert_eq!([count(0), count(1), count(2)], [3, 1, 0]);
}

#[test]
fn the_extremes_hold_out_nothing_and_everything() {
    let labels = [0, 1, 1, 0];
    assert_eq!(split(&labels, 2, 0.0).unwrap().held_out, [0; 0]);
    assert_eq!(split(&labels, 2, 1.0).unwrap().held_out, [0, 1, 2, 3]);
    assert_eq!(split(&[], 2, 0.5).unwrap().kept, [0; 0]);
}

#[test]
fn another_seed_gives_another_split() {
    let labels = vec![0; 100];
    let of_seed = |seed| stratified_split(&labels, 1, 0.5, &mut ChaCha8Rng::seed_from_u64(seed));
    assert_ne!(of_seed(0).unwrap(), of_seed(1).unwrap());
}

#[test]
fn bad_shares_and_labels_are_errors() {
    for (fraction, text) in [(-0.1, "-0.1"), (1.5, "1.5"), (f64::NAN, "NaN")] {
        let error = split(&[0, 1], 2, fraction).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("a share of {text} of 2 examples, expected a share from 0 to 1")
        );
    }
    let error = split(&[0, 2], 2, 0.5).unwrap_err().to_string();
    assert_eq!(error, "label 2 of example 1, expected less than 2");
}

#[test]
#[should_panic(expected = "a batch size of 0")]
fn batches_of_nothing_are_a_bug() {
    let _ = batches(&[0], 0);
}
