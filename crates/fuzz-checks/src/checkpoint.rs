//! A checkpoint: refused, or exactly what was written; and a sealed one that no run has made: refused, or resumed from.
//!
//! The first byte chooses. If it is even, the rest is a file. Else it is the text of a state, a zero byte, and single-precision
//! numbers for the array that the second byte names; the whole is sealed and handed to a small run, since no change of a file
//! gets past the seal.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dfdx::prelude::{Cache as _, Cpu};
use serde_json::Value;
use vds_checkpoint::{Array, Checkpoint};
use vds_datasets::{Examples, Standardization, View};
use vds_model::{FcConfig, NetworkConfig};
use vds_training::{Objective, StepOutcome, TrainOptions, Trainer, TrainerState, TrainingData};
use vds_variational::DepthPrior;

/// Checks `bytes`; whether they are accepted.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    match bytes {
        [first, rest @ ..] if first % 2 == 0 => check_file(rest),
        [_, array, rest @ ..] => check_state(*array, rest),
        _ => false,
    }
}

/// A file that is as the seeds are, for the first mode.
///
/// # Panics
/// If the small run cannot be made.
pub fn seed_file() -> Vec<u8> {
    let (state, arrays) = Run::new().trainer.state();
    let state = serde_json::to_value(state).expect("a state is JSON");
    let bytes = Checkpoint::new("seed", 1, state, arrays).to_bytes();
    [vec![0], bytes.expect("small arrays")].concat()
}

/// A state after some steps, for the second mode.
///
/// # Panics
/// If the small run cannot be made.
pub fn seed_state() -> Vec<u8> {
    let mut run = Run::new();
    run.advance();
    let (state, arrays) = run.trainer.state();
    let state = serde_json::to_string(&state).expect("a state is JSON");
    let Some(Array::F32(params)) = arrays.get("network.params") else {
        panic!("there are parameters");
    };
    let params: Vec<u8> = params.iter().flat_map(|param| param.to_le_bytes()).collect();
    let index = arrays.keys().position(|name| name == "network.params");
    let index = index.and_then(|index| u8::try_from(index).ok()).expect("few arrays");
    [&[1, index], state.as_bytes(), &[0], &params].concat()
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

fn check_state(array: u8, bytes: &[u8]) -> bool {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let text = parts.next().unwrap_or_default();
    let numbers = parts.next().unwrap_or_default();
    let Ok(state) = serde_json::from_slice::<Value>(text) else {
        return false;
    };
    let Ok(trainer_state) = serde_json::from_value::<TrainerState>(state.clone()) else {
        return false;
    };
    let mut run = Run::new();
    let (_, mut arrays) = run.trainer.state();
    replace(&mut arrays, array, numbers);
    let sealed = Checkpoint::new("fuzz", 1, state, arrays)
        .to_bytes()
        .expect("small arrays");
    let mut checkpoint = Checkpoint::from_bytes(&sealed).expect("what was sealed is read");
    run.trainer.restore(&trainer_state, &mut checkpoint, 20).is_ok() && run.advance()
}

/// Puts numbers in place of one of the arrays.
fn replace(arrays: &mut BTreeMap<String, Array>, which: u8, numbers: &[u8]) {
    let index = usize::from(which) % arrays.len();
    let array = arrays.values_mut().nth(index).expect("the index is in range");
    let chunks = numbers.as_chunks::<4>().0;
    *array = match array {
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
static DEVICE: LazyLock<Cpu> = LazyLock::new(|| {
    let device = Cpu::default();
    device.enable_cache();
    device
});

/// A run of a few points and two epochs.
struct Run {
    points: Examples,
    standardization: Standardization,
    trainer: Trainer<Cpu>,
}

impl Run {
    fn new() -> Self {
        let values = (0..40_u8).map(|i| (f32::from(i) * 0.7).sin()).collect();
        let labels = (0..20).map(|i| i % 2).collect();
        let network = NetworkConfig::Fc(FcConfig {
            n_inputs: 2,
            width: 3,
            n_classes: 2,
            max_depth: 2,
        });
        let objective = Objective::published(DepthPrior::geometric(0.85, 2).expect("a decay below 1"));
        let options = TrainOptions {
            batch_size: 8,
            ..TrainOptions::new(objective, 2)
        };
        Self {
            points: Examples::from_features(values, 2, labels, 2).expect("twenty points"),
            standardization: Standardization::identity(2),
            trainer: Trainer::new(options, &network, &*DEVICE).expect("a small network"),
        }
    }

    /// Trains to the end of the epoch; whether nothing was refused.
    fn advance(&mut self) -> bool {
        let train = View {
            examples: &self.points,
            standardization: &self.standardization,
        };
        let data = TrainingData { train, selection: None };
        match self.trainer.train_epoch(&data, &|_| false) {
            Ok(StepOutcome::Paused) => panic!("no pause was requested"),
            Ok(StepOutcome::Epoch(metrics)) => {
                assert!(metrics.train_loss.is_finite() && metrics.epoch == self.trainer.epochs());
                true
            }
            Ok(StepOutcome::Ended(_)) => true,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                false
            }
        }
    }
}
