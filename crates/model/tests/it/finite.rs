//! What happens at numbers that are not finite.

use dfdx::prelude::*;
use vds_model::{Error, Network, NetworkConfig, Place, Sgd};

use crate::network::{conv, fc, numbers, trained};

/// A network whose parameters named `name` are as large as single precision goes.
fn poisoned(config: &NetworkConfig, name: &str) -> Network<Cpu> {
    let mut network = trained(config, 3, 1);
    let clean = network.params_vec();
    let of_layer = |i: &usize| network.place_of(*i).layer == name;
    let hit: Vec<usize> = (0..clean.len()).filter(of_layer).collect();
    assert!(!hit.is_empty(), "{name}");
    let mut params = clean;
    hit.into_iter().for_each(|i| params[i] = f32::MAX);
    network.set_params(&params).unwrap();
    network
}

#[test]
fn non_finite_layer_is_named_with_its_depth() {
    let cases = [
        (conv(2), "input_layer.0", 0),
        (conv(2), "stochstic_layers.0.block.2", 1),
        (conv(2), "stochstic_layers.1.block.3", 2),
        (conv(2), "stochstic_layers.1.block.5", 2),
        (conv(2), "output_layer.1.ops.0", 0),
        (fc(3), "input_layer", 0),
        (fc(3), "stochstic_layers.2.block.0", 3),
        (fc(3), "output_layer", 0),
    ];
    for (config, layer, depth) in cases {
        let mut network = poisoned(&config, layer);
        let inputs: Vec<f32> = numbers(4 * config.example_len(), 1)
            .iter()
            .map(|x| 5.0 * x.abs())
            .collect();
        let max_depth = config.max_depth();
        let logits = network.forward_train(&inputs, 4, max_depth).unwrap().0.as_vec();
        assert!(logits.iter().any(|x| !x.is_finite()), "{layer}");
        let layer = layer.to_owned();
        let found = network.first_non_finite(&inputs, max_depth).unwrap();
        assert_eq!(found, Some(Place { depth, layer }));
    }
}

#[test]
fn non_finite_layer_is_absent_from_a_finite_pass_and_the_input_for_a_bad_example() {
    for config in [conv(2), fc(3)] {
        let network = trained(&config, 1, 1);
        let mut inputs = numbers(3 * config.example_len(), 1);
        assert_eq!(network.first_non_finite(&inputs, 2).unwrap(), None);
        inputs[0] = f32::NAN;
        let place = network.first_non_finite(&inputs, 2).unwrap().unwrap();
        assert_eq!((place.depth, place.layer.as_str()), (0, "input"));
    }
}

#[test]
fn non_finite_statistic_is_found_though_the_logits_are_finite() {
    for (config, layer, norm) in [
        (conv(2), "input_layer.0", "stochstic_layers.0.block.0"),
        (fc(3), "stochstic_layers.1.block.0", "stochstic_layers.1.block.2"),
    ] {
        let mut network = trained(&config, 3, 1);
        assert_eq!(network.non_finite_statistic(), None);
        let mut params = network.params_vec();
        for (index, param) in params.iter_mut().enumerate() {
            if network.place_of(index).layer == layer {
                *param *= 1e22;
            }
        }
        network.set_params(&params).unwrap();
        let inputs = numbers(4 * config.example_len(), 1);
        let (_, pass) = network.forward_train(&inputs, 4, config.max_depth()).unwrap();
        let (place, value) = pass.network().non_finite_statistic().unwrap();
        assert_eq!((place.layer.as_str(), place.depth), (norm, config.max_depth() - 1));
        assert!(!value.is_finite());
        drop(pass);
        assert_eq!(network.non_finite_statistic(), None);
    }
}

#[test]
fn training_pass_that_is_not_committed_leaves_the_running_statistics_as_they_were() {
    for config in [conv(2), fc(3)] {
        let mut network = trained(&config, 1, 2);
        let before = network.snapshot();
        let inputs = numbers(3 * config.example_len(), 9);
        for depth in 0..=2 {
            let (_, pass) = network.forward_train(&inputs, 3, depth).unwrap();
            let during = pass.network().snapshot();
            // A fully connected network of depth 0 has no batch norm.
            assert_eq!(during == before, depth == 0 && config == fc(3));
            drop(pass);
            assert_eq!(network.snapshot(), before);
            let mut other = trained(&config, 1, 2);
            other.forward_train(&inputs, 3, depth).unwrap().1.commit();
            assert_eq!(other.snapshot(), during);
        }
    }
}

#[test]
fn optimizer_step_that_is_not_applied_changes_nothing() {
    let device = Cpu::default();
    let mut params = device.tensor_from_vec(vec![1.0, 2.0], (2,));
    let mut sgd = Sgd::new(2, 0.5);
    let gradients = |params: &Tensor<(usize,), f32, Cpu>| params.leaky_trace().sum::<(), _>().backward();
    drop(sgd.propose(&params, &mut gradients(&params), 0.5).unwrap());
    assert_eq!((params.as_vec(), sgd.velocity()), (vec![1.0, 2.0], &[0.0; 2][..]));
    let step = sgd.propose(&params, &mut gradients(&params), 0.5).unwrap();
    step.apply(&mut params);
    assert_eq!((params.as_vec(), sgd.velocity()), (vec![0.5, 1.5], &[1.0; 2][..]));
}

#[test]
fn optimizer_step_to_non_finite_parameters_changes_nothing_and_names_the_element() {
    let device = Cpu::default();
    let mut params = device.tensor_from_vec(vec![1.0, 2.0, 3.0], (3,));
    let mut sgd = Sgd::new(3, 0.5);
    let gradients = |factors: [f32; 3], params: &Tensor<(usize,), f32, Cpu>| {
        let factors = device.tensor_from_vec(factors.to_vec(), (3,));
        (params.leaky_trace() * factors).sum::<(), _>().backward()
    };
    let mut first = gradients([1.0; 3], &params);
    sgd.propose(&params, &mut first, 0.1).unwrap().apply(&mut params);
    let (values, velocity) = (params.as_vec(), sgd.velocity().to_vec());
    let cases = [
        ([1.0, f32::NAN, 1.0], "gradient 1 is NaN"),
        ([f32::INFINITY, 1.0, f32::NEG_INFINITY], "gradient 2 is -inf"),
        ([1.0, 1.0, 3e38], "parameter after the step 2 is -inf"),
    ];
    for (factors, message) in cases {
        let mut gradients = gradients(factors, &params);
        let error = sgd.propose(&params, &mut gradients, 2.0).unwrap_err();
        assert!(matches!(error, Error::NonFinite { .. }));
        assert_eq!(error.to_string(), message);
        assert_eq!((params.as_vec(), sgd.velocity()), (values.clone(), &velocity[..]));
    }
    assert_eq!(
        sgd.set_velocity(&[0.0]).unwrap_err().to_string(),
        "the velocity holds 1 values, expected 3"
    );
}

#[test]
fn snapshot_of_another_network_is_refused_and_changes_nothing() {
    let mut network = trained(&fc(3), 1, 1);
    let before = network.snapshot();
    let mut other = trained(&fc(3), 2, 1).snapshot();
    other.n_batches.pop();
    assert!(matches!(network.restore(&other), Err(Error::Length { .. })));
    assert_eq!(network.snapshot(), before);
}
