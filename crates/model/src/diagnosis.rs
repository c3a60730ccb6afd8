//! Where a number that is not finite comes from.

use std::fmt;

use crate::Result;
use crate::backend::Backend;
use crate::network::Network;
use crate::portable;
use crate::weights::names::{HEAD_NORM, entries};

/// A layer, and the depth that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Residual blocks that its input has passed, its own block counted: 0 for the input block, `i` for the `i`-th residual
    /// block, the depth whose logits are made for the output block.
    pub depth: usize,
    /// Its name in weight files, `stochstic_layers.2.block.5` for instance, or `input` for the examples themselves.
    pub layer: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer `{}` at depth {}", self.layer, self.depth)
    }
}

impl<D: Backend> Network<D> {
    /// The first layer whose output is not finite in a training pass through `depth` blocks, layer by layer. It takes longer than
    /// [`Self::forward_train`] and changes nothing. `None` if all outputs are finite, as rounding differs.
    ///
    /// # Shapes
    /// `inputs`: `[batch, example_len]`.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    pub fn first_non_finite(&self, inputs: &[f32], depth: usize) -> Result<Option<Place>> {
        if inputs.iter().any(|value| !value.is_finite()) {
            let layer = "input".to_owned();
            return Ok(Some(Place { depth: 0, layer }));
        }
        let found = portable::first_non_finite(self.config(), self.params(), inputs, depth)?;
        Ok(found.map(|(depth, parameter)| Place {
            depth,
            ..self.place_of(parameter)
        }))
    }

    /// The first running statistic that is not finite: a variance overflows before the activations do. `None` if there is none.
    pub fn non_finite_statistic(&self) -> Option<(Place, f32)> {
        // No early exit: the loop is to be vectorized, as training asks after every batch.
        let all_finite = self
            .running_stats()
            .iter()
            .fold(true, |all, value| all & value.is_finite());
        if all_finite {
            return None;
        }
        let is_bad = |value: &f32| !value.is_finite();
        let statistics = self.running_stats();
        let of_entry = entries(self.config())
            .into_iter()
            .filter(|entry| !entry.role.is_parameter());
        for entry in of_entry {
            if let Some(value) = statistics[entry.range.clone()].iter().copied().find(is_bad) {
                return Some((self.place_named(&entry.name), value));
            }
        }
        // What is left are the output block's sets of each depth.
        let value = statistics.iter().copied().find(is_bad)?;
        let layer = HEAD_NORM.to_owned();
        let depth = self.max_depth();
        Some((Place { depth, layer }, value))
    }

    /// The layer of an element of [`Self::params`]; the output block counts as the deepest depth's.
    pub fn place_of(&self, parameter: usize) -> Place {
        let entries = entries(self.config());
        let mut parameters = entries.iter().filter(|entry| entry.role.is_parameter());
        let name = parameters
            .find(|entry| entry.range.contains(&parameter))
            .map_or("unknown", |entry| &entry.name);
        self.place_named(name)
    }

    fn place_named(&self, tensor: &str) -> Place {
        let layer = tensor.rsplit_once('.').map_or(tensor, |(layer, _)| layer);
        let block = layer.strip_prefix("stochstic_layers.");
        let number = block.and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        let depth = match number {
            Some(number) => number + 1,
            None if layer.starts_with("input_layer") => 0,
            None => self.max_depth(),
        };
        let layer = layer.to_owned();
        Place { depth, layer }
    }
}
