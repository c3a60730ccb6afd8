//! The fitted model, its file and its pruning.

use dfdx::prelude::Cpu;
use vds_training::FittedModel;

use crate::case::case;

#[test]
fn fitted_model_survives_its_file_and_pruning() {
    let (data, case) = (case(|_| {}).data(), case(|_| {}));
    let (_, _, model) = case.run();
    let bytes = model.to_safetensors(serde_json::Map::new()).unwrap();
    let read = FittedModel::from_safetensors(&bytes, model.network.config(), &Cpu::default()).unwrap();
    assert_eq!(read.network.snapshot(), model.network.snapshot());
    assert_eq!(read.posterior_logits, model.posterior_logits);
    assert_eq!((read.epoch, read.posterior), (model.epoch, model.posterior.clone()));

    let pruned = model.pruned(1).unwrap();
    assert_eq!((pruned.network.max_depth(), pruned.posterior.max_depth()), (1, 1));
    assert!((pruned.posterior.probs()[0] - model.posterior.probs()[0]).abs() < 1e-6);
    assert!(model.pruned(4).is_err());
    let view = case.view(&data).train;
    assert_eq!(pruned.predict(view).unwrap().probs.len(), 2 * view.len());
}
