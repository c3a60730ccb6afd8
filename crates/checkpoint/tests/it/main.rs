//! Tests of the checkpoints.

#![allow(clippy::unwrap_used, reason = "a step that fails here fails its test")]

mod file;
mod store;

use std::collections::BTreeMap;

use serde_json::json;
use vds_checkpoint::{Checkpoint, Tensor};

/// A small checkpoint of every kind of tensor.
pub(crate) fn checkpoint(epoch: u64) -> Checkpoint {
    let tensors = BTreeMap::from([
        ("history".to_owned(), Tensor::U8(b"{}\n".to_vec())),
        ("n_batches".to_owned(), Tensor::U64(vec![3, u64::MAX])),
        ("weights".to_owned(), Tensor::F32(vec![0.5, -0.0, 1e-45, f32::INFINITY])),
    ]);
    Checkpoint::new("test 1", json!({ "epoch": epoch, "loss": 0.1 + 0.2 }), tensors)
}
