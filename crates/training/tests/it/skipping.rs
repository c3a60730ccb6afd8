//! Steps that leave out a negligible tail of the posterior.

use vds_training::Objective;
use vds_variational::DepthPrior;

use crate::case::{case, geometric};

#[test]
fn skipping_a_tail_without_mass_changes_no_bit() {
    let case_of = |skip_tail_mass| {
        case(|case| {
            (case.options.epochs, case.max_depth, case.options.skip_tail_mass) = (12, 4, skip_tail_mass);
            case.options.objective = Objective::published(DepthPrior::uniform(4));
        })
    };
    let (expected, _, whole) = case_of(None).run();
    let (actual, _, same) = case_of(Some(0.0)).run();
    assert!(expected.iter().all(|epoch| epoch.train_depth.is_none()));
    assert!(actual.iter().all(|epoch| epoch.train_depth == Some(4)));
    assert_eq!(same.network.params_vec(), whole.network.params_vec());
    assert_eq!(same.network.running_stats(), whole.network.running_stats());
    assert_eq!(same.posterior_logits, whole.posterior_logits);
}

#[test]
fn skipping_leaves_out_a_negligible_tail_but_in_every_fifth_epoch() {
    // The prior favors shallow depths; with so few examples the posterior follows it at once.
    let case = case(|case| {
        (case.options.epochs, case.max_depth, case.n_points) = (40, 8, 40);
        (case.options.objective, case.options.skip_tail_mass) = (geometric(0.05, 8), Some(0.2));
    });
    let (metrics, _, model) = case.run();
    let depths: Vec<usize> = metrics.iter().map(|epoch| epoch.train_depth.unwrap()).collect();
    assert!(depths.iter().step_by(5).all(|&depth| depth == 8), "{depths:?}");
    assert!(depths[39] < 8, "{depths:?}");
    for (before, depth) in metrics
        .iter()
        .zip(&depths[1..])
        .filter(|(epoch, _)| epoch.epoch % 5 != 0)
    {
        let tail: f64 = before.posterior[depth + 1..].iter().sum();
        assert!(tail < 0.2, "epoch {}: {tail}", before.epoch + 1);
    }
    assert!(model.network.params_vec().iter().all(|p| p.is_finite()));
    assert!(metrics[39].train_loss < metrics[0].train_loss);
}
