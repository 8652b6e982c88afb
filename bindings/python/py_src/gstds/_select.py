"""`select`: keep the informative rows of a feature matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gstds import _gstds
from gstds._arguments import adapter_name, classes, graph_options, integer, matrix
from gstds._progress import progress_bar
from gstds._selection import Selection, Source

COVERAGE = ("medoids", "facility-location", "k-center")
"""Rules that choose rows which cover all others."""


def select(
    features: ArrayLike,
    keep: float | None = None,
    count: int | None = None,
    *,
    rule: str = "quantile",
    affinity: str = "auto",
    tau: float = 0.1,
    neighbours: int = 15,
    laplacian: str = "sym",
    solver: str = "lanczos",
    gram_schmidt: str = "auto",
    steps: int | None = None,
    path: str = "auto",
    storage: str = "full",
    vectors: int = 1,
    seed: int = 0,
    strict: bool = False,
    batch: int | None = None,
    shuffle: bool = False,
    labels: ArrayLike | None = None,
    by_class: str | None = None,
    already: ArrayLike | None = None,
    near_duplicates: float | None = None,
    drop_near_duplicates: float | None = None,
    adapter: str | int | None = None,
    progress: bool = False,
) -> Selection:
    """Select rows by their scores along the Fiedler vector of the rows' similarity graph.

    Options have the names and values of the flags of ``gstds select``. The work is done without
    Python's global lock, and Ctrl-C ends it.

    Parameters
    ----------
    features : array_like of float16, float32 or float64, shape (samples, features)
        Rows are read where they lie, a few MiB at a time: an array with any strides, a memory map
        (which may be larger than memory), a PyTorch tensor on the CPU, or what else NumPy reads
        without a copy. float64 is rounded to float32 on the way to the device. The array must not
        be written to meanwhile.
    keep : float, optional
        Share of the rows to keep, above 0 and at most 1. Either this or `count`.
    count : int, optional
        Number of rows to keep, at most all.
    rule : {'quantile', 'stratified', 'signed', 'abs', 'abs-small', 'balanced', 'random', \
            'medoids', 'facility-location', 'k-center'}
        Which rows are kept, given the scores. `quantile` and `stratified` cover the scores evenly;
        `random` is the baseline to compare with, and solves no graph. The last three choose rows
        that cover all others: take `medoids` or `facility-location` where little is kept.
    affinity : {'auto', 'raw', 'shift', 'clamp', 'exp', 'knn'}
        How a cosine similarity becomes an edge weight.
    tau : float
        Scale of affinity `exp`.
    neighbours : int
        Most similar rows that affinity `knn` joins each row to, 1 to 64.
    laplacian : {'sym', 'un'}
        The normalised Laplacian, or D - W.
    solver : {'lanczos', 'power'}
        How the Fiedler vector is found.
    gram_schmidt : {'auto', 'twice', 'delayed'}
        How `lanczos` keeps its vectors orthogonal; `auto` takes `delayed`, half the dispatches, on
        a GPU.
    steps : int, optional
        Solver steps at most; by default enough for the affinity.
    path : {'auto', 'dense', 'fused', 'low-rank'}
        How the graph is held; `auto` takes the cheapest for the shape.
    storage : {'full', 'half'}
        How unit rows and similarities are stored on the device: float32 or float16.
    vectors : int
        Eigenvectors computed, 1 to 32; more than one fill `Selection.vectors`. Under `medoids` how
        many rows are clustered by; 1 stands for one less than the rows kept, up to 32.
    seed : int
        Seed of the rules `stratified` and `random`, and of `shuffle`.
    strict : bool
        Whether zero, NaN or infinite rows are an error instead of ranked last.
    batch : int, optional
        Selects within batches of so many consecutive rows.
    shuffle : bool
        Draws these batches at random.
    labels : array_like, shape (samples,), optional
        The class of each row: integers, text or anything else that NumPy sorts.
    by_class : {'equal', 'proportional'}, optional
        Selects within each class of `labels`, and shares the rows to be kept among the classes.
    already : array_like of int, optional
        Rows that were chosen before, under a rule that covers: they are not kept again, and rows
        like them need not be.
    near_duplicates : float, optional
        Also finds groups of rows of at least this cosine similarity, within each part of at most
        1,048,576 rows. Kept rows do not depend on it.
    drop_near_duplicates : float, optional
        Finds the same groups, and selects among their first rows and all rows without a
        near-duplicate. Either this or `near_duplicates`.
    adapter : str or int, optional
        Part of an adapter's name, or its number in `gstds.devices()`; by default the best one.
    progress : bool
        Whether to show bars of tqdm, where that is installed.

    Returns
    -------
    Selection
        Kept rows, scores and figures.

    Raises
    ------
    ValueError
        For features, options or numbers with which nothing can be selected.
    NoAdapterError
        Where no GPU adapter answers.
    RuntimeError
        For what the device reports, and in a process forked from one that used the device.
    MemoryError
        Where the device has no memory left.

    Examples
    --------
    >>> import numpy as np
    >>> import gstds
    >>> features = np.random.default_rng(0).random((64, 8), dtype=np.float32)
    >>> selection = gstds.select(features, count=16)
    >>> len(selection), selection.status.path
    (16, 'fused')
    >>> by_class = gstds.select(features, 0.25, labels=np.arange(64) % 2, by_class="equal")
    >>> np.bincount(by_class.kept % 2)
    array([8, 8])
    """
    if (keep is None) == (count is None):
        raise ValueError("give either keep, a share of the rows, or count, a number of rows")
    rows = matrix(features)
    options = graph_options(
        rule=rule,
        affinity=affinity,
        tau=tau,
        neighbours=neighbours,
        laplacian=laplacian,
        solver=solver,
        gram_schmidt=gram_schmidt,
        steps=steps,
        path=path,
        storage=storage,
        vectors=vectors,
        seed=seed,
        strict=strict,
    )
    drop = drop_near_duplicates is not None
    if drop and near_duplicates is not None:
        raise ValueError(
            "give either near_duplicates, which tells groups, or drop_near_duplicates, which "
            "leaves out all but one row of each"
        )
    threshold = drop_near_duplicates if drop else near_duplicates
    wanted = {
        "amount": {
            "ratio": None if keep is None else float(keep),
            "count": None if count is None else integer("count", count, 0, 2**63),
        },
        "options": options,
        "division": _division(rows, batch, shuffle, labels, by_class),
        "already": _chosen(already, rule, rows),
        "near_duplicates": None if threshold is None else float(threshold),
        "drop": drop,
    }
    with progress_bar(progress) as report:
        found = _gstds.select(rows, wanted=wanted, adapter=adapter_name(adapter), report=report)
    # Of a memory map the file is looked at again.
    read = features if isinstance(features, np.memmap) else rows
    source = Source(read, options, 0.99 if threshold is None else threshold, adapter)
    return Selection._of(found, 1 if rule in COVERAGE else options["vectors"], source)


def _chosen(already: ArrayLike | None, rule: str, rows: NDArray[Any]) -> list[int]:
    """The rows that were chosen before, each once."""
    if already is None:
        return []
    if rule not in COVERAGE:
        raise ValueError(
            f"already is for the rules {', '.join(COVERAGE)}, and the rule is {rule}: "
            "name one of them"
        )
    given = np.asarray(already)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"already is of {given.dtype}; row numbers are integers")
    numbers: list[int] = np.unique(given).tolist()
    if numbers and not 0 <= numbers[0] <= numbers[-1] < len(rows):
        raise ValueError(
            f"already has rows {numbers[0]} to {numbers[-1]}; there are rows 0 to {len(rows) - 1}"
        )
    return numbers


def _division(
    rows: NDArray[Any],
    batch: int | None,
    shuffle: bool,
    labels: ArrayLike | None,
    by_class: str | None,
) -> dict[str, Any]:
    """How the rows are divided, as the compiled part wants it."""
    if batch is not None and by_class is not None:
        raise ValueError("give either batch or by_class: rows are divided in one way")
    if shuffle and batch is None:
        raise ValueError("shuffle draws batches: give batch, the rows of each")
    if (labels is None) != (by_class is None):
        raise ValueError(
            "labels and by_class go together: the class of each row, and 'equal' or 'proportional'"
        )
    return {
        "batch": None if batch is None else integer("batch", batch, 1, 2**63),
        "shuffle": bool(shuffle),
        "labels": None if labels is None else classes(labels, rows)[1].tolist(),
        "by_class": by_class,
    }
