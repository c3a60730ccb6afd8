//! Weights in files.

use std::collections::{BTreeMap, HashMap};

use dfdx::prelude::Cpu;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use vds_model::{HeadStatistics, NetworkConfig, weights};

use super::network::{conv, fc, numbers, trained};

#[test]
fn weights_survive_their_file() {
    for config in [conv(2), conv(0), fc(3)] {
        let network = trained(&config, 5, 3);
        let extra = BTreeMap::from([("fitted/first".to_owned(), numbers(config.max_depth() + 1, 1))]);
        let metadata = BTreeMap::from([("note".to_owned(), "kept".to_owned())]);
        let bytes = weights::to_bytes(&network, &extra, &metadata).unwrap();
        let read = weights::from_bytes(&bytes, &config, &Cpu::default(), &["fitted/first", "fitted/second"]).unwrap();
        let inputs = numbers(6 * config.example_len(), 2);
        assert_eq!(
            read.network.forward_eval(&inputs, 6).unwrap(),
            network.forward_eval(&inputs, 6).unwrap()
        );
        assert_eq!((&read.extra, &read.metadata), (&extra, &metadata));
        assert_eq!(weights::to_bytes(&read.network, &extra, &metadata).unwrap(), bytes);
    }
}

#[test]
fn weights_without_statistics_per_depth_give_all_depths_the_shared_ones() {
    let config = conv(2);
    let mut network = trained(&config, 5, 3);
    let bytes = weights::to_bytes(&network, &BTreeMap::new(), &BTreeMap::new()).unwrap();
    let bytes = damaged_bytes(&bytes, Damage::Remove("per_depth/output_layer.1.ops.2.running_mean"));
    let bytes = damaged_bytes(&bytes, Damage::Remove("per_depth/output_layer.1.ops.2.running_var"));
    let read = weights::from_bytes(&bytes, &config, &Cpu::default(), &[]).unwrap();
    let inputs = numbers(4 * config.example_len(), 2);
    let per_depth = network.forward_eval(&inputs, 4).unwrap();
    network.set_head_statistics(HeadStatistics::Shared);
    let shared = network.forward_eval(&inputs, 4).unwrap();
    assert_ne!(shared, per_depth);
    assert_eq!(read.network.forward_eval(&inputs, 4).unwrap(), shared);
    assert!(read.extra.is_empty());
}

