//! The bytes of one file.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use vds_checkpoint::{Array, CONTAINER_SCHEMA, Checkpoint, Error};

use crate::{SCHEMA, checkpoint};

fn array() -> impl Strategy<Value = Array> {
    prop_oneof![
        // By their bits, as NaN is not equal to itself.
        prop::collection::vec(any::<f32>().prop_filter("is NaN", |x| !x.is_nan()), 0..40).prop_map(Array::F32),
        prop::collection::vec(any::<u64>(), 0..40).prop_map(Array::U64),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Array::U8),
    ]
}

proptest! {
    #[test]
    fn file_reads_back_as_it_was_written(
        arrays in prop::collection::btree_map("[a-z/.]{1,8}", array(), 0..6),
        numbers in prop::collection::vec(any::<f64>().prop_filter("JSON has none", |x| x.is_finite()), 0..20),
        text: String,
        schema: u32,
    ) {
        let checkpoint = Checkpoint::new(text.clone(), schema, json!({ "numbers": numbers, "text": text }), arrays);
        let bytes = checkpoint.to_bytes().unwrap();
        let read = Checkpoint::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &checkpoint);
        let read: Vec<f64> = serde_json::from_value(read.state["numbers"].clone()).unwrap();
        let bits = |numbers: &[f64]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&numbers));
    }

    #[test]
    fn file_of_arbitrary_bytes_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Checkpoint::from_bytes(&bytes).is_err());
    }
}

#[test]
fn file_bytes_of_equal_checkpoints_are_equal() {
    let bytes = checkpoint(3).to_bytes().unwrap();
    for _ in 0..20 {
        assert_eq!(checkpoint(3).to_bytes().unwrap(), bytes);
    }
}

#[test]
fn damage_every_flipped_bit_is_found() {
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
fn damage_every_truncation_and_extension_is_found() {
    let mut bytes = checkpoint(3).to_bytes().unwrap();
    for len in 0..bytes.len() {
        assert!(Checkpoint::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
    }
    bytes.push(0);
    assert!(Checkpoint::from_bytes(&bytes).is_err());
}

#[test]
fn damage_of_a_value_is_found_by_the_digest() {
    let mut bytes = checkpoint(3).to_bytes().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let error = Checkpoint::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, Error::Digest { .. }), "{error}");
}

/// A safetensors file with the given text as the header of a checkpoint.
fn with_header(header: &str) -> Vec<u8> {
    let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    let metadata = HashMap::from([("checkpoint".to_owned(), header.to_owned())]);
    safetensors::serialize([("a", view)], Some(metadata)).unwrap()
}

#[test]
fn schema_of_another_container_is_refused_by_name_whatever_else_it_holds() {
    let check = |entry: &str, schema: u32| {
        let bytes = with_header(&format!(
            r#"{{"{entry}": {schema}, "program": "vds 9.0", "later": []}}"#
        ));
        let error = Checkpoint::from_bytes(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("its container schema is {schema}, expected 2; resume with the program that wrote it, vds 9.0")
        );
    };
    for schema in [0, 1, CONTAINER_SCHEMA + 1] {
        check("container", schema);
    }
    // The first version of the container.
    check("schema", 1);
}

#[test]
fn schema_of_another_content_is_read_and_then_refused_by_name() {
    let bytes = checkpoint(1).to_bytes().unwrap();
    let read = Checkpoint::from_bytes(&bytes).unwrap();
    read.check_schema(SCHEMA).unwrap();
    let error = read.check_schema(4).unwrap_err();
    assert_eq!(
        error.to_string(),
        "its content schema is 3, expected 4; resume with the program that wrote it, test 1"
    );
    assert!(!error.is_damage());
}

#[test]
fn file_that_is_not_a_checkpoint_is_refused() {
    for header in ["", "[]", r#"{"container": "2"}"#, r#"{"container": 2}"#] {
        let error = Checkpoint::from_bytes(&with_header(header)).unwrap_err();
        assert!(matches!(error, Error::NotACheckpoint(_)), "{header}: {error}");
    }
    let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    let error = Checkpoint::from_bytes(&safetensors::serialize([("a", view)], None).unwrap()).unwrap_err();
    assert!(matches!(error, Error::NotACheckpoint(_)), "{error}");
}

#[test]
fn array_is_taken_by_name_and_type() {
    let mut read = checkpoint(1);
    assert_eq!(read.take_u64("n_batches").unwrap(), [3, u64::MAX]);
    assert_eq!(
        read.take_u64("n_batches").unwrap_err().to_string(),
        "it has no array `n_batches`"
    );
    assert_eq!(
        read.take_bytes("weights").unwrap_err().to_string(),
        "its array `weights` holds F32, expected U8"
    );
    assert_eq!(read.arrays.keys().collect::<Vec<_>>(), ["history"]);
    let empty = Checkpoint::new("", 0, json!(null), BTreeMap::new());
    assert_eq!(Checkpoint::from_bytes(&empty.to_bytes().unwrap()).unwrap(), empty);
}
