//! The smooth piece of the loss that the parameters lie on.

use super::tensor::Activations;

/// Which units of every ReLU are on, in the order of the layers.
///
/// The loss is smooth where no unit's input is zero. Backpropagation gives the slope of the piece that the parameters lie
/// on, and so do differences as long as every unit stays on or off as it was. So the first pass notes which units are on, and
/// later ones keep them so: there is no step at which a difference could straddle a kink.
#[derive(Debug)]
pub(crate) struct Piece {
    units: Vec<Vec<bool>>,
    nearest_kink: f64,
    flattest: f64,
}

/// A pass over the network.
#[derive(Debug)]
pub(crate) enum Walk<'a> {
    /// Units are on where their input is above zero; this is noted.
    Noting(&'a mut Piece),
    /// The units of the remaining layers stay as they were noted.
    Holding(&'a [Vec<bool>]),
}

impl Piece {
    /// One that a pass has yet to note.
    pub(crate) fn unknown() -> Self {
        Self {
            units: Vec::new(),
            nearest_kink: f64::INFINITY,
            flattest: 0.0,
        }
    }

    /// How close the input of any unit came to zero, by the root mean square of its layer's inputs.
    pub(crate) fn nearest_kink(&self) -> f64 {
        self.nearest_kink
    }

    /// The largest mean of a batch norm's channel by its standard deviation, but for channels that are constant.
    pub(crate) fn flattest(&self) -> f64 {
        self.flattest
    }

    /// A pass that stays on this piece.
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk::Holding(&self.units)
    }
}

impl Walk<'_> {
    /// Batch norm, with a scale and a shift for each channel.
    pub(super) fn normalized(&mut self, x: Activations, affine: (&[f64], &[f64])) -> Activations {
        if let Self::Noting(piece) = self {
            let ratios = x.moments().into_iter().map(|of| of.mean.abs() / of.variance.sqrt());
            piece.flattest = ratios.filter(|&ratio| ratio < CONSTANT).fold(piece.flattest, f64::max);
        }
        x.normalized(affine)
    }

    pub(super) fn rectified(&mut self, mut x: Activations) -> Activations {
        let noted;
        let units = match self {
            Self::Noting(piece) => {
                piece.nearest_kink = piece.nearest_kink.min(least_magnitude(&x.values));
                noted = x.values.iter().map(|&x| x > 0.0).collect::<Vec<_>>();
                piece.units.push(noted.clone());
                &noted
            }
            Self::Holding(layers) => {
                let (first, rest) = layers.split_first().expect("a pass over the network that was noted");
                *layers = rest;
                first
            }
        };
        for (x, &is_on) in x.values.iter_mut().zip(units) {
            *x = if is_on { *x } else { 0.0 };
        }
        x
    }
}

/// A mean by the standard deviation that only the rounding of double precision makes.
const CONSTANT: f64 = 1e12;

/// By the root of the mean square; infinite for a layer of zeros, which has no scale.
fn least_magnitude(values: &[f64]) -> f64 {
    let root = (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt();
    values.iter().fold(f64::INFINITY, |least, x| least.min(x.abs() / root))
}
