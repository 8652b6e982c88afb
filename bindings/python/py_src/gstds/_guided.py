"""Batches that go by labels and by what training reports, each drawn when it is asked for."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gstds import _gstds
from gstds._arguments import array, classes

CLASSES = 2**16
"""Classes at most."""


@dataclass(frozen=True)
class Guide:
    """What the method `guided` goes by at the moment."""

    steps: int
    """Updates so far."""
    gate: float
    """How far the labels of similar rows are trusted, 0 to 1."""
    vote_accuracy: float
    """Share of the rows whose label is the one that similar rows have."""
    accuracy: float
    """The learner's running accuracy on rows that were new to it; -1 before any."""
    class_losses: NDArray[np.float32]
    """The running loss of each class, in the order of the sorted labels."""
    skipped: int
    """Losses that were not finite, and passed over."""


class GuidedBatches:
    """The kept rows of batches, by the label graph, the losses by class, and age."""

    def __init__(
        self,
        rows: NDArray[Any],
        division: dict[str, Any],
        labels: ArrayLike | None,
        seed: int,
        adapter: str | None,
    ) -> None:
        if labels is None:
            raise ValueError("method guided goes by labels: give labels, the class of each row")
        if division["world_size"] > 1:
            raise ValueError(
                "method guided learns from one process, and world_size is "
                f"{division['world_size']}: train in one process, or take method='spectral'"
            )
        names, numbers = classes(labels, rows)
        if len(names) > CLASSES:
            raise ValueError(f"labels have {len(names)} classes; at most {CLASSES} are supported")
        self._division, self._seed = division, seed
        self._rows, self._classes = len(rows), len(names)
        self._labels = zlib.crc32(numbers.astype("<i8").tobytes())
        self._guided = _gstds.Guided(
            rows, labels=numbers.tolist(), classes=len(names), seed=seed, adapter=adapter
        )

    def of(self, epoch: int, keep: float, start: int) -> Iterator[NDArray[np.int64]]:
        """The batches of an epoch from number `start` on, each drawn by what is known by then."""
        size = self._division["batch_size"]
        whole, rest = divmod(self._rows, size)
        batches = whole + (rest > 0 and not self._division["drop_last"])
        for batch in range(start, batches):
            place = {"epoch": epoch, "batch": batch, "batch_rows": size, "keep": keep}
            yield self._guided.draw(place)

    def update(self, indices: ArrayLike, losses: ArrayLike, correct: ArrayLike | None) -> None:
        """Take in what a step trained on."""
        rows = _row_numbers(indices, self._rows)
        values = _column("losses", losses, "fiu").astype(np.float32)
        if correct is None:
            # More than half of the chance is on the label.
            marks = values < np.float32(math.log(2))
        else:
            marks = _column("correct", correct, "biu") != 0
        self._guided.observe(rows, np.ascontiguousarray(values), np.ascontiguousarray(marks))

    def guide(self) -> Guide:
        learned = self._guided.learned()
        del learned["last"]
        return Guide(**learned)

    def settings(self) -> dict[str, Any]:
        """What the kept rows depend on beside what was learned."""
        return {"seed": self._seed, "classes": self._classes, "labels_crc32": self._labels}

    def state(self) -> dict[str, Any]:
        """What was learned, as numbers and text."""
        learned = self._guided.learned()
        return {
            "steps": learned["steps"],
            "skipped": learned["skipped"],
            "accuracy": learned["accuracy"],
            "last": _text(learned["last"]),
            "class_losses": _text(learned["class_losses"]),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        try:
            learned = {name: state[name] for name in ("steps", "skipped", "accuracy")}
            for name in ("last", "class_losses"):
                learned[name] = np.frombuffer(base64.b64decode(state[name]), "<f4")
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                "this is not a state of a SpectralBatchSampler with method='guided': it needs what "
                "state_dict returned"
            ) from None
        self._guided.restore(learned)


def _text(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")


def _column(name: str, values: object, kinds: str) -> NDArray[Any]:
    given = array(name, values)
    if given.ndim != 1:
        raise ValueError(f"{name} have shape {given.shape}; one value a row of the batch is needed")
    if given.size and given.dtype.kind not in kinds:
        needed = {"f": "floats", "b": "booleans"}.get(kinds[0], "integers")
        raise ValueError(f"{name} have dtype {given.dtype}; {needed} are needed")
    return given


def _row_numbers(indices: object, rows: int) -> NDArray[np.uint32]:
    given = _column("indices", indices, "iu")
    if given.size and not 0 <= given.min() <= given.max() < rows:
        raise ValueError(
            f"indices go from {given.min()} to {given.max()}; there are rows 0 to {rows - 1}"
        )
    return np.ascontiguousarray(given.astype(np.uint32))
