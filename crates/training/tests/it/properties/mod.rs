//! Properties of the networks together with the loss, on random small networks and batches.

mod batches;
mod gradients;
mod layout;
mod objective;
mod prefixes;
mod problem;
mod reference;
mod step;
