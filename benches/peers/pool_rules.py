"""Rules that choose rows of a pool: those of `gstds select`, and those of the libraries beside it.

Each takes unit rows, how many it chooses and a seed, and returns the rows in the order of choice. What
counts is the time of the choice with the rows in memory: of `gstds select` what it reports, of the
others by the wall clock. Seconds of a processor are those of all threads, of `gstds select` of the whole
process. apricot's are those of the matrix of similarities, too.
"""

import json
import pathlib
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pool:
    unit: np.ndarray
    # The rows as they are, for the program.
    file: pathlib.Path
    program: pathlib.Path


@dataclass(frozen=True)
class Choice:
    rows: list[int]
    seconds: float
    processor: float
    adapter: str | None = None


@dataclass(frozen=True)
class Rule:
    choose: Callable
    # Any first rows of a choice are one, too.
    is_order: bool = False
    module: str = ""


def of_children():
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def timed(choose):
    """A choice by Python."""

    def choice(pool, count, seed):
        wall, processor = time.perf_counter(), time.process_time()
        rows = [int(row) for row in choose(pool, count, seed)]
        return Choice(rows, time.perf_counter() - wall, time.process_time() - processor)

    return choice


def gstds(rule, *more):
    def choose(pool, count, seed):
        output = pool.file.with_name("kept.json")
        command = [pool.program, "select", "--features", pool.file, "--rule", rule, "--count", count]
        command += ["--seed", seed, "--order", "rank", "--output", output, "--force", "--json", *more]
        begun = of_children()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        processor = of_children() - begun
        if done.returncode:
            raise SystemExit(done.stderr)
        summary = json.loads(done.stdout)
        rows = json.loads(output.read_text())["indices"]
        return Choice(rows, summary["milliseconds"] / 1e3, processor, summary["adapter"])

    return choose


def clusters(unit, count, seed):
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=1, random_state=seed).fit(unit)
    distances = ((unit - found.cluster_centers_[found.labels_]) ** 2).sum(1)
    # By cluster, the row nearest the centre first.
    order = np.lexsort((distances, found.labels_))
    _, starts = np.unique(found.labels_[order], return_index=True)
    return np.split(order, starts[1:])


@timed
def k_means(pool, count, seed):
    return [members[0] for members in clusters(pool.unit, count, seed)]


@timed
def sem_dedup(pool, count, seed):
    """√n clusters, half the rows chosen at most; of all rows stay those least similar to a row of their
    cluster that is nearer its centre."""
    likeness = np.empty(len(pool.unit), np.float32)
    groups = max(1, min(int(len(pool.unit) ** 0.5), count // 2))
    for members in clusters(pool.unit, groups, seed):
        similarity = np.triu(pool.unit[members] @ pool.unit[members].T, 1)
        similarity[np.tril_indices(len(members))] = -2
        likeness[members] = similarity.max(0)
    return np.argsort(likeness, kind="stable")[:count]


@timed
def apricot(pool, count, _seed):
    from apricot import FacilityLocationSelection

    similarity = np.maximum(pool.unit @ pool.unit.T, 0)
    model = FacilityLocationSelection(count, metric="precomputed")
    return model.fit(similarity).ranking


OURS = {
    "medoids": Rule(gstds("medoids")),
    "facility-location": Rule(gstds("facility-location"), is_order=True),
    "k-center": Rule(gstds("k-center"), is_order=True),
    "quantile": Rule(gstds("quantile")),
}
PEERS = {
    "k-means on features": Rule(k_means, module="sklearn"),
    "apricot facility location": Rule(apricot, is_order=True, module="apricot"),
    "SemDeDup-like": Rule(sem_dedup, module="sklearn"),
}
RULES = OURS | PEERS
