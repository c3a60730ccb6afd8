//! Running statistics of batch norm, updated as PyTorch does.

use vds_kernels::NormRanges;
use vds_kernels::conv::ConvLayout;
use vds_kernels::fc::FcLayout;

use crate::config::{HeadStatistics, NetworkConfig};
use crate::weights::names::norms;

/// Weight of a new batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Running means and variances of every batch norm in one vector, laid out as the kernels' batch statistics.
///
/// The output block of a convolutional network has a set for each depth. In the mode `shared` there is logically one, and
/// all sets hold it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningStatistics {
    pub(crate) values: Vec<f32>,
    /// Batches that each batch norm has seen, in the order of [`norms`].
    pub(crate) n_batches: Vec<u64>,
    /// How many each sees in one pass.
    batches_a_pass: Vec<u64>,
    /// The output block's sets, when they are one.
    shared_head: Option<Vec<NormRanges>>,
    /// Length of the part that belongs to the blocks.
    blocks_len: usize,
}

impl RunningStatistics {
    /// Mean 0, variance 1.
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        let (ranges, len, head) = match config {
            NetworkConfig::Conv(conv) => {
                let layout = ConvLayout::new(conv.shape());
                let blocks = layout.block_statistics.iter();
                let ranges = blocks.flat_map(|block| [&block.norm1, &block.norm2, &block.norm3]);
                let ranges = ranges.chain(&layout.head_statistics).cloned().collect::<Vec<_>>();
                let shared = conv.head_statistics == HeadStatistics::Shared;
                (ranges, layout.n_statistics, shared.then_some(layout.head_statistics))
            }
            NetworkConfig::Fc(fc) => {
                let layout = FcLayout::new(fc.shape());
                (layout.block_statistics, layout.n_statistics, None)
            }
        };
        let mut values = vec![0.0; len];
        for range in ranges {
            values[range.second].fill(1.0);
        }
        let blocks_len = head.as_ref().map_or(len, |sets| sets[0].first.start);
        let batches_a_pass: Vec<u64> = norms(config).into_iter().map(|(_, batches)| batches).collect();
        let n_batches = vec![0; batches_a_pass.len()];
        Self {
            values,
            n_batches,
            batches_a_pass,
            shared_head: head,
            blocks_len,
        }
    }

    /// Takes in the statistics of one batch.
    pub(crate) fn update(&mut self, batch: &[f32]) {
        self.n_batches
            .iter_mut()
            .zip(&self.batches_a_pass)
            .for_each(|(n, batches)| *n += batches);
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
    pub(crate) fn keep_head_of(&mut self, original: &Self, pruned: &NetworkConfig, whole: &NetworkConfig) {
        let n_kept = self.n_batches.len().min(original.n_batches.len());
        self.n_batches[..n_kept].copy_from_slice(&original.n_batches[..n_kept]);
        let (NetworkConfig::Conv(pruned), NetworkConfig::Conv(whole)) = (pruned, whole) else {
            return;
        };
        // The output block's norm comes last; it has seen as many batches of each depth.
        if let (Some(to), Some(from)) = (self.n_batches.last_mut(), original.n_batches.last()) {
            *to = from * (pruned.max_depth as u64 + 1) / (whole.max_depth as u64 + 1);
        }
        let kept = ConvLayout::new(pruned.shape()).head_statistics;
        for (to, from) in kept.iter().zip(ConvLayout::new(whole.shape()).head_statistics) {
            self.values[to.first.start..to.second.end]
                .copy_from_slice(&original.values[from.first.start..from.second.end]);
        }
    }
}

fn blend(running: f32, batch: f32) -> f32 {
    (1.0 - MOMENTUM) * running + MOMENTUM * batch
}
