//! Predictions on a grid over the plane.

use serde::{Deserialize, Serialize};

/// Predictive probabilities over the plane for two-dimensional inputs, as stored in `predictive_grid.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictiveGrid {
    /// Smallest and largest first coordinate of the grid, in standardized units.
    pub x_range: [f64; 2],
    /// Smallest and largest second coordinate.
    pub y_range: [f64; 2],
    /// Grid points per side; the grid is row-major, `y` outer, both ascending.
    pub n_side: usize,
    /// The most probable class of the marginal predictive at each grid point.
    pub class: Vec<u32>,
    /// Its probability.
    pub probability: Vec<f32>,
    /// Mutual information of label and depth at each grid point, nats.
    pub mutual_information: Vec<f32>,
    /// Training points: first coordinate, second coordinate, class.
    pub points: Vec<(f32, f32, u32)>,
}

impl PredictiveGrid {
    /// What contradicts itself: a grid that does not have `n_side` rows and columns.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let n_side = self.n_side;
        let grids = [
            ("class", self.class.len()),
            ("probability", self.probability.len()),
            ("mutual_information", self.mutual_information.len()),
        ];
        let odd = grids
            .into_iter()
            .find(|(_, len)| n_side.checked_mul(n_side) != Some(*len));
        odd.map(|(name, len)| format!("{name} has length {len}, expected the square of n_side = {n_side}"))
    }
}
