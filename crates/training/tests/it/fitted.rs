//! The fitted model, its file and its pruning.

use dfdx::prelude::Cpu;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_model::HeadStatistics;
use vds_records::Predictive;
use vds_training::{Error, FittedModel};

use crate::case::case;

#[test]
fn fitted_model_survives_its_file_and_pruning() {
    let (data, case) = (case(|_| {}).data(), case(|_| {}));
    let (_, _, mut model) = case.run();
    let view = case.view(&data).train;
    let unfitted = model.predict(view, Predictive::Stacked).unwrap_err();
    assert!(matches!(unfitted, Error::NotFitted { .. }), "{unfitted}");
    model.fit(view, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    model.network.set_head_statistics(HeadStatistics::Shared);
    let bytes = model.to_safetensors(serde_json::Map::new()).unwrap();
    let read = FittedModel::from_safetensors(&bytes, model.network.config(), &Cpu::default()).unwrap();
    assert_eq!(read.network.snapshot(), model.network.snapshot());
    assert_eq!(read.posterior_logits, model.posterior_logits);
    assert_eq!((read.epoch, &read.posterior), (model.epoch, &model.posterior));
    assert_eq!(read.fitted, model.fitted);
    assert_eq!(read.network.head_statistics(), HeadStatistics::Shared);
    for predictive in [Predictive::Stacked, Predictive::DepthTempered] {
        let [ours, theirs] = [&model, &read].map(|model| model.predict(view, predictive).unwrap());
        assert_eq!(ours, theirs);
    }

    let pruned = model.pruned(1).unwrap();
    assert_eq!((pruned.network.max_depth(), pruned.posterior.max_depth()), (1, 1));
    assert!((pruned.posterior.probs()[0] - model.posterior.probs()[0]).abs() < 1e-6);
    assert!(model.pruned(4).is_err());
    // What was fitted is for other depths.
    assert_eq!(pruned.fitted, None);
    assert_eq!(
        pruned.predict(view, Predictive::Marginal).unwrap().probs.len(),
        2 * view.len()
    );
}
