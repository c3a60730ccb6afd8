//! Examples with the standardization that applies to them.

use crate::examples::Examples;
use crate::standardization::Standardization;

/// Examples and how they are standardized, as training, evaluation and prediction take them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The examples.
    pub examples: &'a Examples,
    /// The standardization of their inputs, that of the training set.
    pub standardization: &'a Standardization,
}

impl<'a> View<'a> {
    /// Number of examples.
    pub fn len(self) -> usize {
        self.examples.len()
    }

    /// Whether there is no example.
    pub fn is_empty(self) -> bool {
        self.examples.is_empty()
    }

    /// The class of each example.
    pub fn labels(self) -> &'a [u32] {
        self.examples.labels()
    }

    /// Writes the standardized examples at `indices` and their labels, as [`Examples::fill_batch`] does.
    ///
    /// # Panics
    /// If there is no such example, or the standardization is for another number of channels.
    pub fn fill_batch(self, indices: &[usize], inputs: &mut Vec<f32>, labels: &mut Vec<u32>) {
        self.examples.fill_batch(indices, self.standardization, inputs, labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn view_fills_batches_with_its_own_standardization() {
        let examples = Examples::from_features(vec![1.0, 2.0, 3.0, 5.0], 2, vec![0, 1], 2).unwrap();
        let standardization = Standardization::new(vec![1.0, 1.0], vec![2.0, 4.0]).unwrap();
        let view = View {
            examples: &examples,
            standardization: &standardization,
        };
        assert_eq!((view.len(), view.is_empty(), view.labels()), (2, false, &[0, 1][..]));
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        view.fill_batch(&[1, 0], &mut inputs, &mut labels);
        assert_eq!((inputs, labels), (vec![1.0, 1.0, 0.0, 0.25], vec![1, 0]));
    }
}
