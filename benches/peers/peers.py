"""The same selection by gstds and by its peers, in one run on one machine.

Every round runs `gstds bench` and then every peer once a shape, on the same bytes of features;
the first round warms up and does not count. See README.md beside this file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

try:
    import scipy.linalg
    import scipy.sparse.linalg
except ImportError:
    scipy = None

ROOT = Path(__file__).resolve().parents[2]
AGREEMENT = 0.99
# Below this many rows one pick is more than a hundredth.
CHECKED_FROM = 256
# Relative to an operator whose norm is 1, as gstds' own residual.
TOLERANCE = 1e-6


# From features to indices, in the operations that NumPy and CuPy share.


def operator(xp, features):
    """D^-1/2 S D^-1/2 and the diagonal of D^-1/2."""
    unit = features / xp.linalg.norm(features, axis=1, keepdims=True)
    similarity = unit @ unit.T
    scale = 1 / xp.sqrt(similarity.sum(axis=1))
    return similarity * scale[:, None] * scale[None, :], scale


def laplacian(xp, features):
    matrix, scale = operator(xp, features)
    return xp.eye(len(matrix), dtype=matrix.dtype) - matrix, scale


def kept_rows(xp, vector, scale, count):
    """The quantile rule: ranks floor((2i+1)n/2k) of the scores, larger first, ties by row."""
    scores = vector * scale
    scores = scores / xp.linalg.norm(scores)
    cubes = (scores**3).sum()
    # The first of the nearly largest entries gives the sign where skewness does not.
    large = abs(scores) >= (1 - 2**-12) * abs(scores).max()
    sign = xp.where(abs(cubes) >= 1e-3, xp.sign(cubes), xp.sign(scores[xp.argmax(large)]))
    order = xp.argsort(-(scores * sign), kind="stable")
    ranks = (2 * xp.arange(count) + 1) * len(scores) // (2 * count)
    return xp.sort(order[ranks])


def start(count):
    """The same start for every iterative solver."""
    return np.random.default_rng(1).standard_normal((count, 2))


def scipy_eigh(features, count):
    matrix, scale = laplacian(np, features)
    _, vectors = scipy.linalg.eigh(matrix, subset_by_index=[1, 1], overwrite_a=True)
    return kept_rows(np, vectors[:, 0], scale, count)


def scipy_eigsh(features, count):
    matrix, scale = operator(np, features)
    first = start(len(matrix))[:, 0].astype(matrix.dtype)
    values, vectors = scipy.sparse.linalg.eigsh(
        matrix, k=2, which="LA", v0=first, tol=TOLERANCE
    )
    return kept_rows(np, vectors[:, np.argmin(values)], scale, count)


def lobpcg(xp, solver, features, count):
    """The trivial vector is known, so the largest pair orthogonal to it is requested."""
    matrix, scale = operator(xp, features)
    trivial = (1 / scale)[:, None]
    first = xp.asarray(start(len(matrix)).astype(matrix.dtype))
    values, vectors = solver(
        matrix, first, Y=trivial, largest=True, tol=TOLERANCE, maxiter=200
    )
    return kept_rows(xp, vectors[:, int(xp.argmax(values))], scale, count)


def scipy_lobpcg(features, count):
    return lobpcg(np, scipy.sparse.linalg.lobpcg, features, count)


class Peer:
    """A job, and how to bring features to it, wait for it, and read its answer."""

    def __init__(self, name, job, place=lambda x: x, wait=lambda: None, read=np.asarray):
        self.name, self.job = name, job
        self.place, self.wait, self.read = place, wait, read
        self.placed = {}

    def run(self, shape, features, count):
        """Milliseconds from resident features to resident indices, and the indices."""
        if shape not in self.placed:
            self.placed[shape] = self.place(features)
        resident = self.placed[shape]
        self.wait()
        begin = time.perf_counter()
        answer = self.job(resident, count)
        self.wait()
        return (time.perf_counter() - begin) * 1e3, self.read(answer)


def cpu_peers():
    if scipy is None:
        return left_out("SciPy is not installed")
    return [
        Peer("SciPy eigh, CPU", scipy_eigh),
        Peer("SciPy eigsh, CPU", scipy_eigsh),
        Peer("SciPy lobpcg, CPU", scipy_lobpcg),
    ]


def torch_peers():
    try:
        import torch
    except ImportError:
        return left_out("PyTorch is not installed")
    if not torch.cuda.is_available():
        return left_out("PyTorch finds no CUDA GPU")

    def parts(features):
        unit = features / torch.linalg.norm(features, dim=1, keepdim=True)
        similarity = unit @ unit.T
        scale = similarity.sum(dim=1).rsqrt()
        return similarity * scale[:, None] * scale[None, :], scale

    def rule(vector, scale, count):
        scores = vector * scale
        scores = scores / torch.linalg.norm(scores)
        cubes = (scores**3).sum()
        large = scores.abs() >= (1 - 2**-12) * scores.abs().max()
        other = scores[torch.argmax(large.int())]
        sign = torch.where(cubes.abs() >= 1e-3, cubes.sign(), other.sign())
        order = torch.argsort(-(scores * sign), stable=True)
        at = torch.arange(count, device=scores.device)
        return order[(2 * at + 1) * len(scores) // (2 * count)].sort().values

    def eigh(features, count):
        matrix, scale = parts(features)
        eye = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
        _, vectors = torch.linalg.eigh(eye - matrix)
        return rule(vectors[:, 1], scale, count)

    def blocked(features, count):
        matrix, scale = parts(features)
        trivial = 1 / scale
        trivial = trivial / torch.linalg.norm(trivial)
        # torch.lobpcg takes no constraint: the known pair is subtracted instead.
        matrix = matrix - trivial[:, None] * trivial[None, :]
        first = torch.as_tensor(start(len(matrix)), dtype=matrix.dtype, device=matrix.device)
        values, vectors = torch.lobpcg(
            matrix, X=first, largest=True, tol=TOLERANCE, niter=200
        )
        return rule(vectors[:, 0], scale, count)

    device = {
        "place": lambda x: torch.as_tensor(x, device="cuda"),
        "wait": torch.cuda.synchronize,
        "read": lambda x: x.cpu().numpy(),
    }
    name = torch.cuda.get_device_name()
    return [
        Peer(f"PyTorch eigh, {name}", eigh, **device),
        Peer(f"PyTorch lobpcg, {name}", blocked, **device),
    ]


def cupy_peers():
    try:
        import cupy
        import cupyx.scipy.sparse.linalg as sparse
    except ImportError:
        return left_out("CuPy is not installed")
    try:
        if cupy.cuda.runtime.getDeviceCount() == 0:
            return left_out("CuPy finds no CUDA GPU")
    except cupy.cuda.runtime.CUDARuntimeError:
        return left_out("CuPy finds no CUDA GPU")

    def eigh(features, count):
        matrix, scale = laplacian(cupy, features)
        _, vectors = cupy.linalg.eigh(matrix)
        return kept_rows(cupy, vectors[:, 1], scale, count)

    def blocked(features, count):
        return lobpcg(cupy, sparse.lobpcg, features, count)

    device = {
        "place": cupy.asarray,
        "wait": cupy.cuda.Device().synchronize,
        "read": cupy.asnumpy,
    }
    return [
        Peer("CuPy eigh, CUDA", eigh, **device),
        Peer("CuPy lobpcg, CUDA", blocked, **device),
    ]


def left_out(why):
    print(f"{why}: its rows are left out.", file=sys.stderr)
    return []


# Ours, from outside.


def gstds(arguments, rounds, folder=None):
    """One run of `gstds bench` over the whole grid."""
    command = [arguments.gstds, "bench", "--json", "--rounds", str(rounds)]
    command += ["--rows", ",".join(map(str, arguments.rows))]
    command += ["--features", str(arguments.features), "--keep", str(arguments.keep)]
    if arguments.adapter:
        command += ["--adapter", arguments.adapter]
    if folder:
        command += ["--save", str(folder)]
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        sys.exit(f"{arguments.gstds} cannot be run: {error}; build it, or give --gstds PATH")
    if run.returncode:
        sys.exit(f"{' '.join(command)} ended with {run.returncode}")
    return json.loads(run.stdout)


# Agreement and the table.


def reference_order(features):
    """Rows in the order of the scores, in float64."""
    matrix, scale = laplacian(np, features.astype(np.float64))
    _, vectors = np.linalg.eigh(matrix)
    return np.argsort(-vectors[:, 1] * scale, kind="stable")


def overlap(ours, theirs):
    return len(np.intersect1d(ours, theirs)) / len(ours)


def within_one_rank(kept, order):
    """Share of picks that float64 ranks at most one place from where the rule picks."""
    n, k = len(order), len(kept)
    rank = np.empty(n, dtype=int)
    rank[order] = np.arange(n)
    found = np.sort(rank[kept])
    wanted = (2 * np.arange(k) + 1) * n // (2 * k)
    # The sign of the scores is a convention: from the other end the ranks are these.
    other = np.sort(n - 1 - found)
    return max(np.mean(abs(found - wanted) <= 1), np.mean(abs(other - wanted) <= 1))


def quartiles(times):
    return np.percentile(times, [50, 25, 75])


def cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def table(shapes, ours, times, agreement):
    print("| job | rows | features | ms (quartiles) | gstds ms | theirs / ours | overlap | within a rank |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for shape in shapes:
        own = np.median(ours[shape])
        lines = [("gstds", ours[shape])]
        lines += [(name, t[shape]) for name, t in times.items()]
        for name, measured in lines:
            middle, low, high = quartiles(measured)
            exact, near = agreement[name, shape]
            print(
                f"| {name} | {shape[0]} | {shape[1]} | {middle:.3f} ({low:.3f}-{high:.3f}) "
                f"| {own:.3f} | {middle / own:.2f} | {exact:.3f} | {near:.3f} |"
            )


def parsed():
    whole = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = lambda text: [int(part) for part in text.split(",")]
    whole.add_argument("--rows", type=numbers, default=[128, 256, 512, 1024])
    whole.add_argument("--features", type=int, default=512)
    whole.add_argument("--keep", type=float, default=0.25)
    whole.add_argument("--rounds", type=int, default=7)
    whole.add_argument("--dtype", choices=["float32", "float64"], default="float32",
                       help="what the peers compute in; gstds computes in float32")
    whole.add_argument("--gstds", default=str(ROOT / "target/release/gstds"))
    whole.add_argument("--adapter", help="as gstds takes it")
    arguments = whole.parse_args()
    if min(arguments.rows + [arguments.features, arguments.rounds]) < 1:
        whole.error("rows, features and rounds are 1 or more")
    return arguments


def main():
    arguments = parsed()
    shapes = [(rows, arguments.features) for rows in arguments.rows]
    peers = cpu_peers() + torch_peers() + cupy_peers()
    ours = {shape: [] for shape in shapes}
    times = {peer.name: {shape: [] for shape in shapes} for peer in peers}
    answers, agreement = {}, {}
    # lobpcg warns where it stops short of its tolerance, which float32 can make it do; whether
    # the answer is good is decided by the agreement.
    warnings.simplefilter("ignore", UserWarning)
    with tempfile.TemporaryDirectory() as folder:
        report = gstds(arguments, 1, folder)
        load = lambda what, shape: np.load(f"{folder}/{what}-{shape[0]}x{shape[1]}.npy")
        features = {shape: load("features", shape) for shape in shapes}
        kept = {shape: load("kept", shape) for shape in shapes}
    placed = {shape: features[shape].astype(arguments.dtype) for shape in shapes}
    controls = []
    for number in range(arguments.rounds + 1):
        report = gstds(arguments, 3)
        controls.append(report["control"]["ratio"])
        for cell, shape in zip(report["cells"], shapes):
            if number:
                ours[shape].append(cell["wall"]["median"])
        for peer in peers:
            for shape in shapes:
                spent, answer = peer.run(shape, placed[shape], len(kept[shape]))
                answers[peer.name, shape] = answer
                if number:
                    times[peer.name][shape].append(spent)
    for shape in shapes:
        order = reference_order(features[shape])
        agreement["gstds", shape] = (1.0, within_one_rank(kept[shape], order))
        for peer in peers:
            answer = answers[peer.name, shape]
            both = overlap(kept[shape], answer), within_one_rank(answer, order)
            agreement[peer.name, shape] = both
    machine = report["machine"]
    libraries = f"NumPy {np.__version__}"
    if scipy is not None:
        libraries += f", SciPy {scipy.__version__}"
    print(
        f"gstds {machine['version']} on {machine['adapter']} ({machine['backend']}, "
        f"{machine['driver']} {machine['driver_info']}), {report['date']}; {libraries}, "
        f"{cores()} cores, {arguments.dtype}"
    )
    print(
        f"medians of {arguments.rounds} interleaved rounds, wall clock, features and indices "
        f"resident; gstds against itself read {np.median(controls):.3f}\n"
    )
    table(shapes, ours, times, agreement)
    return verdict(agreement)


def verdict(agreement):
    """1 where some answer is not the one of the job, 0 where all are."""
    bad = [
        (name, shape, near)
        for (name, shape), (_, near) in agreement.items()
        if shape[0] >= CHECKED_FROM and near < AGREEMENT
    ]
    for name, (rows, columns), near in bad:
        print(
            f"{name}: {near:.3f} of the rows kept of {rows} x {columns} lie within a rank of "
            f"where float64 picks; {AGREEMENT} is needed",
            file=sys.stderr,
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
