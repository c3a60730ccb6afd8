//! Distributions and rules in files.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_variational::{DepthPosterior, DepthPrior, HeldOut, PruningRule, RunningNll};

#[test]
fn serde_posterior_is_its_list_of_probabilities() {
    let posterior = DepthPosterior::from_probs(&[0.25, 0.75]).unwrap();
    assert_eq!(serde_json::to_string(&posterior).unwrap(), "[0.25,0.75]");
    assert_eq!(
        serde_json::from_str::<DepthPosterior>("[0.25,0.75]").unwrap(),
        posterior
    );
    assert_eq!(
        serde_json::from_str::<DepthPrior>("[0.25,0.75]").unwrap(),
        posterior.into()
    );
    let error = serde_json::from_str::<DepthPosterior>("[0.25,0.7]").unwrap_err();
    assert_eq!(error.to_string(), "posterior: the sum is 0.95, expected 1");
}

#[test]
fn serde_pruning_rule_is_its_name() {
    assert_eq!(
        serde_json::to_string(&PruningRule::PAPER).unwrap(),
        "\"near-mode:0.95\""
    );
    let rule: PruningRule = serde_json::from_str("\"tail-mass:0.1\"").unwrap();
    assert_eq!(rule, PruningRule::TailMass { tolerance: 0.1 });
    assert!(serde_json::from_str::<PruningRule>("\"tail-mass:2\"").is_err());
}

#[test]
fn serde_held_out_reads_back_as_it_is_written() {
    // Each depth has one of the two examples to itself, so that the weights are exact in binary.
    let log_likelihoods = [-1.0, -90.0, -90.0, -1.0];
    let held_out = HeldOut::new(&log_likelihoods, 2, 4, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    let text = serde_json::to_string(&held_out).unwrap();
    assert!(
        text.starts_with(
            r#"{"n":2,"mean_nll":[45.5,45.5],"best":0,"difference_se":[0.0,89.0],"stacking":{"weights":[0.5,0.5],"#
        ),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<HeldOut>(&text).unwrap(), held_out);
}

#[test]
fn serde_running_nll_resumes_where_it_was() {
    let mut running = RunningNll::new(2);
    running.update(&[0.7, 1.3], 0.1).unwrap();
    running.update(&[0.1], 0.3).unwrap();
    let text = serde_json::to_string(&running).unwrap();
    let mut read: RunningNll = serde_json::from_str(&text).unwrap();
    assert_eq!(read, running);
    read.update(&[0.2, 0.4], 0.1).unwrap();
    running.update(&[0.2, 0.4], 0.1).unwrap();
    assert_eq!(read, running);
}

#[test]
fn serde_running_nll_refuses_what_is_no_mean() {
    let error = |text: &str| serde_json::from_str::<RunningNll>(text).unwrap_err().to_string();
    let expected = "masses has 1 entries, expected 2";
    assert_eq!(error(r#"{"values":[1.0,2.0],"masses":[0.5]}"#), expected);
    let expected = "masses[0] is 2, expected a weight in [0, 1]";
    assert_eq!(error(r#"{"values":[1.0],"masses":[2.0]}"#), expected);
}
