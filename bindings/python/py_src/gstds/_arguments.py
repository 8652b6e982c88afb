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
        features = _converted(features)
    if isinstance(features, np.ma.MaskedArray):
        raise ValueError(
            "features are a masked array, of which the mask is not read: fill it first, such as by "
            "features.filled(numpy.nan), which ranks those rows last"
        )
    if isinstance(features, np.memmap):
        _check_file(features)
    # Subclasses have methods of their own; the memory is the same.
    return np.asarray(features)


def _converted(features: object) -> NDArray[Any]:
    device = getattr(features, "device", None)
    kind = getattr(device, "type", None)
    if isinstance(kind, str) and kind != "cpu":
        raise ValueError(
            f"features are on the device {device}, which is not read from here: pass features.cpu()"
        )
    detach = getattr(features, "detach", None)
    if callable(detach):
        features = detach()
    try:
        return np.asarray(features)
    except Exception as error:
        name = f"{type(features).__module__}.{type(features).__qualname__}"
        dtype = getattr(features, "dtype", None)
        said = name if dtype is None else f"{name} of {dtype}"
        raise ValueError(
            f"features are a {said}, which NumPy cannot read ({error}): convert them to float32 "
            "first, a tensor by features.float().cpu()"
        ) from error


def _check_file(features: np.memmap[Any, Any]) -> None:
    """Reading past the end of a file that was cut would end the process."""
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
        "steps": None if steps is None else integer("steps", steps, 0, 2**32),
        "path": path,
        "storage": storage,
        "vectors": integer("vectors", vectors, 0, 2**32),
        "seed": integer("seed", seed, 0, SEEDS),
        "strict": bool(strict),
    }
