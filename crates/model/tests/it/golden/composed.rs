//! Golden vectors of networks on the path composed of dfdx operations: what devices other than the CPU run.

use dfdx::prelude::{Backward, Cpu};
use vds_model::portable;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};

use super::trainer::Trainer;

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
    let (trainer, input) = (Trainer::new(case, "input"), case.f32("input"));
    let (config, params) = (trainer.network.config(), trainer.network.params());
    let statistics = trainer.network.running_stats();
    let evaluated = portable::forward_eval(config, params, &input, statistics).unwrap();
    report.compare_f32(case, "eval/logits", "net.logits", &evaluated);
    let mut of_batch = statistics.to_vec();
    let logits = portable::forward_train(config, params, &input, config.max_depth(), &mut of_batch).unwrap();
    report.compare_f32(case, "train/logits", "net.logits", &logits.as_vec());
    let terms = trainer.loss(logits);
    report.compare(case, "train/loss", "net.scalars", &[terms.value]);
    let gradients: dfdx::prelude::Gradients<f32, Cpu> = terms.loss.backward();
    let named = trainer.named(&gradients.get(params).as_vec(), None);
    super::compare_gradients(report, case, &named);
}
