"""How good a selection shard by shard is beside one from the whole pool.

    pip install scikit-learn pyarrow
    python benches/shards.py --rows 100000 --count 500 --shards 10

The functions are those of examples/ray_shards.py, called without Ray: Ray decides where a shard is
selected from, and not what is kept. The pool is drawn: 20 labels of 10 clusters each, whose sizes
fall as 1/rank, in 64 features. Shards are filled at random, or cluster after cluster, as sources
are that differ from each other.

Coverage is the mean over all rows of the largest cosine similarity to a kept one. The probe is a
logistic regression of the labels of the kept rows; its accuracy is that on all other rows.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression

import gstds

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from ray_shards import ShardSelector, final_pass, share_of_a_shard  # noqa: E402

LABELS, CLUSTERS, WIDTH = 20, 200, 64
SPREAD = 0.9


def pool(rows, seed):
    """Features, the cluster of each row, and its label."""
    random = np.random.default_rng(seed)
    sizes = 1 / np.arange(1, CLUSTERS + 1)
    cluster = random.choice(CLUSTERS, rows, p=sizes / sizes.sum())
    centres = random.standard_normal((CLUSTERS, WIDTH))
    features = centres[cluster] + SPREAD * random.standard_normal((rows, WIDTH))
    return features.astype(np.float32), cluster, cluster % LABELS


def coverage(features, kept):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    chunks = np.array_split(unit, max(1, len(unit) // 4096))
    nearest = [(chunk @ unit[kept].T).max(axis=1) for chunk in chunks]
    return np.concatenate(nearest).mean()


def probe(features, labels, kept):
    others = np.setdiff1d(np.arange(len(features)), kept)
    fitted = LogisticRegression(max_iter=1000).fit(features[kept], labels[kept])
    return fitted.score(features[others], labels[others])


def by_shards(features, order, shards, count):
    """Rows that are kept where the shards hold the rows in this order."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, rows in enumerate(np.array_split(order, shards)):
            lists = pa.FixedSizeListArray.from_arrays(pa.array(features[rows].ravel()), WIDTH)
            names.append(f"{folder}/{number:04}.parquet")
            pq.write_table(pa.table({"row": rows, "features": lists}), names[-1])
        selector = ShardSelector(share_of_a_shard(count, len(features)))
        survivors = selector(pa.table({"shard": names}))
    return final_pass(survivors, count).column("row").to_numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    found = {}
    for seed in range(given.seeds):
        features, cluster, labels = pool(given.rows, seed)
        random = np.random.default_rng(seed).permutation(given.rows)
        sorted_rows = np.argsort(cluster, kind="stable")
        kept = {
            "random rows": random[: given.count],
            "medoids of the whole pool": gstds.select(
                features, count=given.count, rule="medoids"
            ).kept,
            "shards at random, medoids": by_shards(features, random, given.shards, given.count),
            "shards by cluster, medoids": by_shards(
                features, sorted_rows, given.shards, given.count
            ),
        }
        for name, rows in kept.items():
            assert len(set(rows.tolist())) == given.count, name
            figures = coverage(features, rows), probe(features, labels, rows)
            found.setdefault(name, []).append(figures)
            print(f"seed {seed}: {name}: {figures[0]:.4f}, {figures[1]:.4f}", file=sys.stderr)
    print(f"{given.count} of {given.rows} rows, {given.shards} shards, {given.seeds} seeds\n")
    print("| kept by | coverage | probe accuracy |\n|---|--:|--:|")
    for name, figures in found.items():
        mean, spread = np.mean(figures, axis=0), np.std(figures, axis=0)
        columns = (f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True))
        print(f"| {name} | {' | '.join(columns)} |")


if __name__ == "__main__":
    main()
