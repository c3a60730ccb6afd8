//! The bytes of one file.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use vds_checkpoint::{Checkpoint, Error, SCHEMA, Tensor};

use crate::checkpoint;

fn tensor() -> impl Strategy<Value = Tensor> {
    prop_oneof![
        // By their bits, as NaN is not equal to itself.
        prop::collection::vec(any::<f32>().prop_filter("is NaN", |x| !x.is_nan()), 0..40).prop_map(Tensor::F32),
        prop::collection::vec(any::<u64>(), 0..40).prop_map(Tensor::U64),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Tensor::U8),
    ]
}

proptest! {
    #[test]
    fn file_gives_back_what_was_written(
        tensors in prop::collection::btree_map("[a-z/.]{1,8}", tensor(), 0..6),
        numbers in prop::collection::vec(any::<f64>().prop_filter("JSON has none", |x| x.is_finite()), 0..20),
        text: String,
    ) {
        let checkpoint = Checkpoint::new(text.clone(), json!({ "numbers": numbers, "text": text }), tensors);
        let bytes = checkpoint.to_bytes().unwrap();
        let read = Checkpoint::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &checkpoint);
        let read: Vec<f64> = serde_json::from_value(read.state["numbers"].clone()).unwrap();
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&numbers));
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Checkpoint::from_bytes(&bytes).is_err());
    }
}

#[test]
fn equal_checkpoints_have_equal_bytes() {
    let bytes = checkpoint(3).to_bytes().unwrap();
    for _ in 0..20 {
        assert_eq!(checkpoint(3).to_bytes().unwrap(), bytes);
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = checkpoint(3).to_bytes().unwrap();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            assert!(Checkpoint::from_bytes(&damaged).is_err(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn every_truncation_and_extension_is_found() {
    let mut bytes = checkpoint(3).to_bytes().unwrap();
    for len in 0..bytes.len() {
        assert!(Checkpoint::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
    }
    bytes.push(0);
    assert!(Checkpoint::from_bytes(&bytes).is_err());
}

#[test]
fn flipped_value_is_told_by_the_sums() {
    let mut bytes = checkpoint(3).to_bytes().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let error = Checkpoint::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Sum { .. }), "{error}");
}

/// A file with the given header in place of ours.
fn with_header(header: &str) -> Vec<u8> {
    let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    let metadata = HashMap::from([("checkpoint".to_owned(), header.to_owned())]);
    safetensors::serialize([("a", view)], Some(metadata)).unwrap()
}

#[test]
fn other_schemas_are_refused_by_name_whatever_else_they_hold() {
    for schema in [0, SCHEMA + 1] {
        let bytes = with_header(&format!(r#"{{"schema": {schema}, "program": "vds 9.0", "later": []}}"#));
        let error = Checkpoint::from_bytes(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "it has schema {schema}, written by vds 9.0, and this program reads schema 1; continue with the program that \
                 wrote it"
            )
        );
    }
}

#[test]
fn other_safetensors_files_are_no_checkpoints() {
    for header in ["", "[]", r#"{"schema": "1"}"#, r#"{"schema": 1}"#] {
        let error = Checkpoint::from_bytes(&with_header(header)).unwrap_err();
        assert!(matches!(error, Error::NoCheckpoint(_)), "{header}: {error}");
    }
    let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    let error = Checkpoint::from_bytes(&safetensors::serialize([("a", view)], None).unwrap()).unwrap_err();
    assert!(matches!(error, Error::NoCheckpoint(_)), "{error}");
}

#[test]
fn tensors_are_taken_by_name_and_type() {
    let mut read = checkpoint(1);
    assert_eq!(read.take_u64("n_batches").unwrap(), [3, u64::MAX]);
    assert_eq!(
        read.take_u64("n_batches").unwrap_err().to_string(),
        "it holds no tensor `n_batches`"
    );
    assert_eq!(
        read.take_bytes("weights").unwrap_err().to_string(),
        "its tensor `weights` holds F32, expected U8"
    );
    assert_eq!(read.tensors.keys().collect::<Vec<_>>(), ["history"]);
    let empty = Checkpoint::new("", json!(null), BTreeMap::new());
    assert_eq!(Checkpoint::from_bytes(&empty.to_bytes().unwrap()).unwrap(), empty);
}
