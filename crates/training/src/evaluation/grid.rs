//! The marginal predictive on a grid, for two-dimensional inputs.

use vds_datasets::{Examples, Standardization, View};
use vds_model::{Backend, Network};
use vds_records::PredictiveGrid;

use super::mixture::Mixture;
use super::pass::predict;
use crate::error::Result;

/// Grid points per side.
const N_SIDE: usize = 80;

/// Share of the data's extent that the grid goes beyond it on each side.
const MARGIN: f32 = 0.1;

/// The most probable class of a predictive distribution, its probability and the mutual information on a grid that covers `points` with a margin.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
///
/// # Panics
/// If the examples are not two-dimensional, or there are none.
pub fn predictive_grid<D: Backend>(
    network: &Network<D>,
    points: View<'_>,
    mixture: &Mixture,
) -> Result<PredictiveGrid> {
    assert_eq!(points.examples.example_len(), 2, "a grid needs two coordinates");
    let coordinates = standardized(points);
    let (x_range, y_range) = (range(&coordinates, 0), range(&coordinates, 1));
    let grid: Vec<f32> = (0..N_SIDE * N_SIDE)
        .flat_map(|index| [at(x_range, index % N_SIDE), at(y_range, index / N_SIDE)])
        .collect();
    let n_classes = network.n_classes();
    let grid = Examples::from_features(grid, 2, vec![0; N_SIDE * N_SIDE], n_classes)?;
    let view = View {
        examples: &grid,
        standardization: &Standardization::identity(2),
    };
    let predicted = predict(network, view, mixture)?;
    let winners = predicted.winners(n_classes);
    Ok(PredictiveGrid {
        x_range: x_range.map(f64::from),
        y_range: y_range.map(f64::from),
        n_side: N_SIDE,
        class: winners.iter().map(|&(class, _)| class).collect(),
        probability: winners.iter().map(|&(_, probability)| probability).collect(),
        mutual_information: predicted
            .uncertainty
            .mutual_information
            .iter()
            .map(|&information| to_f32(information))
            .collect(),
        points: labeled(&coordinates, points.labels()),
    })
}

/// The inputs as the network sees them, `[n, 2]`.
fn standardized(points: View<'_>) -> Vec<f32> {
    let indices: Vec<usize> = (0..points.len()).collect();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    points.fill_batch(&indices, &mut inputs, &mut labels);
    inputs
}

fn range(coordinates: &[f32], axis: usize) -> [f32; 2] {
    let values = || coordinates.iter().copied().skip(axis).step_by(2);
    let (lo, hi) = (
        values().fold(f32::INFINITY, f32::min),
        values().fold(f32::NEG_INFINITY, f32::max),
    );
    let margin = MARGIN * (hi - lo);
    [lo - margin, hi + margin]
}

/// A grid line's coordinate.
fn at([lo, hi]: [f32; 2], index: usize) -> f32 {
    to_f32(f64::from(lo) + f64::from(hi - lo) * index as f64 / (N_SIDE - 1) as f64)
}

fn labeled(coordinates: &[f32], labels: &[u32]) -> Vec<(f32, f32, u32)> {
    coordinates
        .chunks_exact(2)
        .zip(labels)
        .map(|(point, &label)| (point[0], point[1], label))
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a picture needs no more")]
fn to_f32(value: f64) -> f32 {
    value as f32
}
