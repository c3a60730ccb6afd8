//! The whole network as one tape operation over the CPU kernels.
//!
//! Only the flat parameter vector and the per-depth logits are dfdx tensors; every activation stays inside the engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dfdx::prelude::{Cpu, OwnedTape, PutTape, Tape, Tensor, ZerosTensor};
use vds_kernels::{ConvEngine, Engine, FcEngine, Isa};

use crate::Result;
use crate::backend::TapedLogits;
use crate::config::NetworkConfig;
use crate::error::device;

/// The kernels' buffers of one network, shared between the network and the tapes that its training passes leave.
#[derive(Clone, Debug)]
pub struct FusedEngine(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    engine: Box<dyn Engine>,
    n_depths: usize,
    n_classes: usize,
    example_len: usize,
    params: Vec<f32>,
    /// Logits of the last training pass.
    logits: Vec<f32>,
    /// Counts training passes: a tape is valid for the last one alone.
    pass: u64,
}

impl FusedEngine {
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        let engine: Box<dyn Engine> = match *config {
            NetworkConfig::Conv(config) => Box::new(ConvEngine::new(config, Isa::detect())),
            NetworkConfig::Fc(config) => Box::new(FcEngine::new(config, Isa::detect())),
        };
        Self(Arc::new(Mutex::new(State {
            params: vec![0.0; engine.n_params()],
            engine,
            n_depths: config.max_depth() + 1,
            n_classes: config.n_classes(),
            example_len: config.example_len(),
            logits: Vec::new(),
            pass: 0,
        })))
    }

    /// A panic in a kernel leaves buffers that the next pass overwrites, so a poisoned lock is usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forward_eval(
        &self,
        params: &Tensor<(usize,), f32, Cpu>,
        input: &[f32],
        statistics: &[f32],
    ) -> Vec<f32> {
        let mut state = self.lock();
        params.copy_into(&mut state.params);
        let mut logits = vec![0.0; state.logits_len(input)];
        let State { engine, params, .. } = &mut *state;
        engine.forward_eval(params, statistics, input, &mut logits);
        logits
    }
}

impl State {
    fn logits_len(&self, input: &[f32]) -> usize {
        self.n_depths * (input.len() / self.example_len) * self.n_classes
    }
}

pub(crate) fn forward_train(
    engine: &FusedEngine,
    params: &Tensor<(usize,), f32, Cpu>,
    input: &[f32],
    depth: usize,
    statistics: &mut [f32],
) -> Result<TapedLogits<Cpu>> {
    let mut state = engine.lock();
    state.pass += 1;
    params.copy_into(&mut state.params);
    let shape = (depth + 1, input.len() / state.example_len, state.n_classes);
    let logits_len = shape.0 * shape.1 * shape.2;
    state.logits.resize(logits_len, 0.0);
    let State {
        engine: kernels,
        params: host_params,
        logits: values,
        ..
    } = &mut *state;
    kernels.forward_train(host_params, input, statistics, values);
    // Not from a `Vec`: with dfdx's cache on, each would be kept and none taken from there.
    let mut logits = device("logits", params.device().try_zeros_like(&shape))?;
    logits.copy_from(&state.logits);
    Ok(logits
        .clone()
        .put_tape(tape(engine, state.pass, params.clone(), logits)))
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
