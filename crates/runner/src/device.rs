//! The device that the program computes on: the CPU, with the feature `cuda` a GPU.

use anyhow::Result;
use dfdx::prelude::Cache as _;

/// The device's type.
#[cfg(not(feature = "cuda"))]
pub(crate) type Device = dfdx::prelude::Cpu;

/// The device's type.
#[cfg(feature = "cuda")]
pub(crate) type Device = dfdx::prelude::Cuda;

/// The device, with its tensor cache on: a step allocates what the step before it has freed.
pub(crate) fn device() -> Result<Device> {
    let device = Device::default();
    // dfdx's errors are not `std::error::Error`.
    device
        .try_enable_cache()
        .map_err(|error| anyhow::anyhow!("tensor cache: {error:?}"))?;
    Ok(device)
}
