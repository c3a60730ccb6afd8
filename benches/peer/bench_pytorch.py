#!/usr/bin/env python3
"""Times one training step and one evaluation pass of a learnt-depth network in PyTorch, on the CPU.

The peer of `vds bench`: the same networks, loss, optimizer, sizes and way of timing, the same names of the fields.

    python -m venv .venv-peer && .venv-peer/bin/pip install -r benches/peer/requirements.txt
    .venv-peer/bin/python benches/peer/bench_pytorch.py --network conv --max-depth 10 --batch 128 --threads 2 --compile
    .venv-peer/bin/python benches/peer/bench_pytorch.py --network fc --max-depth 20 --batch 200 --threads 1
    .venv-peer/bin/python benches/peer/bench_pytorch.py --network sgemm --threads 2

Prints one JSON object a line, one for each way of running the network: `conv` in both memory layouts, and with --compile each
network also through torch.compile. Each way runs in a process of its own, so that its peak memory is its own.
`cargo xtask bench --peer PYTHON` runs this file and takes the fastest way.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

# As in `vds bench`.
N_TRAIN = 60_000
PRIOR_DECAY = 0.85
LEARNING_RATE = 0.001
MOMENTUM = 0.5
WARM_UP_CALLS = 2
LEAST_SECONDS = 0.02
CONV_CLASSES = 10
FC_INPUTS = 2
SGEMM_SIZE = 1536


class ConvBlock(nn.Module):
    """Residual bottleneck, each convolution after batch norm and ReLU."""

    def __init__(self, channels, bottleneck_channels):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, bottleneck_channels, 1),
            nn.BatchNorm2d(bottleneck_channels),
            nn.ReLU(),
            nn.Conv2d(bottleneck_channels, bottleneck_channels, 3, padding=1),
            nn.BatchNorm2d(bottleneck_channels),
            nn.ReLU(),
            nn.Conv2d(bottleneck_channels, channels, 1),
        )

    def forward(self, x):
        return x + self.branch(x)


class FcBlock(nn.Module):
    """Residual linear layer, then ReLU, then batch norm."""

    def __init__(self, width):
        super().__init__()
        self.branch = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.BatchNorm1d(width))

    def forward(self, x):
        return x + self.branch(x)


class PixelMean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class LearntDepthNetwork(nn.Module):
    """An input block, residual blocks, and one output block that reads every depth."""

    def __init__(self, stem, blocks, read_out):
        super().__init__()
        self.stem = stem
        self.blocks = nn.ModuleList(blocks)
        self.read_out = read_out
        self.posterior_logits = nn.Parameter(torch.zeros(len(blocks) + 1))

    def forward(self, x):
        x = self.stem(x)
        depth_logits = [self.read_out(x)]
        for block in self.blocks:
            x = block(x)
            depth_logits.append(self.read_out(x))
        return torch.stack(depth_logits)


def conv_network(options):
    return LearntDepthNetwork(
        nn.Sequential(nn.Conv2d(options.in_channels, options.channels, 5), nn.AvgPool2d(2)),
        [ConvBlock(options.channels, options.bottleneck_channels) for _ in range(options.max_depth)],
        nn.Sequential(PixelMean(), FcBlock(options.channels), nn.Linear(options.channels, CONV_CLASSES)),
    )


def fc_network(options):
    return LearntDepthNetwork(
        nn.Linear(FC_INPUTS, options.width),
        [FcBlock(options.width) for _ in range(options.max_depth)],
        nn.Linear(options.width, FC_INPUTS),
    )


def log_prior(n_depths):
    return F.log_softmax(torch.arange(n_depths) * torch.tensor(PRIOR_DECAY).log(), 0)


def loss(network, depth_logits, labels, log_prior):
    """The negative ELBO over the number of training examples; the expectation over depth is exact."""
    n_depths, batch, n_classes = depth_logits.shape
    log_posterior = F.log_softmax(network.posterior_logits, 0)
    posterior = log_posterior.exp()
    nll = F.cross_entropy(depth_logits.reshape(-1, n_classes), labels.repeat(n_depths), reduction="none")
    expected_nll = posterior @ nll.view(n_depths, batch).mean(1)
    return expected_nll + (posterior * (log_posterior - log_prior)).sum() / N_TRAIN


def median_seconds(call, repeats):
    """The median over `repeats` timings; a timing calls again what is short and takes the mean, as `vds bench` does."""
    for _ in range(WARM_UP_CALLS):
        call()
    timings = []
    for _ in range(repeats):
        n_calls, start = 0, time.perf_counter()
        while True:
            call()
            n_calls += 1
            seconds = time.perf_counter() - start
            if seconds >= LEAST_SECONDS:
                break
        timings.append(seconds / n_calls)
    return statistics.median(timings)


def flop(options):
    """Twice the multiply-adds of the blocks' convolutions or linear maps in one evaluation pass."""
    if options.network == "fc":
        multiply_adds = options.width**2
    else:
        pixels = ((options.size - 4) // 2) ** 2
        multiply_adds = pixels * (2 * options.channels * options.bottleneck_channels + 9 * options.bottleneck_channels**2)
    return 2 * multiply_adds * options.max_depth * options.batch


def sgemm_gflop_per_s(options):
    a, b = torch.rand(SGEMM_SIZE, SGEMM_SIZE), torch.rand(SGEMM_SIZE, SGEMM_SIZE)
    return 2 * SGEMM_SIZE**3 / median_seconds(lambda: a @ b, options.repeats) / 1e9


def measure(options):
    """Measures one way of running the network."""
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.network == "sgemm":
        return {"network_kind": "sgemm", "threads": options.threads, "sgemm_gflop_per_s": sgemm_gflop_per_s(options)}

    network, inputs, n_classes = network_and_inputs(options)
    labels = torch.randint(0, n_classes, (options.batch,))
    prior = log_prior(options.max_depth + 1)
    forward = torch.compile(network) if options.way.endswith("compiled") else network
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    def train_step():
        optimizer.zero_grad()
        loss(network, forward(inputs), labels, prior).backward()
        optimizer.step()

    def evaluate():
        with torch.no_grad():
            posterior = F.softmax(network.posterior_logits, 0)
            return torch.tensordot(posterior, F.softmax(forward(inputs), 2), 1)

    network.train()
    train = median_seconds(train_step, options.repeats)
    network.eval()
    infer = median_seconds(evaluate, options.repeats)
    peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "network_kind": options.network,
        "max_depth": options.max_depth,
        "batch": options.batch,
        "threads": options.threads,
        "train_step_ms": train * 1e3,
        "train_items_per_s": options.batch / train,
        "train_gflop_per_s": 3 * flop(options) / train / 1e9,
        "eval_ms": infer * 1e3,
        "eval_items_per_s": options.batch / infer,
        "eval_gflop_per_s": flop(options) / infer / 1e9,
        "sgemm_gflop_per_s": sgemm_gflop_per_s(options),
        "peak_rss_mib": peak_rss_mib,
        "way": options.way,
        "torch": torch.__version__,
    }


