//! Tests of the checkpoints.

#![allow(clippy::unwrap_used, reason = "a step that fails here fails its test")]

mod file;
mod store;

use std::collections::BTreeMap;

use serde_json::json;
use vds_checkpoint::{Array, Checkpoint};

/// Version of the content of [`checkpoint`].
pub(crate) const SCHEMA: u32 = 3;

/// A small checkpoint with an array of every type.
pub(crate) fn checkpoint(epoch: u64) -> Checkpoint {
    let arrays = BTreeMap::from([
        ("history".to_owned(), Array::U8(b"{}\n".to_vec())),
        ("n_batches".to_owned(), Array::U64(vec![3, u64::MAX])),
        ("weights".to_owned(), Array::F32(vec![0.5, -0.0, 1e-45, f32::INFINITY])),
    ]);
    Checkpoint::new("test 1", SCHEMA, json!({ "epoch": epoch, "loss": 0.1 + 0.2 }), arrays)
}
