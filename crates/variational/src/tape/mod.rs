//! The loss of a mini-batch on a dfdx tape.

mod batch;
mod device;
mod host;
mod loss;
mod recycled;
mod terms;

pub use self::device::HostGradients;
pub use self::loss::{deterministic_loss, negative_elbo};
pub use self::terms::LossTerms;
