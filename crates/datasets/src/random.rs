//! Orders and numbers drawn from a generator that the caller seeds.
//!
//! The rules are written out here, so that an order depends on the generator's stream alone and not on a library's version.

use rand::Rng;

/// The numbers 0 to `n` - 1 in random order, each order as likely as any other.
pub fn shuffled(n: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, rng);
    order
}

/// Puts `items` into random order (Fisher and Yates, from the last place down).
pub fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, rng));
    }
}

/// A number below `n`, each as likely as any other: Lemire's multiplication with rejection.
fn below(n: usize, rng: &mut impl Rng) -> usize {
    let n = n as u64;
    loop {
        let (low, high) = rng.next_u64().carrying_mul(n, 0);
        if low >= n.wrapping_neg() % n {
            return usize::try_from(high).expect("below n, which is a usize");
        }
    }
}

/// A multiple of 2^-53 in [0, 1).
pub(crate) fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn orders_follow_from_the_seed() {
        let order = |seed| shuffled(10, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn each_order_is_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..24_000 {
            *counts.entry(shuffled(4, &mut rng)).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Binomial with mean 1000 and standard deviation 31: five of them.
        assert!(counts.values().all(|count| count.abs_diff(1000) < 155), "{counts:?}");
    }

    #[test]
    fn uniform_numbers_fill_the_unit_interval() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let numbers: Vec<f64> = (0..10_000).map(|_| uniform(&mut rng)).collect();
        assert!(numbers.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        // Standard deviation of the mean: 0.0029.
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
    }
}
