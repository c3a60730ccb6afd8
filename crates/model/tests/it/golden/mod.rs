//! Golden vectors of the authors' code: networks and trajectories, on the fused path.
//!
//! The authors' output block shares one set of running statistics, so the networks here do as well.

mod composed;
mod evaluation;
mod trainer;

use dfdx::prelude::Cpu;
use trainer::{Objective, Trainer};
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig, weights};
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};

/// The authors' name of the posterior's logits.
const POSTERIOR_LOGITS: &str = "prob_model.q_logits";

#[test]
fn golden_networks_agree() {
    check_networks(Convolution::Winograd);
}

#[test]
fn golden_networks_agree_with_direct_convolution() {
    check_networks(Convolution::Direct);
}

fn check_networks(convolution: Convolution) {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Network) {
        let trainer = Trainer::with(&case, "input", convolution);
        evaluation::check(&mut report, &case, &trainer.network, &trainer.q());
        two_steps(&mut report, &case, trainer);
    }
    report.assert_ok();
    println!("networks, {convolution:?}: {report}");
}

#[test]
fn golden_trajectories_agree() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Trajectory) {
        trajectory(&mut report, &case);
    }
    report.assert_ok();
    println!("trajectories: {report}");
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
            head_statistics: HeadStatistics::Shared,
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
    let tensors = case.names("model/").into_iter().map(|name| {
        let (bytes, shape, dtype) = case.raw(&name);
        (name["model/".len()..].to_owned(), (bytes, shape, dtype))
    });
    let tensors: Vec<_> = tensors.collect();
    let views = tensors.iter().map(|(name, (bytes, shape, dtype))| {
        (
            name.as_str(),
            safetensors::tensor::TensorView::new(*dtype, shape.clone(), bytes).unwrap(),
        )
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    let config = network_config(case, convolution);
    let mut read = weights::from_bytes(&bytes, &config, &Cpu::default(), &[POSTERIOR_LOGITS]).unwrap();
    (read.network, read.extra.remove(POSTERIOR_LOGITS))
}

fn two_steps(report: &mut Report<'_>, case: &GoldenCase, mut trainer: Trainer) {
    for (step, prefix) in [(1, "train"), (2, "train2")] {
        let q = trainer.q();
        let pass = trainer.step();
        let name = |what: &str| format!("{prefix}/{what}");
        report.compare(case, &name("mean_nll"), "net.scalars", &[pass.expected_nll]);
        report.compare(case, &name("loss"), "net.scalars", &[pass.loss]);
        report.compare(case, &name("kl"), "net.kl", &[pass.kl]);
        report.compare_integers(case, &name("err_count"), &[pass.errors]);
        if step == 1 {
            let n_train: f64 = case.meta("N_train");
            report.compare_f32(case, "train/logits", "net.logits", &pass.logits);
            report.compare(case, "train/q", "net.q", &q);
            report.compare(case, "train/kl_per_sample", "net.kl", &[pass.kl / n_train]);
            report.compare(
                case,
                "train/marginal_probs",
                "net.probs",
                &evaluation::marginal(&pass.logits, &q, case.meta("classes")),
            );
            let named = trainer.named(&pass.gradient, pass.posterior_gradient.as_deref());
            compare_gradients(report, case, &named);
        }
        let group = if step == 1 { "net.bn_buffers" } else { "net.bn_buffers2" };
        compare_state(
            report,
            case,
            (&format!("{prefix}/buffers_after_forward/"), group),
            &pass.state_after_forward,
        );
        let (params, group) = if step == 1 {
            ("train/step1/", "net.params_step1")
        } else {
            ("train2/step2/", "net.params_step2")
        };
        compare_state(report, case, (params, group), &trainer.state());
    }
    report.compare(case, "train2/q_after", "net.q", &trainer.q());
}

/// Compares every golden tensor under a prefix with the one of that name in `state`, the bytes of a safetensors file.
fn compare_state(report: &mut Report<'_>, case: &GoldenCase, (prefix, group): (&str, &str), state: &[u8]) {
    let state = safetensors::SafeTensors::deserialize(state).unwrap();
    for name in case.names(prefix) {
        let data = state.tensor(&name[prefix.len()..]).unwrap().data().to_vec();
        if case.is_integer(&name) {
            let values: Vec<i64> = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect();
            report.compare_integers(case, &name, &values);
        } else {
            report.compare_f32(case, &name, group, &floats(&data));
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// Compares the gradients in `named`, the bytes of a safetensors file, as far as they are there.
fn compare_gradients(report: &mut Report<'_>, case: &GoldenCase, named: &[u8]) {
    let largest_of_all: f64 = case.meta("grad_abs_max");
    let gradients = safetensors::SafeTensors::deserialize(named).unwrap();
    for name in case.names("train/grad/") {
        let Ok(gradient) = gradients.tensor(&name["train/grad/".len()..]) else {
            // The composed path's test leaves the posterior's gradient out: it is the same code on either path.
            assert!(name.ends_with(POSTERIOR_LOGITS), "{name} has no counterpart");
            continue;
        };
        let largest = case
            .f32(&name)
            .iter()
            .fold(0.0_f64, |scale, x| scale.max(f64::from(x.abs())));
        let (group, scale) = match largest <= 1e-12 * largest_of_all {
            true => ("net.grad_zero", largest_of_all.max(1e-3)),
            false => ("net.grad", largest.max(0.01 * largest_of_all)),
        };
        let actual: Vec<f64> = floats(gradient.data()).into_iter().map(f64::from).collect();
        report.compare_scaled(case, &name, (group, scale), &actual);
    }
}

fn trajectory(report: &mut Report<'_>, case: &GoldenCase) {
    let mut trainer = Trainer::new(case, "X");
    let (mut nll, mut kl, mut errors, mut q) = (Vec::new(), Vec::new(), Vec::new(), trainer.q());
    for _ in 0..case.meta::<usize>("steps") {
        let pass = trainer.step();
        nll.push(pass.expected_nll);
        kl.push(pass.kl);
        errors.push(pass.errors);
        q.extend(trainer.q());
    }
    report.compare(case, "traj/mean_nll", "traj.mean_nll", &nll);
    report.compare(case, "traj/kl", "traj.kl", &kl);
    report.compare(case, "traj/q", "traj.q", &q);
    report.compare_integers(case, "traj/train_err_count", &errors);
    let state = trainer.state();
    let tensors = safetensors::SafeTensors::deserialize(&state).unwrap();
    for name in case.names("final/") {
        let data = tensors.tensor(&name["final/".len()..]).unwrap().data();
        if case.is_integer(&name) {
            let values: Vec<i64> = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect();
            report.compare_integers(case, &name, &values);
        } else {
            report.compare_f32(case, &name, "traj.final_state", &floats(data));
        }
    }
}

impl Objective {
    fn of(case: &GoldenCase, posterior_logits: Option<Vec<f32>>) -> Self {
        match posterior_logits {
            Some(logits) => {
                let prior: Vec<f64> = case.f32("prior").into_iter().map(f64::from).collect();
                let total: f64 = prior.iter().sum();
                // Stored in f32, the prior sums to one only as closely as that.
                let prior = prior.iter().map(|p| p / total).collect();
                Self::learnt(logits, prior, case.meta("N_train"), case.meta("momentum"))
            }
            None => Self::Deterministic { depth: case.meta("D") },
        }
    }
}