def network_and_inputs(options):
    if options.network == "fc":
        return fc_network(options), torch.rand(options.batch, FC_INPUTS), FC_INPUTS
    network = conv_network(options)
    inputs = torch.rand(options.batch, options.in_channels, options.size, options.size)
    if options.way.startswith("channels_last"):
        network = network.to(memory_format=torch.channels_last)
        inputs = inputs.to(memory_format=torch.channels_last)
    return network, inputs, CONV_CLASSES


def ways(options):
    plain = {"conv": ["contiguous", "channels_last"], "fc": ["eager"], "sgemm": ["eager"]}[options.network]
    is_compiled = options.compile and options.network != "sgemm"
    return plain + [f"{way}, compiled" for way in plain] if is_compiled else plain


def parsed_options():
    def at_least(least):
        def parse(text):
            number = int(text)
            if number < least:
                raise argparse.ArgumentTypeError(f"expected a whole number from {least}")
            return number

        return parse

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="conv", choices=["conv", "fc", "sgemm"])
    parser.add_argument("--max-depth", type=at_least(0), help="default: 10 for conv, 20 for fc")
    parser.add_argument("--batch", type=at_least(2), help="default: 128 for conv, 200 for fc")
    parser.add_argument("--threads", type=at_least(1), default=2)
    parser.add_argument("--in-channels", type=at_least(1), default=1)
    parser.add_argument("--size", type=at_least(6), default=28)
    parser.add_argument("--channels", type=at_least(1), default=64)
    parser.add_argument("--bottleneck-channels", type=at_least(1), default=32)
    parser.add_argument("--width", type=at_least(1), default=20)
    parser.add_argument("--repeats", type=at_least(1), default=5)
    parser.add_argument("--compile", action="store_true", help="time torch.compile, too")
    parser.add_argument("--way", help="measure this way in this process; what the others are started with")
    options = parser.parse_args()
    depth, batch = {"fc": (20, 200)}.get(options.network, (10, 128))
    options.max_depth = depth if options.max_depth is None else options.max_depth
    options.batch = options.batch or batch
    return options


def main():
    options = parsed_options()
    if options.way is not None:
        print(json.dumps(measure(options)), flush=True)
        return
    for way in ways(options):
        subprocess.run([sys.executable, *sys.argv, "--way", way], check=True)


if __name__ == "__main__":
    main()
