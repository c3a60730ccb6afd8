//! Test support for the workspace: golden vectors, tolerances, numeric gradients, strategies.
