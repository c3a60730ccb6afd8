//! Failures although nothing that came from outside is out of its range.

use super::fixtures::run_on_points;
use super::weights::WEIGHTS;
use super::weights_file::WeightsFile;
use crate::sandbox::Sandbox;

#[test]
fn weights_that_overflow_are_named_by_evaluate_predict_prune_and_verify() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    let mut file = WeightsFile::parse(&std::fs::read(sandbox.path(WEIGHTS)).unwrap());
    let huge = |weight: f32| (weight.signum() * f32::MAX).to_le_bytes().to_vec();
    file.tensor("input_layer.weight").retype("F32", huge);
    sandbox.write(WEIGHTS, file.to_bytes());
    sandbox.unseal_weights("r");
    sandbox.write("p.txt", "# a comment\n1 2\n");
    let before = sandbox.everything();
    for (command, doing) in [
        (
            "evaluate r",
            "evaluating r/weights.safetensors: evaluating on the test set: the network's output for examples 0 to ",
        ),
        (
            "predict r p.txt",
            "p.txt:2: predicting with r/weights.safetensors: depth_logits[",
        ),
        (
            "prune r --depth 0 --out p",
            "pruning r/weights.safetensors: evaluating on the test set: the network's output for examples 0 to ",
        ),
    ] {
        let (stderr, code) = sandbox.fail(command);
        let is_named = stderr.contains(&format!("\nerror: {doing}"));
        assert!(is_named && stderr.contains(" is NaN"), "{stderr}");
        assert_eq!(code, Some(2), "{command}");
    }
    let output = sandbox.command("verify r").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = "r: cannot be verified: evaluating r/weights.safetensors: evaluating on the test set: the network's output for examples 0 to ";
    assert!(printed.starts_with(expected), "{printed}");
    assert_eq!(output.status.code(), Some(2));
    assert!(sandbox.changes(&before).is_empty());
}
