//! The layers, on matrices `(rows, channels)`.

use std::collections::BTreeMap;
use std::ops::Range;

use dfdx::prelude::*;
use vds_kernels::layout::{LinearRanges, NormRanges, StatisticsRanges};

use crate::Result;
use crate::error::device as on_device;

/// A matrix on a tape.
pub(super) type Matrix<D, T> = Tensor<(usize, usize), f32, D, T>;

const EPSILON: f32 = 1e-5;

/// Parameters, and the statistics that batch norm uses or reports.
#[derive(Debug)]
pub(super) struct Layers<'a, D: Device<f32>, T: Tape<f32, D>> {
    pub(super) device: D,
    params: &'a Tensor<(usize,), f32, D>,
    statistics: Statistics<'a>,
    /// Parts of the parameters by their start. Each is sliced once: the gradient of dfdx's `slice` overwrites where it
    /// should add, so a second slice of the same part would lose the first one's share.
    parts: BTreeMap<usize, Tensor<(usize,), f32, D>>,
    /// How the parts, and activations that are handed over, came about.
    pub(super) tape: T,
    /// Looks at every layer's output, if it is there.
    pub(super) watch: Option<Watch>,
}

/// Looks for the first output that is not finite.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The depth whose layers are being run.
    pub(super) depth: usize,
    /// Depth and first parameter of the layer that was found.
    pub(super) found: Option<(usize, usize)>,
}

