"""Arguments that several functions take, checked and as the compiled part wants them."""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEEDS = 2**64


def matrix(features: object) -> NDArray[Any]:
    """The features as an array, without a copy where they lie in memory that NumPy can see."""
    if not isinstance(features, np.ndarray):
        features = array("features", features)
    if isinstance(features, np.ma.MaskedArray):
        raise ValueError(
            "features are a masked array, of which the mask is not read: fill it first, such as by "
            "features.filled(numpy.nan), which ranks those rows last"
        )
    if isinstance(features, np.memmap):
        _check_file(features)
    # Subclasses have methods of their own; the memory is the same.
    return np.asarray(features)


def array(name: str, values: object) -> NDArray[Any]:
    """What NumPy reads of `values`, which messages call by their name."""
    device = getattr(values, "device", None)
    kind = getattr(device, "type", None)
    if isinstance(kind, str) and kind != "cpu":
        raise ValueError(
            f"{name} are on the device {device}, which is not read from here: pass {name}.cpu()"
        )
    detach = getattr(values, "detach", None)
    if callable(detach):
        values = detach()
    try:
        return np.asarray(values)
    except Exception as error:
        type_name = f"{type(values).__module__}.{type(values).__qualname__}"
        dtype = getattr(values, "dtype", None)
        said = type_name if dtype is None else f"{type_name} of {dtype}"
        raise ValueError(
            f"{name} are a {said}, which NumPy cannot read ({error}): convert them to float32 "
            f"first, a tensor by {name}.float().cpu()"
        ) from error


def classes(labels: object, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The labels that there are, sorted, and of each row the place of its own among them."""
    given = array("labels", labels)
    expected = rows.shape[:1]
    if given.shape != expected:
        raise ValueError(
            f"labels have shape {given.shape}; one label per row is needed, {expected}"
        )
    if given.dtype.kind in "fcO":
        # NaN alone differs from itself.
        found = enumerate(given.tolist())
        missing = [row for row, label in found if label is None or label != label]
        if missing:
            raise ValueError(
                f"{len(missing)} labels are missing, the first of row {missing[0]}: leave out "
                "these rows, or give them a label of their own"
            )
    names, numbers = np.unique(given, return_inverse=True)
    return names, numbers.reshape(-1).astype(np.int64)


def _check_file(features: np.memmap[Any, Any]) -> None:
    """Reading a closed map, or past the end of a file that was cut, would end the process."""
    if getattr(getattr(features, "_mmap", None), "closed", False):
        raise ValueError(f"the memory map of {features.filename} is closed: open it again")
    if features.filename is None:
        return
    try:
        size = os.stat(features.filename).st_size
    except OSError:
        # Unlinked, which leaves what is mapped in place.
        return
    base: Any = features
    while isinstance(base.base, np.memmap):
        base = base.base
    needed = base.offset + base.nbytes
    if size < needed:
        raise ValueError(
            f"{features.filename} has {size} bytes now, and its memory map needs {needed}: "
            "open it again"
        )


def integer(name: str, value: object, least: int, limit: int) -> int:
    """An integer from `least` to `limit` - 1."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is {value!r}; an integer is needed") from None
    if not least <= number < limit:
        raise ValueError(f"{name} is {number}; it is an integer from {least} to {limit - 1}")
    return number


def adapter_name(adapter: str | int | None) -> str | None:
    """Part of an adapter's name, or its number, as the crate reads it."""
    return None if adapter is None else str(adapter)


def graph_options(
    *,
    rule: str,
    affinity: str,
    tau: float,
    neighbours: int,
    laplacian: str,
    solver: str,
    gram_schmidt: str,
    steps: int | None,
    path: str,
    storage: str,
    seed: int,
    strict: bool,
    vectors: int = 1,
) -> dict[str, Any]:
    """The options of graph, solver and rule. Their values are checked by the crate."""
    return {
        "rule": rule,
        "affinity": affinity,
        "tau": float(tau),
        "neighbours": integer("neighbours", neighbours, 0, 2**32),
        "laplacian": laplacian,
        "solver": solver,
        "gram_schmidt": gram_schmidt,
        "steps": None if steps is None else integer("steps", steps, 0, 2**32),
        "path": path,
        "storage": storage,
        "vectors": integer("vectors", vectors, 0, 2**32),
        "seed": integer("seed", seed, 0, SEEDS),
        "strict": bool(strict),
    }
