"""Wrong labels that are found on the embedded data, by gstds and by cleanlab.

Usage: label_suspects.py GSTDS BANK DATA, the last two the embedded features and data set. Needs numpy,
scikit-learn and cleanlab.

A fifth of the 5,000 labels is replaced by another class, drawn uniformly. gstds ranks rows by the
column label_loss; cleanlab ranks them by its label quality scores from the cross-validated
probabilities of scikit-learn's logistic regression, five folds, unit features. Precision at k is the
share of wrong labels among the first k rows. Prints a Markdown table, mean over seeds.
"""

import argparse
import csv
import gzip
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from pool_sets import tensors

CLASSES = 10
FIRST = (100, 250, 500, 1000)


def noisy(labels, seed):
    draw = np.random.default_rng(seed)
    wrong = draw.permutation(len(labels))[: len(labels) // 5]
    given = labels.copy()
    given[wrong] = (labels[wrong] + draw.integers(1, CLASSES, len(wrong))) % CLASSES
    return given, given != labels


def precisions(order, wrong):
    return [float(wrong[order[:k]].mean()) for k in FIRST]


def gstds(program, file, given, seed, folder):
    np.save(folder / "labels.npy", given)
    output = folder / "all.csv"
    command = [program, "select", "--features", file, "--rule", "random", "--keep", 1, "--seed", seed]
    command += ["--labels", folder / "labels.npy", "--label-suspects", "--output", output, "--force"]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    with output.open() as lines:
        losses = np.array([float(line["label_loss"]) for line in csv.DictReader(lines)])
    return np.argsort(-losses, kind="stable")


def cleanlab(unit, given, seed):
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = LogisticRegression(max_iter=200)
    likely = cross_val_predict(model, unit, given, cv=folds, method="predict_proba")
    for method in ("self_confidence", "normalized_margin"):
        yield method, np.argsort(get_label_quality_scores(given, likely, method=method), kind="stable")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("bank", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    features = tensors(args.bank.read_bytes())["features"].astype(np.float32)
    labels = tensors(gzip.decompress(args.data.read_bytes()))["train_labels"].astype(int)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    results, seconds = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        file = folder / "features.npy"
        np.save(file, features)
        for seed in range(args.seeds):
            given, wrong = noisy(labels, seed)
            begun = resource.getrusage(resource.RUSAGE_CHILDREN)
            order = gstds(args.program.resolve(), file, given, seed, folder)
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            results.setdefault("gstds", []).append(precisions(order, wrong))
            seconds.setdefault("gstds", []).append(ended.ru_utime - begun.ru_utime)
            begun = time.process_time()
            for method, order in cleanlab(unit, given, seed):
                name = f"cleanlab, {method}"
                results.setdefault(name, []).append(precisions(order, wrong))
            seconds.setdefault("cleanlab", []).append(time.process_time() - begun)
            print(f"seed {seed + 1} of {args.seeds}", file=sys.stderr)
    print("| ranked by | " + " | ".join(f"first {k}" for k in FIRST) + " |")
    print("|---|" + "--:|" * len(FIRST))
    for name, found in results.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in np.mean(found, 0)) + " |")
    taken = ", ".join(f"{name} {np.median(values):.0f}" for name, values in seconds.items())
    print(f"\nSeconds of a processor, median: {taken}")


if __name__ == "__main__":
    main()