/// What batch norm normalizes with.
#[derive(Debug)]
pub(super) enum Statistics<'a> {
    /// The batch's own, which are written here.
    OfBatch(&'a mut [f32]),
    /// These.
    Running(&'a [f32]),
}

impl<'a, D: Device<f32>, T: Tape<f32, D> + Merge<T>> Layers<'a, D, T> {
    pub(super) fn new(params: &'a Tensor<(usize,), f32, D>, statistics: Statistics<'a>) -> Self {
        let device = params.device().clone();
        Self {
            device,
            params,
            statistics,
            parts: BTreeMap::new(),
            tape: T::default(),
            watch: None,
        }
    }

    /// Says that what follows belongs to `depth`.
    pub(super) fn enter(&mut self, depth: usize) {
        if let Some(watch) = &mut self.watch {
            watch.depth = depth;
        }
    }

    fn look_at(&mut self, output: &Matrix<D, T>, first_parameter: usize) {
        if let Some(watch) = &mut self.watch
            && watch.found.is_none()
            && output.as_vec().iter().any(|value| !value.is_finite())
        {
            watch.found = Some((watch.depth, first_parameter));
        }
    }

    /// Takes over the tape of an activation whose every use was a shared one.
    pub(super) fn keep(&mut self, a: Matrix<D, T>) {
        let (_, tape) = a.split_tape();
        self.tape = std::mem::take(&mut self.tape).merge(tape);
    }

    pub(super) fn matrix_from(&self, values: Vec<f32>, shape: (usize, usize)) -> Result<Matrix<D, T>> {
        let tensor = on_device("input", self.device.try_tensor_from_vec(values, shape))?;
        Ok(tensor.put_tape(T::default()))
    }

    fn vector(&mut self, range: &Range<usize>) -> Result<Tensor<(usize,), f32, D, T>> {
        if let Some(part) = self.parts.get(&range.start) {
            return Ok(share(part));
        }
        let part = on_device("slice", self.params.retaped::<T>().try_slice((range.clone(),)))?;
        let (part, tape) = part.split_tape();
        self.tape = std::mem::take(&mut self.tape).merge(tape);
        let shared = share(&part);
        self.parts.insert(range.start, part);
        Ok(shared)
    }

    /// `x W + b`.
    pub(super) fn linear(&mut self, x: Matrix<D, T>, ranges: &LinearRanges) -> Result<Matrix<D, T>> {
        let n_out = ranges.bias.len();
        let shape = (ranges.weight.len() / n_out, n_out);
        let weight = on_device("reshape", self.vector(&ranges.weight)?.try_reshape_like(&shape))?;
        let y = on_device("matmul", x.try_matmul(weight))?;
        let bias = self.vector(&ranges.bias)?;
        let y = add_row(y, bias)?;
        self.look_at(&y, ranges.weight.start);
        Ok(y)
    }

    /// Batch norm over the rows.
    pub(super) fn norm(
        &mut self,
        x: Matrix<D, T>,
        params: &NormRanges,
        statistics: &StatisticsRanges,
    ) -> Result<Matrix<D, T>> {
        let normalized = match &mut self.statistics {
            Statistics::OfBatch(_) => self.normalize_by_batch(x, statistics)?,
            Statistics::Running(values) => {
                let mean = values[statistics.mean.clone()]
                    .iter()
                    .map(|mean| -mean)
                    .collect::<Vec<_>>();
                let variance = &values[statistics.variance.clone()];
                let scale = variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect::<Vec<_>>();
                let row = |values: Vec<f32>| {
                    let n = values.len();
                    on_device("statistics", self.device.try_tensor_from_vec(values, (n,)))
                };
                let centered = add_row(x, row(mean)?.put_tape(T::default()))?;
                multiply_row(centered, row(scale)?.put_tape(T::default()))?
            }
        };
        let (weight, bias) = (self.vector(&params.scale)?, self.vector(&params.shift)?);
        let y = add_row(multiply_row(normalized, weight)?, bias)?;
        self.look_at(&y, params.scale.start);
        Ok(y)
    }

    fn normalize_by_batch(&mut self, x: Matrix<D, T>, ranges: &StatisticsRanges) -> Result<Matrix<D, T>> {
        let shape = *x.shape();
        let n = shape.0 as f32;
        let mean = on_device("mean", share::<_, _, T, _>(&x).try_mean::<_, Axis<0>>())?;
        let mean_values = mean.as_vec();
        let mean = on_device("broadcast", mean.try_broadcast_like::<_, Axis<0>>(&shape))?;
        let centered = on_device("subtract", x.try_sub(mean))?;
        let squares = on_device("square", share::<_, _, T, _>(&centered).try_square())?;
        let variance = on_device("mean", squares.try_mean::<_, Axis<0>>())?;
        let variance_values = variance.as_vec();
        let sd = on_device("sqrt", on_device("add", variance.try_add(EPSILON))?.try_sqrt())?;
        let sd = on_device("broadcast", sd.try_broadcast_like::<_, Axis<0>>(&shape))?;
        if let Statistics::OfBatch(statistics) = &mut self.statistics {
            statistics[ranges.mean.clone()].copy_from_slice(&mean_values);
            let unbiased = variance_values.iter().map(|v| v * n / (n - 1.0).max(1.0));
            statistics[ranges.variance.clone()]
                .iter_mut()
                .zip(unbiased)
                .for_each(|(to, v)| *to = v);
        }
        on_device("divide", centered.try_div(sd))
    }
}

/// The tensor for another use: an empty tape of its own, merged with the first one where the uses meet.
pub(super) fn share<S: Shape, D: Device<f32>, T: Tape<f32, D>, U: Tape<f32, D>>(
    x: &Tensor<S, f32, D, U>,
) -> Tensor<S, f32, D, T> {
    x.retaped::<T>()
}

pub(super) fn relu<D: Device<f32>, T: Tape<f32, D>>(x: Matrix<D, T>) -> Result<Matrix<D, T>> {
    on_device("relu", x.try_relu())
}

pub(super) fn add<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    x: Matrix<D, T>,
    y: Matrix<D, T>,
) -> Result<Matrix<D, T>> {
    on_device("add", x.try_add(y))
}

fn add_row<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    x: Matrix<D, T>,
    row: Tensor<(usize,), f32, D, T>,
) -> Result<Matrix<D, T>> {
    let row = on_device("broadcast", row.try_broadcast_like::<_, Axis<0>>(x.shape()))?;
    on_device("add", x.try_add(row))
}

fn multiply_row<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    x: Matrix<D, T>,
    row: Tensor<(usize,), f32, D, T>,
) -> Result<Matrix<D, T>> {
    let row = on_device("broadcast", row.try_broadcast_like::<_, Axis<0>>(x.shape()))?;
    on_device("multiply", x.try_mul(row))
}
