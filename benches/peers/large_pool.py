"""A synthetic pool of any size for `gstds select`, and what a selection from it costs.

Usage: large_pool.py GSTDS ROWS FEATURES COUNT [more flags of gstds select]. Writes a .npy of f16 in a
temporary folder: rows about a tenth as many directions as are kept, of sizes that fall as 1/rank. Runs
`gstds select --rule medoids --count COUNT` and prints its summary, the seconds, and the most memory
that the process held. Needs numpy.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np

CHUNK = 1 << 15
SPREAD = 0.7


def write(file, rows, features, directions):
    draw = np.random.default_rng(7)
    centres = np.abs(draw.standard_normal((directions, features), np.float32))
    weights = 1 / np.arange(1, directions + 1)
    matrix = np.lib.format.open_memmap(file, "w+", np.float16, (rows, features))
    for first in range(0, rows, CHUNK):
        count = min(CHUNK, rows - first)
        of = draw.choice(directions, count, p=weights / weights.sum())
        noise = np.abs(draw.standard_normal((count, features), np.float32))
        matrix[first : first + count] = centres[of] + SPREAD * noise
    matrix.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("features", type=int)
    parser.add_argument("count", type=int)
    args, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "pool.npy"
        write(file, args.rows, args.features, max(2, args.count // 10))
        command = [args.program.resolve(), "select", "--features", file, "--rule", "medoids"]
        command += ["--count", args.count, "--output", f"{folder}/kept.json", "--json", *more]
        begun = time.perf_counter()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        seconds = time.perf_counter() - begun
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        summary = json.loads(done.stdout)
        kept = json.loads((pathlib.Path(folder) / "kept.json").read_text())["indices"]
    assert len(set(kept)) == args.count
    print(done.stdout.strip())
    stated = summary["host_bytes"] + summary["device_bytes"]
    print(f"{args.rows} x {args.features}, {args.count} kept, {os.cpu_count()} cores")
    print(f"seconds {seconds:.0f}, of a processor {used.ru_utime + used.ru_stime:.0f}")
    print(f"stated {stated / 1e6:.0f} MB, most held {used.ru_maxrss * 1024 / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
