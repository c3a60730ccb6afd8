//! The order of the training examples in an epoch.

use rand::Rng;
use vds_datasets::{batches, shuffled};

/// The examples `0..n` in random order, in batches.
///
/// Every example is in one batch. The last batch is smaller if it must be; a last batch of one example joins the batch before
/// it, as batch norm has no variance of one example.
pub(crate) fn shuffled_batches(n: usize, batch_size: usize, rng: &mut impl Rng) -> Vec<Vec<usize>> {
    let order = shuffled(n, rng);
    let mut batches: Vec<Vec<usize>> = batches(&order, batch_size).map(<[usize]>::to_vec).collect();
    if batches.len() > 1
        && let Some(last) = batches.pop_if(|last| last.len() == 1)
        && let Some(previous) = batches.last_mut()
    {
        previous.extend(last);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::{Purpose, stream};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_partition_the_examples_and_none_holds_one(n in 2_usize..200, batch_size in 2_usize..50, seed: u64) {
            let batches = shuffled_batches(n, batch_size, &mut stream(seed, Purpose::Shuffle, 1));
            let mut all = batches.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
            prop_assert!(batches.iter().all(|batch| (2..=batch_size + 1).contains(&batch.len())));
            let full = batches.iter().filter(|batch| batch.len() == batch_size).count();
            prop_assert!(full + 1 >= batches.len());
        }
    }

    #[test]
    fn batches_differ_from_epoch_to_epoch() {
        let order = |epoch| shuffled_batches(50, 10, &mut stream(3, Purpose::Shuffle, epoch));
        assert_ne!(order(1), order(2));
        assert_eq!(order(1), order(1));
    }
}
