"""The package beside its peers: NumPy arrays in, row numbers or components out, on one machine.

    pip install scipy scikit-learn apricot-select    # what is missing is left out with a sentence
    python benches/peers.py --rows 1000,4000 --features 512

Every round runs each function once a shape; the first warms up and does not count. All copies are
in the time: gstds' to the device and back, and the peers' between their formats. Peers use as many
threads as their libraries take, so run this on an idle machine.

The first two jobs have one answer: the exit code is 1 where a peer's has another direction. Rows
that cover the others are as many, and another set: `coverage` is the mean over all rows of the
largest cosine similarity to a chosen one.
"""

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import gstds

AGREEMENT = 0.99
COMPONENTS = 4
# Shapes whose n x n matrix is too large for the peers that need it.
MOST_DENSE = 20_000


def unit_rows(features):
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def fiedler_by_eigsh(features, count):
    """Scores and the rows that the rule quantile keeps, by ARPACK."""
    from scipy.sparse.linalg import eigsh

    unit = unit_rows(features)
    similarity = unit @ unit.T
    scale = 1 / np.sqrt(similarity.sum(axis=1))
    matrix = similarity * scale[:, None] * scale
    start = np.random.default_rng(1).standard_normal(len(unit)).astype(unit.dtype)
    values, vectors = eigsh(matrix, k=2, which="LA", v0=start, tol=1e-6)
    scores = scale * vectors[:, np.argmin(values)]
    order = np.argsort(-scores, kind="stable")
    kept = np.sort(order[(2 * np.arange(count) + 1) * len(order) // (2 * count)])
    return scores[:, None], kept


def fiedler_by_gstds(features, count):
    selection = gstds.select(features, count=count)
    return selection.scores[:, None], selection.kept


def embedding_by_sklearn(features, count):
    from sklearn.manifold import SpectralEmbedding

    unit = unit_rows(features)
    model = SpectralEmbedding(COMPONENTS, affinity="precomputed", random_state=1)
    return model.fit_transform(unit @ unit.T), None


def embedding_by_gstds(features, count):
    return gstds.SpectralEmbedding(COMPONENTS).fit_transform(features), None


def medoids_by_gstds(features, count):
    return None, gstds.select(features, count=count, rule="medoids").kept


def facilities_by_gstds(features, count):
    return None, gstds.select(features, count=count, rule="facility-location").kept


def medoids_by_sklearn(features, count):
    """Of each of `count` clusters the row nearest its centre."""
    from sklearn.cluster import KMeans

    distances = KMeans(count, n_init=1, random_state=1).fit_transform(unit_rows(features))
    return None, np.unique(distances.argmin(axis=0))


def facilities_by_apricot(features, count):
    from apricot import FacilityLocationSelection

    model = FacilityLocationSelection(count, metric="cosine")
    return None, np.sort(model.fit(features.astype(np.float64)).ranking)


@dataclass
class Peer:
    name: str
    job: str
    run: Callable
    # The module that it needs.
    module: str = "gstds"
    dense: bool = False
    # Whether its answer is rows that cover the others, and not that of gstds for the job.
    covers: bool = False
    seconds: list[float] = field(default_factory=list)
    coverage: float | None = None


def peers():
    return [
        Peer("gstds.select", "Fiedler vector", fiedler_by_gstds),
        Peer("SciPy eigsh", "Fiedler vector", fiedler_by_eigsh, "scipy", dense=True),
        Peer("gstds.SpectralEmbedding", "4 components", embedding_by_gstds),
        Peer(
            "scikit-learn SpectralEmbedding",
            "4 components",
            embedding_by_sklearn,
            "sklearn",
            dense=True,
        ),
        Peer("gstds.select medoids", "medoids", medoids_by_gstds, covers=True),
        Peer("scikit-learn KMeans medoids", "medoids", medoids_by_sklearn, "sklearn", covers=True),
        Peer("gstds.select facility-location", "facilities", facilities_by_gstds, covers=True),
        Peer(
            "apricot FacilityLocation",
            "facilities",
            facilities_by_apricot,
            "apricot",
            dense=True,
            covers=True,
        ),
    ]


def has(module):
    try:
        importlib.import_module(module)
    except ImportError:
        print(f"{module} is not installed, so what needs it is left out", file=sys.stderr)
        return False
    return True


def features_of(rows, width):
    """Non-negative rows around as many centres as there are components and one more, unevenly."""
    random = np.random.default_rng(0)
    kinds = COMPONENTS + 1
    centres = random.random((kinds, width)) * np.arange(2, kinds + 2)[:, None]
    chosen = centres[random.integers(0, kinds, rows)]
    return (chosen + random.random((rows, width))).astype(np.float32)


def disagreement(ours, theirs):
    """How far the directions of the columns are from each other, 0 to 1."""
    ours, theirs = (np.asarray(it, dtype=np.float64) for it in (ours, theirs))
    norms = np.linalg.norm(ours, axis=0) * np.linalg.norm(theirs, axis=0)
    return 1 - np.abs((ours * theirs).sum(axis=0) / norms).min()


def coverage(features, kept):
    unit = unit_rows(features)
    chunks = np.array_split(unit, max(1, len(unit) // 4096))
    return float(np.mean(np.concatenate([(chunk @ unit[kept].T).max(axis=1) for chunk in chunks])))


def measure(rows, width, keep, rounds):
    """A line of the table for each peer, and whether all that must agree does."""
    features, count = features_of(rows, width), max(1, round(keep * rows))
    there = {module: has(module) for module in {peer.module for peer in peers()}}
    chosen = [it for it in peers() if there[it.module] and not (it.dense and rows > MOST_DENSE)]
    right = True
    for turn in range(rounds + 1):
        answers = {}
        for peer in chosen:
            begun = time.perf_counter()
            components, kept = peer.run(features, count)
            if turn > 0:
                peer.seconds.append(time.perf_counter() - begun)
            if peer.covers:
                peer.coverage = coverage(features, kept)
                continue
            first = answers.setdefault(peer.job, components)
            if disagreement(first, components) > 1 - AGREEMENT:
                print(f"{peer.name} disagrees at {rows} rows", file=sys.stderr)
                right = False
    ours = {peer.job: statistics.median(peer.seconds) for peer in chosen if peer.module == "gstds"}
    lines = []
    for peer in chosen:
        seconds = statistics.median(peer.seconds)
        times = f"{seconds * 1e3:.1f} | {seconds / ours[peer.job]:.2f}"
        covered = "" if peer.coverage is None else f"{peer.coverage:.4f}"
        lines.append(f"| {rows} | {peer.job} | {peer.name} | {times} | {covered} |")
    return lines, right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="1000,4000", help="rows of each shape [1000,4000]")
    parser.add_argument("--features", type=int, default=512, help="features of a row [512]")
    parser.add_argument("--keep", type=float, default=0.05, help="share of the rows kept [0.05]")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count [5]")
    arguments = parser.parse_args()
    print("| rows | job | by | milliseconds | to gstds | coverage |\n|--:|---|---|--:|--:|--:|")
    all_right = True
    for rows in map(int, arguments.rows.split(",")):
        lines, right = measure(rows, arguments.features, arguments.keep, arguments.rounds)
        print("\n".join(lines), flush=True)
        all_right &= right
    device = gstds.select(features_of(3, 2), count=1).status.adapter
    print(f"\ngstds {gstds.__version__} on {device}; NumPy {np.__version__}")
    return 0 if all_right else 1


if __name__ == "__main__":
    sys.exit(main())
