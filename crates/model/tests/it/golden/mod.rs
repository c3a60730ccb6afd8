//! Golden vectors of the authors' code: what a network computes. Their training steps are checked by `vds-training`, which has
//! the step.
//!
//! The authors' output block shares one set of running statistics, so the networks here do as well.

mod composed;
mod evaluation;
mod network;

use dfdx::prelude::Cpu;
use vds_model::{Convolution, HeadStatistics, Network, weights};
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_variational::DepthPosterior;

use network::network_config;

/// The authors' name of the posterior's logits.
const POSTERIOR_LOGITS: &str = "prob_model.q_logits";

#[test]
fn golden_networks_agree_in_evaluation_mode() {
    check_networks(Convolution::Winograd);
}

#[test]
fn golden_networks_agree_in_evaluation_mode_with_direct_convolution() {
    check_networks(Convolution::Direct);
}

fn check_networks(convolution: Convolution) {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Network) {
        let (network, posterior_logits) = stored_network(&case, convolution);
        let posterior = match posterior_logits {
            Some(logits) => {
                let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
                DepthPosterior::from_logits(&logits).unwrap()
            }
            None => DepthPosterior::one_hot(network.max_depth(), network.max_depth()).unwrap(),
        };
        evaluation::check(&mut report, &case, &network, posterior.probs());
    }
    report.assert_ok();
    println!("networks, {convolution:?}: {report}");
}

/// The network that the tensors `model/…` of a case describe, and the posterior's logits.
fn stored_network(case: &GoldenCase, convolution: Convolution) -> (Network<Cpu>, Option<Vec<f32>>) {
    let (bytes, config) = (case.file_of("model/"), network_config(case, convolution));
    let mut read = weights::from_bytes(&bytes, &config, &Cpu::default(), &[POSTERIOR_LOGITS]).unwrap();
    read.network.set_head_statistics(HeadStatistics::Shared);
    (read.network, read.extra.remove(POSTERIOR_LOGITS))
}
