//! What `vds predict` says of one example.

use serde::{Deserialize, Serialize};

/// The prediction for one example of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The file, as typed.
    pub file: String,
    /// The example's place in it, from 0.
    pub index: usize,
    /// The most probable class.
    pub class: usize,
    /// Its name.
    pub name: String,
    /// Its probability.
    pub confidence: f32,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
    /// Entropy of the prediction, nats.
    pub predictive_entropy: f64,
    /// The part that would remain if the depth were known, nats.
    pub aleatoric: f64,
    /// The part that comes from not knowing the depth, nats.
    pub epistemic: f64,
}
