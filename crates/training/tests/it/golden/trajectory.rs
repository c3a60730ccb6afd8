//! Several steps from the authors' initial state.

use vds_model::Convolution;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_training::{Batch, StepSettings};

use super::{compare_state, named, stored_learner};

#[test]
fn golden_trajectories_agree() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Trajectory) {
        check(&mut report, &case);
    }
    report.assert_ok();
    println!("trajectories: {report}");
}

fn check(report: &mut Report<'_>, case: &GoldenCase) {
    let mut learner = stored_learner(case, Convolution::default());
    let (inputs, labels) = (case.f32("X"), case.labels("labels"));
    let batch = Batch {
        inputs: &inputs,
        labels: &labels,
    };
    let (max_depth, n_train, learning_rate) = (case.meta("D"), case.meta("N_train"), case.meta("lr"));
    let mut q = learner.posterior().unwrap().probs().to_vec();
    let (mut nll, mut kl, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..case.meta::<usize>("steps") {
        let means = learner
            .step(
                batch,
                &StepSettings {
                    depth: max_depth,
                    n_train,
                    learning_rate,
                    epoch: 0,
                },
            )
            .unwrap();
        nll.push(means.nll);
        kl.push(means.kl);
        errors.push(i64::try_from(means.n_errors).unwrap());
        q.extend(learner.posterior().unwrap().probs());
    }
    report.compare(case, "traj/mean_nll", "traj.mean_nll", &nll);
    report.compare(case, "traj/kl", "traj.kl", &kl);
    report.compare(case, "traj/q", "traj.q", &q);
    report.compare_integers(case, "traj/train_err_count", &errors);
    let network = learner.network();
    let state = named(network, &network.params_vec(), learner.posterior_logits());
    compare_state(report, case, ("final/", "traj.final_state"), &state);
}
