"""Rows of a pool that rules choose for labels: what a probe learns from them, and what choosing takes.

    python pools.py measure GSTDS SET [--data DIR] [--features DIR] [--splits N]
    python pools.py page

GSTDS is the program; it must be built with training where features are made first. SET is one of
fashion-mnist (which needs no data), cifar10, flowers, pets-subset; DIR has its official files. What is
measured is stored as JSON, a file a set, from which `page` makes docs/results/pools.md again. Needs
numpy, scikit-learn and apricot-select; a peer that is not installed is left out.

Each of several splits draws a pool and holds others of the rows out. A rule chooses rows of the pool from
their features alone; these are labelled, a ridge regression on unit features is fitted, with the best
of three penalties, and its accuracy on the rows held out counts.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np

import pool_page
from pool_rules import PEERS, RULES, Pool
from pool_sets import MOST_HELD, ROOT, SETS, load

PER_CLASS = (2, 5, 10, 30)
# Rows that are chosen at most: k-means and the probe take long beyond, and more is no small part of a pool.
MOST = 1000
PENALTIES = (0.01, 0.1, 1.0)
DRAWS = 20
STORE = ROOT / "docs/results/pools"
PAGE = ROOT / "docs/results/pools.md"


def budgets(pool, classes):
    """Rows that are chosen, by the heads of their columns."""
    found = {f"{k} a class": k * classes for k in PER_CLASS if k * classes <= min(MOST, pool // 3)}
    return found | {"5%": pool // 20, "10%": pool // 10}


def accuracy(train, labels, test, expected):
    """Of ridge regression on one-hot labels, by its dual."""
    mean = train.mean(0)
    a, b = train - mean, test - mean
    kernel, cross = a @ a.T, b @ a.T
    targets = np.eye(expected.max() + 1)[labels]
    offset = targets.mean(0)
    scale = np.trace(kernel) / len(kernel)
    best = 0.0
    for penalty in PENALTIES:
        weights = np.linalg.solve(kernel + penalty * scale * np.eye(len(kernel)), targets - offset)
        best = max(best, float((np.argmax(cross @ weights + offset, 1) == expected).mean()))
    return 100 * best


class Processor:
    """Since it was made: the share of the machine's cores that other processes took."""

    def __init__(self):
        self.begun = time.perf_counter(), self.own(), self.all()

    @staticmethod
    def own():
        return sum(
            sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )

    @staticmethod
    def all():
        try:
            words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        except OSError:
            return None
        user, nice, system, _, _, irq, softirq, _ = map(int, words)
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")

    def by_others(self):
        clock, own, busy = self.begun
        if busy is None:
            return None
        taken = self.all() - busy - (self.own() - own)
        return max(0.0, taken / (time.perf_counter() - clock) / os.cpu_count())


class Split:
    """One draw of a pool, and what the rules chose from it."""

    def __init__(self, data, size, seed, program, folder):
        features, self.labels, self.unit = data
        order = np.random.default_rng(seed).permutation(len(features))
        self.rows, self.held, self.seed = order[:size], order[size:][:MOST_HELD], seed
        self.pool = Pool(self.unit[self.rows], folder / "pool.npy", program)
        np.save(self.pool.file, features[self.rows])
        self.accuracy, self.seconds, self.processor = {}, {}, {}
        self.adapter = None

    def score(self, chosen):
        rows = self.rows[np.asarray(chosen)]
        held = self.held
        return accuracy(self.unit[rows], self.labels[rows], self.unit[held], self.labels[held])

    def draw(self, counts):
        draw = np.random.default_rng(1000 + self.seed)
        for count in counts:
            drawn = [self.score(draw.permutation(len(self.rows))[:count]) for _ in range(DRAWS)]
            self.note("accuracy", "random", count, float(np.mean(drawn)))

    def note(self, what, rule, count, value):
        getattr(self, what).setdefault(rule, {})[str(count)] = round(value, 4)

    def choose(self, name, count):
        choice = RULES[name].choose(self.pool, count, self.seed)
        self.note("seconds", name, count, choice.seconds)
        self.note("processor", name, count, choice.processor)
        self.adapter = choice.adapter or self.adapter
        return choice.rows

    def measure(self, name, counts):
        if RULES[name].is_order:
            rows = self.choose(name, max(counts))
            for count in counts:
                self.note("accuracy", name, count, self.score(rows[:count]))
            return
        for count in counts:
            self.note("accuracy", name, count, self.score(self.choose(name, count)))

    def stored(self, others):
        kept = {"accuracy": self.accuracy, "seconds": self.seconds, "processor": self.processor}
        return {"seed": self.seed, "others": others} | kept


