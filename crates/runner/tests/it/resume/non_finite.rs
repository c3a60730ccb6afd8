//! Numbers that are not finite.

use super::damage::checkpoints;
use crate::sandbox::Sandbox;

/// With this rate the network overflows after some epochs.
const TRAIN: &str = "train CONFIGS/spirals.ron --quiet --set optimizer.learning_rate=100 --set optimizer.momentum=0.99 \
                     --set batch_size=128 --out r";

#[test]
fn train_that_overflows_names_the_place_and_keeps_the_last_good_state() {
    let sandbox = Sandbox::new();
    let (stderr, code) = sandbox.fail(TRAIN);
    assert_eq!(code, Some(1), "{stderr}");
    let step = sandbox.json("r/nonfinite.json");
    let [what, value, layer] = ["what", "value", "layer"].map(|field| step[field].as_str().unwrap().to_owned());
    let [epoch, number, depth] = ["epoch", "step", "depth"].map(|field| step[field].as_u64().unwrap());
    let expected = format!(
        "error: training stopped: {what} is {value} in epoch {epoch}, step {number}, first in layer `{layer}` at depth {depth}\n\
         hint: the state before the step is in r/checkpoints, the batch in r/nonfinite.json, the weights of epoch "
    );
    assert!(stderr.starts_with(&expected), "{stderr}\n{expected}");

    let (batch, labels) = (step["batch"].as_array().unwrap(), step["labels"].as_array().unwrap());
    assert_eq!((batch.len(), labels.len()), (128, 128));
    assert!(!sandbox.path("r/summary.json").exists(), "the run is not finished");
    assert!(sandbox.path("r/weights.safetensors").exists());

    // The state before the step is whole, and the step fails again in the same way.
    assert_eq!(checkpoints(&sandbox).len(), 1);
    let (again, code) = sandbox.fail("train --resume r --quiet");
    assert_eq!((again, code), (stderr, Some(1)));
    assert_eq!(sandbox.json("r/nonfinite.json"), step);

    // The page of what there is says that the run diverged, and where.
    sandbox.run("report r --out r.html");
    let page = sandbox.text("r.html");
    assert!(page.contains("diverged") && page.contains(&layer), "{page}");
}
