//! Class probabilities with labels, checked when they are made.

use crate::{Error, Result};

/// How far the sum of an example's probabilities may be from one: what `f32` and thousands of classes can cause, and no more.
pub(crate) const SUM_TOLERANCE: f64 = 1e-3;

/// How far a probability may exceed one: a softmax in `f32` does by a few roundings.
pub(crate) const EXCESS: f32 = 1e-5;

/// Class probabilities and labels that fit each other.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    probs: &'a [f32],
    labels: &'a [u32],
    n_classes: usize,
}

impl<'a> Predictions<'a> {
    /// Checks probabilities and labels.
    ///
    /// # Shapes
    /// `probs`: `[n, n_classes]`, row-major; `labels`: `[n]`, each below `n_classes`.
    ///
    /// # Errors
    /// If there are no examples or classes, the lengths do not fit, a label is not a class, a probability is NaN or outside `[0, 1]` (by more than
    /// rounding), or an example's do not sum to one within 1e-3.
    pub fn new(probs: &'a [f32], n_classes: usize, labels: &'a [u32]) -> Result<Self> {
        let n = labels.len();
        match (n, n_classes) {
            (0, _) => return Err(Error::Empty),
            (_, 0) => return Err(Error::NoClasses),
            _ if n.checked_mul(n_classes) != Some(probs.len()) => {
                return Err(Error::Shape {
                    actual: probs.len(),
                    n,
                    n_classes,
                });
            }
            _ => {}
        }
        for (example, (row, label)) in probs.chunks_exact(n_classes).zip(labels).enumerate() {
            if *label as usize >= n_classes {
                return Err(Error::Label {
                    example,
                    label: *label,
                    n_classes,
                });
            }
            check_row(example, row)?;
        }
        Ok(Self {
            probs,
            labels,
            n_classes,
        })
    }

    /// Number of examples, at least 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no examples, which is never the case.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Labels, `[n]`.
    pub fn labels(&self) -> &'a [u32] {
        self.labels
    }

    /// The probabilities and the label of each example.
    pub fn rows(&self) -> impl Iterator<Item = (&'a [f32], usize)> + use<'a> {
        self.probs
            .chunks_exact(self.n_classes)
            .zip(self.labels)
            .map(|(row, label)| (row, *label as usize))
    }

    /// Confidence of each example, and whether its prediction is right.
    pub fn outcomes(&self) -> impl Iterator<Item = (f32, bool)> + use<'a> {
        self.rows().map(|(row, label)| {
            let (class, confidence) = prediction(row);
            (confidence, class == label)
        })
    }

    /// Probability of each example's label.
    pub fn true_probs(&self) -> impl Iterator<Item = f32> + use<'a> {
        self.rows().map(|(row, label)| row[label])
    }

    /// Mean over the examples.
    pub(crate) fn mean(&self, values: impl Iterator<Item = f64>) -> f64 {
        // `sum` starts at -0, which would be the mean of values that are all -0, such as `-ln 1`.
        values.fold(0.0, |sum, value| sum + value) / self.len() as f64
    }
}

pub(crate) fn check_row(example: usize, row: &[f32]) -> Result<()> {
    let is_probability = |p: f32| (0.0..=1.0 + EXCESS).contains(&p);
    if let Some((class, value)) = row.iter().enumerate().find(|(_, p)| !is_probability(**p)) {
        return Err(Error::Probability {
            example,
            class,
            value: *value,
        });
    }
    let sum: f64 = row.iter().map(|p| f64::from(*p)).sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(Error::Sum { example, sum });
    }
    Ok(())
}

/// The class with the largest probability, the first on ties, and that probability.
pub(crate) fn prediction(row: &[f32]) -> (usize, f32) {
    let start = (0, row[0]);
    row.iter()
        .enumerate()
        .fold(start, |best, (class, p)| if *p > best.1 { (class, *p) } else { best })
}
