//! The first two steps of networks, on the fused path.

use safetensors::SafeTensors;
use vds_model::Convolution;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_training::{Batch, StepSettings};
use vds_variational::{depth_log_probs, log_marginal_predictive};

use super::{compare_state, floats, named, stored_learner};

#[test]
fn golden_steps_agree() {
    check_networks(Convolution::Winograd);
}

#[test]
fn golden_steps_agree_with_direct_convolution() {
    check_networks(Convolution::Direct);
}

/// The cases are those of `vds-model`, which compares their evaluation mode.
fn check_networks(convolution: Convolution) {
    let set = GoldenSet::locate(concat!(env!("CARGO_MANIFEST_DIR"), "/../model"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Network) {
        check(&mut report, &case, convolution);
    }
    report.assert_ok();
    println!("steps, {convolution:?}: {report}");
}

fn check(report: &mut Report<'_>, case: &GoldenCase, convolution: Convolution) {
    let (mut learner, max_depth) = (stored_learner(case, convolution), case.meta("D"));
    let (inputs, labels) = (case.f32("input"), case.labels("labels"));
    let batch = Batch {
        inputs: &inputs,
        labels: &labels,
    };
    let n_train: usize = case.meta("N_train");
    for (prefix, [buffers_group, params], params_group) in [
        ("train", ["net.bn_buffers", "train/step1/"], "net.params_step1"),
        ("train2", ["net.bn_buffers2", "train2/step2/"], "net.params_step2"),
    ] {
        let posterior = learner.posterior().unwrap();
        let step = learner
            .propose(
                batch,
                &StepSettings {
                    depth: max_depth,
                    n_train,
                    learning_rate: case.meta("lr"),
                    epoch: 0,
                },
            )
            .unwrap();
        let (means, name) = (step.means(), |what: &str| format!("{prefix}/{what}"));
        report.compare(case, &name("mean_nll"), "net.scalars", &[means.nll]);
        report.compare(case, &name("loss"), "net.scalars", &[means.loss]);
        report.compare(case, &name("kl"), "net.kl", &[means.kl]);
        report.compare_integers(case, &name("err_count"), &[i64::try_from(means.n_errors).unwrap()]);
        if prefix == "train" {
            let (logits, n_classes) = (step.logits(), case.meta("classes"));
            report.compare_f32(case, "train/logits", "net.logits", &logits);
            report.compare(case, "train/q", "net.q", posterior.probs());
            report.compare(case, "train/kl_per_sample", "net.kl", &[means.kl / n_train as f64]);
            let log_probs = depth_log_probs(&logits, n_classes).unwrap();
            let marginal = log_marginal_predictive(&posterior, &log_probs, n_classes).unwrap();
            let marginal: Vec<f64> = marginal.into_iter().map(f64::exp).collect();
            report.compare(case, "train/marginal_probs", "net.probs", &marginal);
            let posterior_gradient = step.posterior_gradient().map(<[f32]>::to_vec);
            let gradient = named(step.network(), step.gradient(), posterior_gradient);
            let gradient = SafeTensors::deserialize(&gradient).unwrap();
            for tensor in case.names("train/grad/") {
                let of_tensor = gradient.tensor(&tensor["train/grad/".len()..]).unwrap();
                report.compare_gradient(case, &tensor, &floats(of_tensor.data()));
            }
        }
        let buffers = named(step.network(), &step.network().params_vec(), None);
        compare_state(report, case, (&name("buffers_after_forward/"), buffers_group), &buffers);
        step.commit();
        let network = learner.network();
        let state = named(network, &network.params_vec(), learner.posterior_logits());
        compare_state(report, case, (params, params_group), &state);
    }
    let posterior = learner.posterior().unwrap();
    report.compare(case, "train2/q_after", "net.q", posterior.probs());
}
