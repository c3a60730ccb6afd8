//! A checkpoint: refused, or exactly what was written; and a sealed one that no run has made: refused, or gone on from.
//!
//! The first byte chooses. If it is even, the rest is a file. Else it is the text of a state, a zero byte, and single-precision
//! numbers for the tensor that the second byte names; the whole is sealed and handed to a small run, since no change of a file
//! gets past the seal.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use vds_checkpoint::{Array, Checkpoint};
use vds_runner::config::{Config, Setting, load};
use vds_runner::data::{self, Data};
use vds_runner::device::{Device, device};
use vds_runner::training::{Advance, Position, Trainer};

/// The shipped configuration of the small run.
const CONFIG: &str = include_str!("../corpus-seeds/config/spirals.ron");

/// Checks `bytes`; whether they are accepted.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    match bytes {
        [first, rest @ ..] if first % 2 == 0 => check_file(rest),
        [_, tensor, rest @ ..] => check_state(*tensor, rest),
        _ => false,
    }
}

/// A file that is as the seeds are, for the first mode.
///
/// # Panics
/// If the small run cannot be made.
pub fn seed_file() -> Vec<u8> {
    let (position, tensors) = Run::new().trainer.state();
    let state = serde_json::to_value(position).expect("a position is JSON");
    let bytes = Checkpoint::new("seed", 1, state, tensors).to_bytes();
    [vec![0], bytes.expect("small tensors")].concat()
}

/// A state after some steps, for the second mode.
///
/// # Panics
/// If the small run cannot be made.
pub fn seed_state() -> Vec<u8> {
    let mut run = Run::new();
    run.advance();
    let (position, tensors) = run.trainer.state();
    let state = serde_json::to_string(&position).expect("a position is JSON");
    let Some(Array::F32(params)) = tensors.get("network.params") else {
        panic!("there are parameters");
    };
    let params: Vec<u8> = params.iter().flat_map(|param| param.to_le_bytes()).collect();
    [&[1, 0], state.as_bytes(), &[0], &params].concat()
}

fn check_file(bytes: &[u8]) -> bool {
    let Ok(checkpoint) = Checkpoint::from_bytes(bytes) else {
        return false;
    };
    let written = checkpoint.to_bytes().expect("what was read can be written");
    // By bytes, as NaN is not equal to itself.
    let again = Checkpoint::from_bytes(&written).expect("what was written is read");
    assert_eq!(again.to_bytes().expect("as before"), written);
    true
}

fn check_state(tensor: u8, bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let text = parts.next().unwrap_or_default();
    let numbers = parts.next().unwrap_or_default();
    let Ok(state) = serde_json::from_slice::<Value>(text) else {
        return false;
    };
    let Ok(position) = serde_json::from_value::<Position>(state.clone()) else {
        return false;
    };
    let mut run = Run::new();
    let (_, mut tensors) = run.trainer.state();
    replace(&mut tensors, tensor, numbers);
    let sealed = Checkpoint::new("fuzz", 1, state, tensors)
        .to_bytes()
        .expect("small tensors");
    let mut checkpoint = Checkpoint::from_bytes(&sealed).expect("what was sealed is read");
    run.trainer.restore(&position, &mut checkpoint).is_ok() && run.advance()
}

/// Puts numbers in place of one of the tensors.
fn replace(tensors: &mut BTreeMap<String, Array>, which: u8, numbers: &[u8]) {
    let index = usize::from(which) % tensors.len();
    let tensor = tensors.values_mut().nth(index).expect("the index is in range");
    let chunks = numbers.as_chunks::<4>().0;
    *tensor = match tensor {
        Array::F32(_) => Array::F32(chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        Array::U64(_) => Array::U64(
            chunks
                .iter()
                .map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
                .collect(),
        ),
        Array::U8(_) => Array::U8(numbers.to_vec()),
    };
}

/// One for the process, as in `vds`: what a device keeps for later use, dfdx does not free with it.
static DEVICE: LazyLock<Device> = LazyLock::new(|| device().expect("the processor"));

/// A run of a few points and two epochs.
struct Run {
    data: Data,
    trainer: Trainer<Device>,
}

impl Run {
    fn new() -> Self {
        let config = config();
        let data = data::load(&config, &Default::default()).expect("spirals need no file");
        let network = data::network_config(&config).expect("it fits the spirals");
        let trainer = Trainer::new(&config, &network, &*DEVICE).expect("a small network");
        Self { data, trainer }
    }

    /// Goes on to the end of the epoch; whether nothing was refused.
    fn advance(&mut self) -> bool {
        match self.trainer.advance(&self.data.training(), &|_| false) {
            Ok(Advance::Paused) => panic!("nobody asked for a pause"),
            Ok(Advance::Epoch(metrics)) => {
                assert!(metrics.train_loss.is_finite() && metrics.epoch == self.trainer.epochs());
                true
            }
            Ok(Advance::Ended(_)) => true,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                false
            }
        }
    }
}

fn config() -> Config {
    let settings = [
        "dataset.n=40",
        "dataset.train_fraction=0.5",
        "network=Fc(width: 3)",
        "max_depth=2",
        "epochs=2",
        "batch_size=8",
    ];
    let settings = settings.map(|text| Setting::parse(text).expect("a setting"));
    load(Path::new("spirals.ron"), CONFIG, &settings).expect("the shipped configuration")
}
