//! Golden vectors of the authors' code: what a network computes. Their training steps are checked by `vds-training`, which has
//! the step.
//!
//! The authors' output block shares one set of running statistics, so the networks here do as well.

mod composed;
mod evaluation;

use dfdx::prelude::Cpu;
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig, weights};
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_variational::DepthPosterior;

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

/// Sizes of the case's network.
fn network_config(case: &GoldenCase, convolution: Convolution) -> NetworkConfig {
    let (max_depth, n_classes) = (case.meta("D"), case.meta("classes"));
    let shape: Vec<usize> = case.meta("in_shape");
    match case.meta::<String>("kind").as_str() {
        "conv" => NetworkConfig::Conv(ConvConfig {
            in_channels: shape[0],
            height: shape[1],
            width: shape[2],
            channels: case.meta("outer"),
            bottleneck_channels: case.meta("inner"),
            n_classes,
            max_depth,
            convolution,
        }),
        "fc" => NetworkConfig::Fc(FcConfig {
            n_inputs: shape[0],
            width: case.meta("width"),
            n_classes,
            max_depth,
        }),
        other => panic!("{}: a network of unknown kind {other}", case.name()),
    }
}

/// The network that the tensors `model/…` of a case describe, and the posterior's logits.
fn stored_network(case: &GoldenCase, convolution: Convolution) -> (Network<Cpu>, Option<Vec<f32>>) {
    let (bytes, config) = (case.file_of("model/"), network_config(case, convolution));
    let mut read = weights::from_bytes(&bytes, &config, &Cpu::default(), &[POSTERIOR_LOGITS]).unwrap();
    read.network.set_head_statistics(HeadStatistics::Shared);
    (read.network, read.extra.remove(POSTERIOR_LOGITS))
}