def machine():
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    packages = {"scikit-learn": "sklearn", "apricot-select": "apricot", "numpy": "numpy"}
    return {
        "commit": commit.stdout.strip(),
        "date": time.strftime("%Y-%m-%d"),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name, module in packages.items() if has(module)},
    }


def has(module):
    return not module or importlib.util.find_spec(module) is not None


def wanted(args):
    names = args.rules.split(",") if args.rules else list(RULES)
    missing = [name for name in names if not has(RULES[name].module)]
    if missing:
        print(f"left out, since not installed: {', '.join(missing)}", file=sys.stderr)
    return [name for name in names if name not in missing]


def warm_up(names, unit, folder):
    """Libraries compile and load what they need at the first call."""
    small = Pool(unit[:200], folder / "none.npy", pathlib.Path())
    for name in names:
        if name in PEERS:
            RULES[name].choose(small, 20, 0)


def measure(args, folder):
    features, labels = load(args.set, args.program, args.data, args.features)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    size, classes = args.pool or SETS[args.set].pool, int(labels.max()) + 1
    columns = budgets(size, classes)
    counts = list(columns.values())
    found = {"title": SETS[args.set].title, "pool": size, "held": min(MOST_HELD, len(labels) - size)}
    found |= {"features": features.shape[1], "classes": classes, "budgets": columns} | machine()
    found |= {"note": args.note, "splits": []}
    names = wanted(args)
    warm_up(names, unit, folder)
    for seed in range(args.first, args.first + args.splits):
        processor = Processor()
        split = Split((features, labels, unit), size, seed, args.program, folder)
        split.draw(counts)
        for name in names:
            split.measure(name, counts)
            print(f"split {seed}: {name}", file=sys.stderr)
        found["splits"].append(split.stored(processor.by_others()) | {"commit": found["commit"]})
        found["adapter"] = split.adapter
        store(found, args.store / f"{args.set}.json", args.add)


def store(found, file, add):
    """Beside the stored splits of other seeds where these are to stay."""
    new = {split["seed"] for split in found["splits"]}
    before = json.loads(file.read_text())["splits"] if add and file.exists() else []
    splits = [split for split in before if split["seed"] not in new] + found["splits"]
    splits.sort(key=lambda split: split["seed"])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found | {"splits": splits}, indent=1) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=pathlib.Path, default=STORE, help="folder of a JSON for each set")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("measure", help="measure one set, and store what came out")
    run.add_argument("program", type=lambda path: pathlib.Path(path).resolve())
    run.add_argument("set", choices=SETS)
    run.add_argument("--data", type=pathlib.Path, help="folder of the set's official files")
    run.add_argument(
        "--features", type=pathlib.Path, default=ROOT / "target/pools", help="where they are kept"
    )
    run.add_argument("--pool", type=int, help="rows of a pool, where another size is wanted")
    run.add_argument("--splits", type=int, default=4)
    run.add_argument("--first", type=int, default=0, help="seed of the first split")
    run.add_argument("--add", action="store_true", help="keep the stored splits of other seeds")
    run.add_argument("--rules", default="", help="some, separated by commas")
    run.add_argument("--note", default="", help="a sentence on the machine")
    page = commands.add_parser("page", help="make the page from what is stored")
    page.add_argument("--output", type=pathlib.Path, default=PAGE)
    return parser.parse_args()


def main():
    args = arguments()
    if args.command == "measure":
        with tempfile.TemporaryDirectory() as folder:
            measure(args, pathlib.Path(folder))
    else:
        pool_page.write(args.output, args.store, list(SETS))


if __name__ == "__main__":
    main()
