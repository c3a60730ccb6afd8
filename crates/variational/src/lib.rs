#![doc = include_str!("../README.md")]

mod categorical;
mod closed_form;
mod elbo;
mod error;
mod evidence;
mod held_out;
mod kl;
mod log_space;
mod posterior;
mod predictive;
mod prior;
mod pruning;
mod stacking;
#[cfg(feature = "dfdx")]
mod tape;

pub use closed_form::RunningNll;
pub use elbo::{elbo, elbo_gradient, expected_log_likelihood, minibatch_loss, minibatch_loss_gradient};
pub use error::{Error, Result};
pub use evidence::{exact_posterior, log_evidence};
pub use held_out::HeldOut;
pub use kl::{kl_divergence, kl_divergence_gradient, kl_reference, kl_reference_gradient};
pub use posterior::DepthPosterior;
pub use predictive::{depth_log_likelihoods, depth_log_probs, log_marginal_predictive};
pub use prior::DepthPrior;
pub use pruning::PruningRule;
pub use stacking::Stacking;
#[cfg(feature = "dfdx")]
pub use tape::{HostGradients, LossTerms, deterministic_loss, negative_elbo};
