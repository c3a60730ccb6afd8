"""Runs the tasks of a script that `vds sweep submit --engine hyperqueue` wrote on a real HyperQueue: server and worker in one process.

The Python package has no `hq`, so the arrays are submitted through its interface, each task with its number in place of `env`.
"""
import shlex
import sys

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig


def numbers(ranges):
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=2))
    job = Job()
    for line in open(sys.argv[1]):
        if line.startswith("hq submit "):
            words = shlex.split(line)
            array, command = words[words.index("--array") + 1], words[words.index("--") + 1 :]
            for number in numbers(array):
                job.program([str(number) if word == "env" else word for word in command])
    client = cluster.client()
    client.wait_for_jobs([client.submit(job)])
