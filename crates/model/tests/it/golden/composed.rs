//! Golden vectors of networks on the path composed of dfdx operations: what devices other than the CPU run.

use std::collections::BTreeMap;

use dfdx::prelude::{Backward, Cpu, TensorFromVec};
use safetensors::SafeTensors;
use vds_model::{Convolution, portable, weights};
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_variational::{DepthPrior, deterministic_loss, negative_elbo};

#[test]
fn golden_networks_agree_on_the_composed_path() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Network) {
        check(&mut report, &case);
    }
    report.assert_ok();
    println!("networks, composed path: {report}");
}

fn check(report: &mut Report<'_>, case: &GoldenCase) {
    let (mut network, posterior_logits) = super::stored_network(case, Convolution::default());
    let (input, labels) = (case.f32("input"), case.labels("labels"));
    let (config, params, statistics) = (network.config(), network.params(), network.evaluation_statistics());
    let evaluated = portable::forward_eval(config, params, &input, &statistics).unwrap();
    report.compare_f32(case, "eval/logits", "net.logits", &evaluated);
    let mut of_batch = statistics.into_owned();
    let logits = portable::forward_train(config, params, &input, config.max_depth(), &mut of_batch).unwrap();
    report.compare_f32(case, "train/logits", "net.logits", &logits.as_vec());
    let terms = match posterior_logits {
        Some(posterior) => {
            let posterior = Cpu::default().tensor_from_vec(posterior, (config.max_depth() + 1,));
            let prior: Vec<f64> = case.f32("prior").into_iter().map(f64::from).collect();
            // Stored in f32, the prior sums to one only as closely as that.
            let total: f64 = prior.iter().sum();
            let prior = DepthPrior::from_probs(&prior.iter().map(|p| p / total).collect::<Vec<_>>()).unwrap();
            negative_elbo(logits, &labels, &posterior, &prior, case.meta("N_train")).unwrap()
        }
        None => deterministic_loss(logits, &labels, config.max_depth()).unwrap(),
    };
    report.compare(case, "train/loss", "net.scalars", &[terms.value]);
    let gradient = terms.loss.backward().get(params).as_vec();
    // In the place of the parameters, the gradient is stored under the authors' names.
    network.set_params(&gradient).unwrap();
    let named = weights::to_bytes(&network, &BTreeMap::new(), &BTreeMap::new()).unwrap();
    let named = SafeTensors::deserialize(&named).unwrap();
    for tensor in case.names("train/grad/") {
        let name = &tensor["train/grad/".len()..];
        // The posterior's gradient is the same code on either path.
        if name != super::POSTERIOR_LOGITS {
            let bytes = named.tensor(name).unwrap().data().as_chunks().0;
            let gradient: Vec<f32> = bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            report.compare_gradient(case, &tensor, &gradient);
        }
    }
}
