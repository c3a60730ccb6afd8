//! Failures although nothing that came from outside is out of its range.

use super::fixtures::run_on_points;
use super::weights::WEIGHTS;
use super::weights_file::WeightsFile;
use crate::sandbox::Sandbox;

#[test]
fn evaluate_predict_and_prune_name_the_run_whose_weights_overflow() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    let mut file = WeightsFile::parse(&std::fs::read(sandbox.path(WEIGHTS)).unwrap());
    let huge = |weight: f32| (weight.signum() * f32::MAX).to_le_bytes().to_vec();
    file.tensor("input_layer.weight").retype("F32", huge);
    sandbox.write(WEIGHTS, file.to_bytes());
    sandbox.unseal_weights("r");
    sandbox.write("p.txt", "1 2\n");
    let before = sandbox.everything();
    for (command, doing) in [
        ("evaluate r", "evaluating r"),
        ("predict r p.txt", "predicting for p.txt with r"),
        ("prune r --depth 0 --out p", "pruning r"),
    ] {
        let (stderr, code) = sandbox.fail(command);
        let is_named = stderr.contains(&format!("\nerror: {doing}: the network's output for examples 0 to "));
        assert!(is_named && stderr.contains(" is NaN"), "{stderr}");
        assert_eq!(code, Some(1), "{command}");
    }
    assert!(sandbox.changes(&before).is_empty());
}