#[derive(Clone, Copy)]
enum Damage {
    Remove(&'static str),
    Add(&'static str),
    Reshape(&'static str),
    Retype(&'static str),
    NotANumber(&'static str),
    Negative(&'static str),
}

/// The bytes of a file with one thing wrong.
fn damaged(config: &NetworkConfig, damage: Damage) -> Vec<u8> {
    let bytes = weights::to_bytes(&trained(config, 0, 0), &BTreeMap::new(), &BTreeMap::new()).unwrap();
    damaged_bytes(&bytes, damage)
}

fn damaged_bytes(bytes: &[u8], damage: Damage) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut tensors: HashMap<String, (Dtype, Vec<usize>, Vec<u8>)> = file
        .tensors()
        .into_iter()
        .map(|(n, t)| (n, (t.dtype(), t.shape().to_vec(), t.data().to_vec())))
        .collect();
    match damage {
        Damage::Remove(name) => drop(tensors.remove(name).unwrap()),
        Damage::Add(name) => drop(tensors.insert(name.to_owned(), (Dtype::F32, vec![1], vec![0; 4]))),
        Damage::Reshape(name) => tensors.get_mut(name).unwrap().1.insert(0, 1),
        Damage::Retype(name) => tensors.get_mut(name).unwrap().0 = Dtype::I32,
        Damage::NotANumber(name) => tensors.get_mut(name).unwrap().2[..4].copy_from_slice(&f32::NAN.to_le_bytes()),
        Damage::Negative(name) => tensors.get_mut(name).unwrap().2[..4].copy_from_slice(&(-0.5_f32).to_le_bytes()),
    }
    let views = tensors
        .iter()
        .map(|(n, (t, s, d))| (n.clone(), TensorView::new(*t, s.clone(), d).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[track_caller]
fn check_refused(bytes: &[u8], message: &str) {
    let error = weights::from_bytes(bytes, &fc(1), &Cpu::default(), &[]).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn weights_with_negative_variances_are_refused() {
    let name = "stochstic_layers.0.block.2.running_var";
    let expected = format!("tensor `{name}` holds a variance below 0");
    check_refused(&damaged(&fc(1), Damage::Negative(name)), &expected);
    let config = conv(1);
    for name in [
        "output_layer.1.ops.2.running_var",
        "per_depth/output_layer.1.ops.2.running_var",
    ] {
        let error = weights::from_bytes(&damaged(&config, Damage::Negative(name)), &config, &Cpu::default(), &[]);
        let expected = format!("tensor `{name}` holds a variance below 0");
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}

#[test]
fn weights_of_another_network_are_refused_by_the_tensor() {
    let config = fc(1);
    let bias = "output_layer.bias";
    check_refused(
        &damaged(&config, Damage::Remove(bias)),
        "tensor `output_layer.bias` is missing",
    );
    check_refused(
        &damaged(&config, Damage::Add("stray")),
        "tensor `stray` does not belong to this network",
    );
    check_refused(
        &damaged(&config, Damage::Reshape(bias)),
        "tensor `output_layer.bias` is F32 [1, 3], expected F32 [3]",
    );
    check_refused(
        &damaged(&config, Damage::Retype(bias)),
        "tensor `output_layer.bias` is I32 [3], expected F32 [3]",
    );
    check_refused(
        &damaged(&config, Damage::NotANumber(bias)),
        "tensor `output_layer.bias` holds a value that is not finite",
    );
    let extra = BTreeMap::from([("fitted".to_owned(), vec![1.0])]);
    check_refused(
        &weights::to_bytes(&trained(&config, 0, 0), &extra, &BTreeMap::new()).unwrap(),
        "tensor `fitted` does not belong to this network",
    );
    check_refused(b"no such format", "not a readable safetensors file");
    let deeper = weights::to_bytes(&trained(&fc(2), 0, 0), &BTreeMap::new(), &BTreeMap::new()).unwrap();
    check_refused(
        &deeper,
        "tensor `stochstic_layers.1.block.0.bias` does not belong to this network",
    );
}

#[test]
fn weights_hold_statistics_per_depth_in_pairs() {
    let config = conv(1);
    for name in [
        "per_depth/output_layer.1.ops.2.running_mean",
        "per_depth/output_layer.1.ops.2.running_var",
    ] {
        let read = weights::from_bytes(&damaged(&config, Damage::Remove(name)), &config, &Cpu::default(), &[]);
        assert_eq!(read.unwrap_err().to_string(), format!("tensor `{name}` is missing"));
    }
}

#[test]
fn weights_with_a_malformed_extra_tensor_are_refused() {
    let config = fc(1);
    let bytes = damaged(&config, Damage::Add("fitted"));
    let read = weights::from_bytes(&bytes, &config, &Cpu::default(), &["fitted", "absent"]).unwrap();
    assert_eq!(read.extra, BTreeMap::from([("fitted".to_owned(), vec![0.0])]));

    let error = |bytes: &[u8]| {
        let read = weights::from_bytes(bytes, &config, &Cpu::default(), &["fitted"]);
        read.unwrap_err().to_string()
    };
    let written = |values: &[f32]| {
        let extra = BTreeMap::from([("fitted".to_owned(), values.to_vec())]);
        weights::to_bytes(&trained(&config, 0, 0), &extra, &BTreeMap::new()).unwrap()
    };
    assert_eq!(
        error(&written(&[0.5, f32::INFINITY])),
        "tensor `fitted` holds a value that is not finite"
    );
    for (damage, actual) in [
        (Damage::Reshape("fitted"), "F32 [1, 2]"),
        (Damage::Retype("fitted"), "I32 [2]"),
    ] {
        assert_eq!(
            error(&damaged_bytes(&written(&[0.5, 1.5]), damage)),
            format!("tensor `fitted` is {actual}, expected F32 of one axis")
        );
    }
}
