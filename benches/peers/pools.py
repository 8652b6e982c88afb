"""Coverage rules on the embedded data: what a probe learns from the rows that each rule labels.

Usage: pools.py GSTDS BANK DATA OUTPUT. GSTDS is the program, built without or with training; BANK the
embedded features (crates/gstds-models/assets/fashion-mnist-features.safetensors); DATA the embedded
data set (crates/gstds-data/assets/fashion-mnist.safetensors.gz); OUTPUT the table, such as
docs/results/pools.md. Needs numpy and scikit-learn.

Each of several splits draws 4,000 of the 5,000 rows as the pool and holds the others out. A rule
chooses rows of the pool from their features alone; these are labelled, a ridge regression on unit
features is fitted, with the best of three penalties, and its accuracy on the held-out rows counts.
"""

import argparse
import gzip
import json
import pathlib
import platform
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

CLASSES = 10
POOL = 4000
PER_CLASS = (2, 5, 10, 30)
BUDGETS = [CLASSES * k for k in PER_CLASS] + [POOL // 10]
PENALTIES = (0.01, 0.1, 1.0)
DRAWS = 20


def tensors(data):
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    kinds = {"F16": np.float16, "U8": np.uint8, "I64": np.int64, "U32": np.uint32, "I32": np.int32}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = (8 + size + at for at in entry["data_offsets"])
            values = np.frombuffer(data[first:end], kinds[entry["dtype"]])
            found[name] = values.reshape(entry["shape"])
    return found


def accuracy(train, labels, test, expected):
    """Of ridge regression on one-hot labels, by its dual."""
    mean = train.mean(0)
    a, b = train - mean, test - mean
    kernel, cross = a @ a.T, b @ a.T
    targets = np.eye(CLASSES)[labels]
    offset = targets.mean(0)
    scale = np.trace(kernel) / len(kernel)
    best = 0.0
    for penalty in PENALTIES:
        weights = np.linalg.solve(kernel + penalty * scale * np.eye(len(kernel)), targets - offset)
        best = max(best, float((np.argmax(cross @ weights + offset, 1) == expected).mean()))
    return 100 * best


def select(program, features, rule, count, seed, folder, more=()):
    output = folder / "kept.json"
    command = [program, "select", "--features", features, "--rule", rule, "--count", count]
    command += ["--seed", seed, "--order", "rank", "--output", output, "--force", "--json", *more]
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True)
    summary = json.loads(done.stdout)
    return json.loads(output.read_text())["indices"], summary["milliseconds"] / 1e3, summary


def k_means(unit, count, seed):
    from sklearn.cluster import KMeans

    begun = time.perf_counter()
    found = KMeans(count, n_init=1, random_state=seed).fit(unit)
    chosen = []
    for cluster in range(count):
        members = np.flatnonzero(found.labels_ == cluster)
        distances = ((unit[members] - found.cluster_centers_[cluster]) ** 2).sum(1)
        chosen.append(int(members[np.argmin(distances)]))
    return chosen, time.perf_counter() - begun


