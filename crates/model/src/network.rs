//! A network of either kind on a device.

use std::borrow::Cow;

use dfdx::prelude::{HasShape, Tensor};
use vds_kernels::layout::HeadStatistics;

use crate::Result;
use crate::backend::{Backend, TapedLogits};
use crate::config::NetworkConfig;
use crate::error::{Error, check_len, device as on_device};
use crate::initialize::initial_params;
use crate::statistics::RunningStatistics;
use crate::weights::names::entries;

/// A residual network that gives the logits of every depth in one pass.
///
/// All parameters are one flat tensor, so that an optimizer, a checkpoint or a copy handles one object.
#[derive(Debug)]
pub struct Network<D: Backend> {
    config: NetworkConfig,
    device: D,
    params: Tensor<(usize,), f32, D>,
    running: RunningStatistics,
    /// The running statistics as they were before the last training pass.
    running_before: RunningStatistics,
    batch_statistics: Vec<f32>,
    head_statistics: HeadStatistics,
    engine: D::Engine,
}

impl<D: Backend> Network<D> {
    /// A network with PyTorch's default initial distributions, drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Config`] if a size is out of range, [`Error::Device`] if the device fails.
    pub fn new(config: &NetworkConfig, device: &D, rng: &mut impl rand::Rng) -> Result<Self> {
        let mut network = Self::zeros(config, device)?;
        network.set_params(&initial_params(config, rng))?;
        Ok(network)
    }

    pub(crate) fn zeros(config: &NetworkConfig, device: &D) -> Result<Self> {
        config.check()?;
        let params = entries(config).into_iter().filter(|entry| entry.role.is_parameter());
        let n_params = params.map(|entry| entry.range.end).max().unwrap_or(0);
        let running = RunningStatistics::new(config);
        Ok(Self {
            params: on_device("parameters", device.try_zeros_like(&(n_params,)))?,
            batch_statistics: vec![0.0; running.n_of_kernels()],
            head_statistics: HeadStatistics::default(),
            running_before: running.clone(),
            running,
            engine: D::engine(config),
            config: *config,
            device: device.clone(),
        })
    }

    /// The sizes.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Residual blocks.
    pub fn max_depth(&self) -> usize {
        self.config.max_depth()
    }

    /// Classes.
    pub fn n_classes(&self) -> usize {
        self.config.n_classes()
    }

    /// Values of one example.
    pub fn example_len(&self) -> usize {
        self.config.example_len()
    }

    /// Training pass with the statistics of the batch through the first `depth` blocks; [`Self::max_depth`] for all of them. The
    /// other blocks, and what is kept about deeper depths, stay as they are.
    ///
    /// The running statistics are updated for as long as the [`TrainingPass`] lives, and stay so if it is committed.
    ///
    /// # Shapes
    /// `inputs`: `[batch, example_len]`, images as `[channels, height, width]`. Logits: `(depth + 1, batch, n_classes)` on a
    /// tape that leads to [`Self::params`].
    ///
    /// # Errors
    /// [`Error::Depth`] if there are fewer blocks, [`Error::InputLength`], [`Error::BatchTooSmall`] for a batch of one,
    /// [`Error::Device`].
    pub fn forward_train(
        &mut self,
        inputs: &[f32],
        batch: usize,
        depth: usize,
    ) -> Result<(TapedLogits<D>, TrainingPass<'_, D>)> {
        self.check_depth(depth)?;
        self.check_input(inputs, batch)?;
        if batch < 2 {
            return Err(Error::BatchTooSmall { batch });
        }
        let logits =
            self.device
                .forward_train(&self.engine, &self.params, inputs, depth, &mut self.batch_statistics)?;
        self.running_before.copy_values_from(&self.running);
        self.running.update(&self.batch_statistics, depth);
        Ok((logits, TrainingPass { network: Some(self) }))
    }

    /// Evaluation pass with running statistics. An example's logits do not depend on its batch.
    ///
    /// # Shapes
    /// `inputs`: `[batch, example_len]`. Result: `[max_depth + 1, batch, n_classes]`, row-major, on the host.
    ///
    /// # Errors
    /// [`Error::InputLength`], [`Error::Device`].
    pub fn forward_eval(&self, inputs: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.forward_eval_with(self.head_statistics, inputs, batch)
    }

    /// [`Self::forward_eval`] with certain running statistics of the output block.
    ///
    /// # Errors
    /// As [`Self::forward_eval`].
    pub fn forward_eval_with(&self, head_statistics: HeadStatistics, inputs: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.check_input(inputs, batch)?;
        if batch == 0 {
            return Ok(Vec::new());
        }
        let statistics = self.running.for_evaluation(head_statistics);
        self.device
            .forward_eval(&self.engine, &self.params, inputs, &statistics)
    }

    /// The running statistics of the output block that [`Self::forward_eval`] uses: those of each depth, unless set otherwise.
    pub fn head_statistics(&self) -> HeadStatistics {
        self.head_statistics
    }

    /// Chooses the running statistics of the output block that [`Self::forward_eval`] uses. Training keeps both, and reads
    /// neither. A fully connected network's output block has none.
    pub fn set_head_statistics(&mut self, head_statistics: HeadStatistics) {
        self.head_statistics = head_statistics;
    }

    fn check_depth(&self, depth: usize) -> Result<()> {
        let max_depth = self.max_depth();
        match depth > max_depth {
            true => Err(Error::Depth { depth, max_depth }),
            false => Ok(()),
        }
    }

