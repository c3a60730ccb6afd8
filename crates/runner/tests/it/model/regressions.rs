//! Sequences that once found a fault.

use vds_records::files::{CHECKPOINTS, ENVIRONMENT, WEIGHTS};

use super::replay;
use super::steps::Step::{self, Damage, Run};
use super::steps::{Call, Damage as How, End, Page, Part};

/// Two finished runs.
const TWO_RUNS: [Step; 2] = [train(0, 0), train(1, 1)];

const fn train(config: usize, out: usize) -> Step {
    let overwrite = false;
    Run(Call::Train { config, out, overwrite }, End::Itself)
}

#[test]
fn model_report_once_replaced_a_file_of_the_user() {
    let report = Run(Call::Report(0, Page::Notes), End::Itself);
    replay(&[train(0, 0), report]);
}

#[test]
fn model_report_once_replaced_the_weights_of_another_run() {
    let report = Run(Call::Report(0, Page::Of(1, Part::File(WEIGHTS))), End::Itself);
    replay(&[TWO_RUNS.as_slice(), &[report, Run(Call::Evaluate(1), End::Itself)]].concat());
}

#[test]
fn model_evaluate_once_passed_over_the_environment_of_another_run() {
    let swap = Damage(0, Part::File(ENVIRONMENT), How::SwappedWith(1));
    replay(&[TWO_RUNS.as_slice(), &[swap, Run(Call::Evaluate(0), End::Itself)]].concat());
}

#[test]
fn model_resume_once_wrote_checkpoints_through_a_link_into_another_run() {
    let killed = |out| {
        let (config, overwrite) = (0, false);
        Run(Call::Train { config, out, overwrite }, End::Fault("half-written", 3))
    };
    let link = Damage(0, Part::File(CHECKPOINTS), How::LinkTo(1));
    let resume = |run| Run(Call::Resume(run), End::Itself);
    replay(&[killed(0), killed(1), link, resume(0), resume(1)]);
}

#[test]
fn model_train_once_left_the_file_with_which_a_killed_process_had_probed_the_folder() {
    let (config, out, overwrite) = (0, 0, false);
    let killed = Run(Call::Train { config, out, overwrite }, End::Fault("folder-probed", 1));
    replay(&[killed, train(config, out)]);
}

#[test]
fn model_resume_of_a_finished_run_once_left_the_files_of_a_killed_overwrite() {
    let (config, out, overwrite) = (0, 0, true);
    let killed = Run(Call::Train { config, out, overwrite }, End::Fault("folder-probed", 1));
    replay(&[train(config, out), killed, Run(Call::Resume(out), End::Itself)]);
}
