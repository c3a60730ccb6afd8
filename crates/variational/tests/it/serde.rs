//! Distributions and rules in files.

use vds_variational::{DepthPosterior, DepthPrior, PruningRule};

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
