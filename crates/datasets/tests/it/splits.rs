//! Properties of splits and batches.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use vds_datasets::{Split, batches, first_of_each_class, shuffled, stratified_split};

const N_CLASSES: u32 = 6;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn split(labels: &[u32], fraction: f64, seed: u64) -> Split {
    stratified_split(labels, N_CLASSES as usize, fraction, &mut rng(seed)).unwrap()
}

fn labels() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..N_CLASSES, 0..300)
}

fn count(labels: &[u32], indices: &[usize], class: u32) -> usize {
    indices.iter().filter(|index| labels[**index] == class).count()
}

proptest! {
    #[test]
    fn orders_are_permutations(n in 0..500_usize, seed in any::<u64>()) {
        let order = shuffled(n, &mut rng(seed));
        prop_assert_eq!(order.len(), n);
        let numbers: BTreeSet<usize> = order.into_iter().collect();
        prop_assert!(numbers.into_iter().eq(0..n));
    }

    #[test]
    fn batches_partition_the_data(n in 0..500_usize, size in 1..600_usize, seed in any::<u64>()) {
        let order = shuffled(n, &mut rng(seed));
        let parts: Vec<&[usize]> = batches(&order, size).collect();
        prop_assert_eq!(&parts.concat(), &order);
        prop_assert_eq!(parts.len(), n.div_ceil(size));
        if let Some((last, whole)) = parts.split_last() {
            prop_assert!(whole.iter().all(|part| part.len() == size));
            prop_assert!((1..=size).contains(&last.len()));
        }
    }

    #[test]
    fn splits_are_disjoint_and_cover(labels in labels(), fraction in 0.0..=1.0_f64, seed in any::<u64>()) {
        let Split { kept, held_out } = split(&labels, fraction, seed);
        prop_assert!(kept.is_sorted() && held_out.is_sorted());
        let share = fraction * labels.len() as f64;
        prop_assert!((held_out.len() as f64 - share).abs() <= 0.5, "{} of {}", held_out.len(), share);
        let mut all = [kept, held_out].concat();
        all.sort_unstable();
        prop_assert!(all.into_iter().eq(0..labels.len()));
    }

    #[test]
    fn each_class_gives_its_share_up_to_rounding(labels in labels(), fraction in 0.0..=1.0_f64, seed in any::<u64>()) {
        let held_out = split(&labels, fraction, seed).held_out;
        let all: Vec<usize> = (0..labels.len()).collect();
        for class in 0..N_CLASSES {
            let share = held_out.len() as f64 * count(&labels, &all, class) as f64 / labels.len().max(1) as f64;
            let taken = count(&labels, &held_out, class) as f64;
            prop_assert!((taken - share).abs() < 1.0, "class {}: {} of {}", class, taken, share);
        }
    }

    #[test]
    fn splits_follow_from_the_seed(labels in labels(), fraction in 0.0..=1.0_f64, seed in any::<u64>()) {
        prop_assert_eq!(split(&labels, fraction, seed), split(&labels, fraction, seed));
    }

    #[test]
    fn splits_do_not_depend_on_the_classes_numbers(
        labels in labels(),
        fraction in 0.0..=1.0_f64,
        names in Just((0..N_CLASSES).collect::<Vec<_>>()).prop_shuffle(),
        seed in any::<u64>(),
    ) {
        let renamed: Vec<u32> = labels.iter().map(|label| names[*label as usize]).collect();
        prop_assert_eq!(split(&labels, fraction, seed), split(&renamed, fraction, seed));
    }

    #[test]
    fn first_of_each_class_are_the_first(labels in labels(), n in 0..20_usize) {
        let chosen = first_of_each_class(&labels, N_CLASSES as usize, n);
        for class in 0..N_CLASSES {
            let of_class: Vec<usize> = (0..labels.len()).filter(|index| labels[*index] == class).collect();
            let expected: BTreeSet<usize> = of_class.into_iter().take(n).collect();
            let actual: BTreeSet<usize> = chosen.iter().copied().filter(|index| labels[*index] == class).collect();
            prop_assert_eq!(actual, expected);
        }
        prop_assert!(chosen.is_sorted());
    }
}
