//! Running statistics of batch norm, updated as PyTorch does.

use vds_kernels::NormRanges;
use vds_kernels::conv::ConvLayout;
use vds_kernels::fc::FcLayout;

use crate::config::{HeadStatistics, NetworkConfig};

/// Weight of a new batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Running means and variances of every batch norm in one vector, laid out as the kernels' batch statistics.
///
/// The output block of a convolutional network has a set for each depth. In the mode `shared` there is logically one, and
/// all sets hold it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningStatistics {
    pub(crate) values: Vec<f32>,
    /// Training passes so far.
    pub(crate) n_batches: u64,
    /// The output block's sets, when they are one.
    shared_head: Option<Vec<NormRanges>>,
    /// Length of the part that belongs to the blocks.
    blocks_len: usize,
}

impl RunningStatistics {
    /// Mean 0, variance 1.
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        let (norms, len, head) = match config {
            NetworkConfig::Conv(conv) => {
                let layout = ConvLayout::new(conv.shape());
                let blocks = layout.block_statistics.iter();
                let norms = blocks.flat_map(|block| [&block.norm1, &block.norm2, &block.norm3]);
                let norms = norms
                    .chain(&layout.head_statistics)
                    .cloned()
                    .collect::<Vec<_>>();
                let shared = conv.head_statistics == HeadStatistics::Shared;
                (
                    norms,
                    layout.n_statistics,
                    shared.then_some(layout.head_statistics),
                )
            }
            NetworkConfig::Fc(fc) => {
                let layout = FcLayout::new(fc.shape());
                (layout.block_statistics, layout.n_statistics, None)
            }
        };
        let mut values = vec![0.0; len];
        for ranges in norms {
            values[ranges.second].fill(1.0);
        }
        let blocks_len = head.as_ref().map_or(len, |sets| sets[0].first.start);
        Self {
            values,
            n_batches: 0,
            shared_head: head,
            blocks_len,
        }
    }

    /// Takes in the statistics of one batch.
    pub(crate) fn update(&mut self, batch: &[f32]) {
        self.n_batches += 1;
        let own = self.values[..self.blocks_len].iter_mut().zip(batch);
        own.for_each(|(running, batch)| *running = blend(*running, *batch));
        let Some(sets) = &self.shared_head else {
            return;
        };
        let (first, rest) = self.values[self.blocks_len..].split_at_mut(sets[0].first.len() * 2);
        for set in sets {
            let values = &batch[set.first.start..set.second.end];
            first
                .iter_mut()
                .zip(values)
                .for_each(|(running, batch)| *running = blend(*running, *batch));
        }
        for copy in rest.chunks_exact_mut(first.len()) {
            copy.copy_from_slice(first);
        }
    }

    /// Takes the output block's statistics, depth by depth, from the network that this one was pruned from.
    pub(crate) fn keep_head_of(
        &mut self,
        original: &Self,
        pruned: &NetworkConfig,
        whole: &NetworkConfig,
    ) {
        self.n_batches = original.n_batches;
        let (NetworkConfig::Conv(pruned), NetworkConfig::Conv(whole)) = (pruned, whole) else {
            return;
        };
        let kept = ConvLayout::new(pruned.shape()).head_statistics;
        for (to, from) in kept
            .iter()
            .zip(ConvLayout::new(whole.shape()).head_statistics)
        {
            self.values[to.first.start..to.second.end]
                .copy_from_slice(&original.values[from.first.start..from.second.end]);
        }
    }
}

fn blend(running: f32, batch: f32) -> f32 {
    (1.0 - MOMENTUM) * running + MOMENTUM * batch
}
