//! Splits of labeled examples, and batches.

use rand::Rng;

use crate::error::{Error, Result};
use crate::random::shuffled;

/// Two disjoint sets of examples that cover all of them, each in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The examples that stay.
    pub kept: Vec<usize>,
    /// The examples set aside, for validation for instance.
    pub held_out: Vec<usize>,
}

/// Sets `fraction` of the examples aside at random, of each class in proportion: round(fraction * n) in all, by class the
/// share rounded by largest remainder, among equal remainders at random.
///
/// The choice depends on the generator and on which examples share a class, not on the classes' numbers.
///
/// # Errors
/// If `fraction` is not in [0, 1], or a label is not below `n_classes`.
pub fn stratified_split(labels: &[u32], n_classes: usize, fraction: f64, rng: &mut impl Rng) -> Result<Split> {
    let n = labels.len();
    if !(0.0..=1.0).contains(&fraction) {
        let expected = "a share from 0 to 1";
        return Err(Error::Fraction { fraction, n, expected });
    }
    let order = shuffled(n, rng);
    let mut quotas = quotas(labels, n_classes, rounded_share(fraction, n), &order)?;
    let mut is_held_out = vec![false; n];
    for index in order {
        let quota = &mut quotas[labels[index] as usize];
        is_held_out[index] = *quota > 0;
        *quota = quota.saturating_sub(1);
    }
    let (held_out, kept) = (0..n).partition(|index| is_held_out[*index]);
    Ok(Split { kept, held_out })
}

/// How many of `total` examples each class gives; ties go to the class that comes first in `order`.
fn quotas(labels: &[u32], n_classes: usize, total: usize, order: &[usize]) -> Result<Vec<usize>> {
    let mut counts = vec![0_usize; n_classes];
    let mut by_appearance = Vec::new();
    for index in order {
        let label = labels[*index];
        let count = counts.get_mut(label as usize).ok_or(Error::Label {
            index: *index,
            label,
            n_classes,
        })?;
        if *count == 0 {
            by_appearance.push(label as usize);
        }
        *count += 1;
    }
    let n = labels.len().max(1) as u128;
    let share = |class: usize| total as u128 * counts[class] as u128;
    let mut quotas: Vec<usize> = (0..n_classes)
        .map(|class| usize::try_from(share(class) / n).expect("at most the class's count"))
        .collect();
    let n_left = total - quotas.iter().sum::<usize>();
    by_appearance.sort_by_key(|class| std::cmp::Reverse(share(*class) % n));
    for class in by_appearance.into_iter().take(n_left) {
        quotas[class] += 1;
    }
    Ok(quotas)
}

/// `fraction` of `n`, rounded to the nearest count, halves up: the one rule for shares of examples.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates at 0, and n is the most"
)]
pub(crate) fn rounded_share(fraction: f64, n: usize) -> usize {
    ((fraction * n as f64).round() as usize).min(n)
}

/// The first `n_per_class` examples of each class, in ascending order; all of a class that has fewer.
///
/// # Panics
/// If a label is not below `n_classes`.
pub fn first_of_each_class(labels: &[u32], n_classes: usize, n_per_class: usize) -> Vec<usize> {
    let mut counts = vec![0; n_classes];
    let wanted = labels.iter().enumerate().filter(|(_, label)| {
        let count = &mut counts[**label as usize];
        *count += 1;
        *count <= n_per_class
    });
    wanted.map(|(index, _)| index).collect()
}

/// The batches of an epoch: runs of `batch_size` examples in the given order; the last one may be smaller.
///
/// # Panics
/// If `batch_size` is 0.
pub fn batches(order: &[usize], batch_size: usize) -> std::slice::Chunks<'_, usize> {
    assert!(batch_size > 0, "a batch size of 0");
    order.chunks(batch_size)
}

#[cfg(test)]
mod tests;