def measure(args, folder):
    features = tensors(pathlib.Path(args.bank).read_bytes())["features"].astype(np.float32)
    labels = tensors(gzip.decompress(pathlib.Path(args.data).read_bytes()))[args.labels].astype(int)
    assert len(labels) == len(features)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    results, seconds, adapter = {}, {}, ""
    for split in range(args.splits):
        order = np.random.default_rng(split).permutation(len(features))
        pool, held = order[:POOL], order[POOL:]
        file = folder / "pool.npy"
        np.save(file, features[pool])

        def score(chosen):
            rows = pool[np.asarray(chosen)]
            return accuracy(unit[rows], labels[rows], unit[held], labels[held])

        def note(rule, count, value, taken=None):
            results.setdefault((rule, count), []).append(value)
            if taken is not None:
                seconds.setdefault((rule, count), []).append(taken)

        draw = np.random.default_rng(1000 + split)
        for count in BUDGETS:
            drawn = [score(draw.permutation(POOL)[:count]) for _ in range(DRAWS)]
            note("random", count, float(np.mean(drawn)))
        for rule in ("facility-location", "k-center"):
            # Any first rows of the order of choice are a selection.
            chosen, taken, _ = select(args.program, file, rule, max(BUDGETS), split, folder)
            for count in BUDGETS:
                last = taken if count == max(BUDGETS) else None
                note(rule, count, score(chosen[:count]), last)
        for count in BUDGETS:
            chosen, taken, summary = select(args.program, file, "quantile", count, split, folder)
            note("quantile", count, score(chosen), taken)
            adapter = summary["adapter"]
            for vectors in args.vectors:
                more = ("--vectors", vectors) if vectors else ()
                name = f"medoids, {vectors} vectors" if vectors else "medoids"
                chosen, taken, _ = select(args.program, file, "medoids", count, split, folder, more)
                note(name, count, score(chosen), taken)
            chosen, taken = k_means(unit[pool], count, split)
            note("k-means on features", count, score(chosen), taken)
        print(f"split {split + 1} of {args.splits}", file=sys.stderr)
        if split > 0:
            args.output.write_text(table(results, seconds, adapter, split + 1, args.note))


def cell(values, base):
    """Mean difference to random over the splits, with its standard error."""
    differences = np.asarray(values) - np.asarray(base)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return f"{differences.mean():+.1f} ({error:.1f})"


def table(results, seconds, adapter, splits, note):
    rules = list(dict.fromkeys(rule for rule, _ in results))
    heads = [f"{k} a class" for k in PER_CLASS] + ["10%"]
    lines = [
        "# Coverage of pools",
        "",
        "What a probe learns from rows that each rule chose to be labelled. `benches/peers/pools.py` "
        "writes this page.",
        "",
        f"Data: the embedded tenth of Fashion-MNIST, EfficientNet-Lite0 features (1,280). Each of "
        f"{splits} splits draws 4,000 rows as the pool and holds 1,000 out. Probe: ridge "
        "regression on unit features, the best of three penalties. Random: the mean of "
        f"{DRAWS} draws a split, its accuracy in per cent. Others: points to random on the same "
        "split, mean over splits, standard error in brackets. k-means is scikit-learn's, one "
        "start, the row nearest each centre.",
        "",
        "| rule | " + " | ".join(heads) + " |",
        "|---|" + "--:|" * len(heads),
    ]
    for rule in rules:
        cells = []
        for count in BUDGETS:
            values, base = results[rule, count], results["random", count]
            text = f"{np.mean(values):.1f}" if rule == "random" else cell(values, base)
            cells.append(text)
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Seconds of a selection, median over splits; reading the file is not counted. A greedy order "
        "holds the smaller budgets, too.",
        "",
        "| rule | " + " | ".join(heads) + " |",
        "|---|" + "--:|" * len(heads),
    ]
    for rule in rules[1:]:
        taken = [seconds.get((rule, count)) for count in BUDGETS]
        cells = [f"{np.median(values):.1f}" if values else "" for values in taken]
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    lines += [
        "",
        f"Adapter: {adapter}. Processor: {platform.processor() or platform.machine()}, "
        f"scikit-learn on the same. Date: {time.strftime('%Y-%m-%d')}, commit {commit.stdout.strip()}."
        f"{' ' + note if note else ''}",
    ]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("bank")
    parser.add_argument("data")
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--labels", default="train_labels", help="tensor of the labels")
    parser.add_argument("--splits", type=int, default=5, help="2 or more; the table is written after each")
    parser.add_argument("--vectors", type=int, nargs="*", default=[0], help="0 is the default")
    parser.add_argument("--note", default="", help="a sentence on the machine")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(args, pathlib.Path(folder))


if __name__ == "__main__":
    main()
