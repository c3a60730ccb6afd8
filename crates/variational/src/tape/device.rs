//! Accumulation of gradients from the host in the gradients of a device.

use dfdx::prelude::{Cpu, Device, HasErr, Storage};

/// A device whose stored gradients can be added to from the host.
///
/// dfdx keeps gradients in a storage that only the device can write; this is the one operation on it that the loss needs.
pub trait HostGradients: Device<f32> {
    /// `gradient += scale · values`.
    ///
    /// # Shapes
    /// `gradient` and `values` have the same number of elements, in row-major order.
    ///
    /// # Errors
    /// If a copy between host and device fails.
    fn accumulate(
        &self,
        gradient: &mut <Self as Storage<f32>>::Vec,
        scale: f32,
        values: &[f32],
    ) -> Result<(), <Self as HasErr>::Err>;
}

impl HostGradients for Cpu {
    fn accumulate(
        &self,
        gradient: &mut <Self as Storage<f32>>::Vec,
        scale: f32,
        values: &[f32],
    ) -> Result<(), <Self as HasErr>::Err> {
        add_scaled(gradient, scale, values);
        Ok(())
    }
}

#[cfg(feature = "cuda")]
impl HostGradients for dfdx::prelude::Cuda {
    fn accumulate(
        &self,
        gradient: &mut <Self as Storage<f32>>::Vec,
        scale: f32,
        values: &[f32],
    ) -> Result<(), <Self as HasErr>::Err> {
        let device = gradient.device();
        let mut sum = device.dtoh_sync_copy(gradient)?;
        add_scaled(&mut sum, scale, values);
        Ok(device.htod_sync_copy_into(&sum, gradient)?)
    }
}

fn add_scaled(sum: &mut [f32], scale: f32, values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += scale * value;
    }
}
