//! Every random number of a run: one stream for each purpose and epoch, so that no consumer can shift another's numbers.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Generated data.
    Data,
    /// The validation split.
    Split,
    /// The network's initial parameters.
    Initialization,
    /// The order of the training examples in an epoch.
    Shuffle,
    /// Resamples of examples after training.
    Bootstrap,
}

/// The stream for a purpose in an epoch; purposes outside the training loop take epoch 0.
///
/// # Numerics
/// `ChaCha8` keyed by the seed, the purpose and the epoch themselves: streams cannot coincide.
pub fn stream(seed: u64, purpose: Purpose, epoch: usize) -> ChaCha8Rng {
    let purpose: u64 = match purpose {
        Purpose::Data => 1,
        Purpose::Split => 2,
        Purpose::Initialization => 3,
        Purpose::Shuffle => 4,
        Purpose::Bootstrap => 5,
    };
    let mut key = [0; 32];
    let words = [seed, purpose, epoch as u64, u64::from_le_bytes(*b"vds-run\0")];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;
    use std::collections::BTreeSet;

    #[test]
    fn streams_differ_in_seed_purpose_and_epoch_and_repeat() {
        let purposes = [
            Purpose::Data,
            Purpose::Split,
            Purpose::Initialization,
            Purpose::Shuffle,
            Purpose::Bootstrap,
        ];
        let mut firsts = BTreeSet::new();
        for seed in [0, 1, u64::MAX] {
            for purpose in purposes {
                for epoch in [0, 1, 8000] {
                    let first = stream(seed, purpose, epoch).next_u64();
                    assert_eq!(first, stream(seed, purpose, epoch).next_u64());
                    firsts.insert(first);
                }
            }
        }
        assert_eq!(firsts.len(), 3 * 5 * 3);
    }
}