    fn check_input(&self, inputs: &[f32], batch: usize) -> Result<()> {
        let example_len = self.example_len();
        match batch.checked_mul(example_len) == Some(inputs.len()) {
            true => Ok(()),
            false => Err(Error::InputLength {
                actual: inputs.len(),
                batch,
                example_len,
            }),
        }
    }

    /// All parameters as one flat tensor.
    pub fn params(&self) -> &Tensor<(usize,), f32, D> {
        &self.params
    }

    /// All parameters as one flat tensor, for an optimizer to change.
    pub fn params_mut(&mut self) -> &mut Tensor<(usize,), f32, D> {
        &mut self.params
    }

    /// A copy of all parameters on the host.
    pub fn params_vec(&self) -> Vec<f32> {
        let mut values = vec![0.0; self.params.shape().0];
        self.params.copy_into(&mut values);
        values
    }

    /// Replaces all parameters.
    ///
    /// # Errors
    /// [`Error::InputLength`] if the length differs.
    pub fn set_params(&mut self, values: &[f32]) -> Result<()> {
        let len = self.params.shape().0;
        if values.len() != len {
            return Err(Error::InputLength {
                actual: values.len(),
                batch: 1,
                example_len: len,
            });
        }
        self.params.copy_from(values);
        Ok(())
    }

    /// The statistics that [`Self::forward_eval`] uses, in the layout of the kernels.
    pub fn evaluation_statistics(&self) -> Cow<'_, [f32]> {
        self.running.for_evaluation(self.head_statistics)
    }

    /// Running statistics of every batch norm, in a layout of this crate.
    pub fn running_stats(&self) -> &[f32] {
        &self.running.values
    }

    pub(crate) fn running_stats_mut(&mut self) -> &mut [f32] {
        &mut self.running.values
    }

    /// Batches that each batch norm has seen, in the order of the authors' names.
    pub(crate) fn n_batches(&self) -> &[u64] {
        &self.running.n_batches
    }

    pub(crate) fn n_batches_mut(&mut self) -> &mut [u64] {
        &mut self.running.n_batches
    }

    /// A copy of everything that training changes.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            params: self.params_vec(),
            running_stats: self.running.values.clone(),
            n_batches: self.running.n_batches.clone(),
        }
    }

    /// Restores a snapshot of this network.
    ///
    /// # Errors
    /// [`Error::Length`] if it is another network's; then nothing is changed.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        let (params, running) = (&snapshot.params, &mut self.running);
        check_len("snapshot's parameters", params.len(), self.params.shape().0)?;
        let (stats, counts) = (&snapshot.running_stats, &snapshot.n_batches);
        check_len("snapshot's running statistics", stats.len(), running.values.len())?;
        check_len("snapshot's counts of batches", counts.len(), running.n_batches.len())?;
        self.params.copy_from(params);
        running.values.copy_from_slice(stats);
        running.n_batches.copy_from_slice(counts);
        Ok(())
    }

    /// The network that keeps blocks `1..=depth` and gives the logits of depths `0..=depth`.
    ///
    /// # Errors
    /// [`Error::Depth`] if it has fewer blocks, [`Error::Device`].
    pub fn pruned(&self, depth: usize) -> Result<Self> {
        self.check_depth(depth)?;
        let mut pruned = Self::zeros(&self.config.with_max_depth(depth), &self.device)?;
        pruned.head_statistics = self.head_statistics;
        let (source, mut params) = (self.params_vec(), pruned.params_vec());
        let all = entries(&self.config);
        for kept in entries(&pruned.config) {
            let Some(original) = all.iter().find(|entry| entry.name == kept.name) else {
                continue;
            };
            if kept.role.is_parameter() {
                params[kept.range].copy_from_slice(&source[original.range.clone()]);
            } else {
                pruned.running.values[kept.range].copy_from_slice(&self.running.values[original.range.clone()]);
            }
        }
        pruned.set_params(&params)?;
        pruned.running.keep_head_of(&self.running, &pruned.config, &self.config);
        Ok(pruned)
    }
}

/// The share of a training pass in the running statistics: it lasts if it is committed, and is rolled back if this is dropped.
#[derive(Debug)]
#[must_use = "a pass that is not committed is rolled back"]
pub struct TrainingPass<'n, D: Backend> {
    /// `None` once it is committed.
    network: Option<&'n mut Network<D>>,
}

impl<'n, D: Backend> TrainingPass<'n, D> {
    /// The network with the updated statistics.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the network is there until the pass is consumed"
    )]
    pub fn network(&self) -> &Network<D> {
        self.network.as_deref().expect("only `commit` takes it")
    }

    /// Keeps the updated statistics, and gives the network back.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the network is there until the pass is consumed"
    )]
    pub fn commit(mut self) -> &'n mut Network<D> {
        self.network.take().expect("only this takes it")
    }
}

impl<D: Backend> Drop for TrainingPass<'_, D> {
    fn drop(&mut self) {
        if let Some(network) = &mut self.network {
            network.running.copy_values_from(&network.running_before);
        }
    }
}

/// Everything of a network that training changes, in layouts of this crate.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// All parameters.
    pub params: Vec<f32>,
    /// Running statistics of every batch norm.
    pub running_stats: Vec<f32>,
    /// Batches that each batch norm has seen.
    pub n_batches: Vec<u64>,
}
