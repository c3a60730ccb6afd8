//! The whole network as one tape operation over the CPU kernels.
//!
//! Only the flat parameter vector and the per-depth logits are dfdx tensors; every activation stays inside the engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dfdx::prelude::{Cpu, OwnedTape, PutTape, Tape, Tensor, ZerosTensor};
use vds_kernels::{ConvEngine, Engine, FcEngine, Isa};

use crate::Result;
use crate::backend::{Backend, TapedLogits};
use crate::config::NetworkConfig;
use crate::error::device;

/// The kernels' buffers of one network, shared between the network and the tapes that its training passes leave.
#[derive(Clone, Debug)]
pub struct FusedEngine(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    engine: Box<dyn Engine>,
    config: NetworkConfig,
    params: Vec<f32>,
    /// Logits of the last training pass.
    logits: Vec<f32>,
    /// Counts training passes: a tape is valid for the last one alone.
    pass: u64,
}

impl FusedEngine {
    /// A panic in a kernel leaves buffers that the next pass overwrites, so a poisoned lock is usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Cpu {
    type Engine = FusedEngine;

    fn engine(config: &NetworkConfig) -> FusedEngine {
        let engine: Box<dyn Engine> = match *config {
            NetworkConfig::Conv(config) => Box::new(ConvEngine::new(config, Isa::detect())),
            NetworkConfig::Fc(config) => Box::new(FcEngine::new(config, Isa::detect())),
        };
        FusedEngine(Arc::new(Mutex::new(State {
            params: vec![0.0; engine.n_params()],
            engine,
            config: *config,
            logits: Vec::new(),
            pass: 0,
        })))
    }

    fn forward_train(
        &self,
        engine: &FusedEngine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        depth: usize,
        statistics: &mut [f32],
    ) -> Result<TapedLogits<Self>> {
        let mut state = engine.lock();
        let state = &mut *state;
        state.pass += 1;
        params.copy_into(&mut state.params);
        let batch = input.len() / state.config.example_len();
        let shape = (depth + 1, batch, state.config.n_classes());
        state.logits.resize(shape.0 * shape.1 * shape.2, 0.0);
        state
            .engine
            .forward_train(&state.params, input, statistics, &mut state.logits);
        // Not from a `Vec`: with dfdx's cache on, each would be kept and none taken from there.
        let mut logits = device("logits", self.try_zeros_like(&shape))?;
        logits.copy_from(&state.logits);
        let tape = tape(engine, state.pass, params.clone(), logits.clone());
        Ok(logits.put_tape(tape))
    }

    fn forward_eval(
        &self,
        engine: &FusedEngine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        statistics: &[f32],
    ) -> Result<Vec<f32>> {
        let mut state = engine.lock();
        let state = &mut *state;
        params.copy_into(&mut state.params);
        let config = &state.config;
        let batch = input.len() / config.example_len();
        let mut logits = vec![0.0; (config.max_depth() + 1) * batch * config.n_classes()];
        state.engine.forward_eval(&state.params, statistics, input, &mut logits);
        Ok(logits)
    }
}

/// A tape whose one operation takes the gradient of `logits` to `params`. The clones keep the tensors' identities.
fn tape(
    engine: &FusedEngine,
    pass: u64,
    params: Tensor<(usize,), f32, Cpu>,
    logits: Tensor<(usize, usize, usize), f32, Cpu>,
) -> OwnedTape<f32, Cpu> {
    let (engine, mut tape) = (engine.clone(), OwnedTape::default());
    tape.add_backward_op(move |grads| {
        let d_logits = std::mem::take(&mut **grads.get_or_alloc_mut(&logits)?);
        let d_params = grads.get_or_alloc_mut(&params)?;
        let mut state = engine.lock();
        assert_eq!(
            state.pass, pass,
            "a later training pass has overwritten this one's activations"
        );
        state.engine.backward(&d_logits, d_params);
        **grads.get_or_alloc_mut(&logits)? = d_logits;
        Ok(())
    });
    tape
}
