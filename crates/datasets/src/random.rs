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
    use std::convert::Infallible;

    use rand::TryRng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn orders_follow_from_the_seed() {
        let order = |seed| shuffled(10, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    /// Written down, so that a change of the rules does not go unnoticed.
    #[test]
    fn the_order_of_a_seed_never_changes() {
        let order = shuffled(10, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(order, [2, 7, 8, 5, 3, 6, 1, 9, 0, 4]);
    }

    /// Gives these numbers, then zeros.
    struct Script(std::vec::IntoIter<u64>);

    impl TryRng for Script {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("numbers of 64 bits are drawn")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(self.0.next().unwrap_or(0))
        }

        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
            unreachable!("numbers of 64 bits are drawn")
        }
    }

    #[test]
    fn numbers_that_would_favor_some_results_are_drawn_again() {
        // 2^64 = 3 * k + 1: of the 2^64 numbers one has to go, and it is 0.
        let mut rng = Script(vec![0, 0, u64::MAX].into_iter());
        assert_eq!(below(3, &mut rng), 2);
        // A power of two divides 2^64: nothing has to go.
        let mut rng = Script(vec![0, u64::MAX].into_iter());
        assert_eq!(below(4, &mut rng), 0);
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
