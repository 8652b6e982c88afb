"""Batches of which a graph's scores keep a share: all of an epoch selected at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gstds import _gstds


class SpectralBatches:
    """The kept rows of batches, by the Fiedler vector of each batch's graph."""

    def __init__(
        self,
        rows: NDArray[Any],
        division: dict[str, Any],
        options: dict[str, Any],
        adapter: str | None,
    ) -> None:
        self._division = division
        self._options = options
        self._bank = _gstds.Bank(
            rows, batch_rows=division["batch_size"], options=options, adapter=adapter
        )
        self._selected: tuple[tuple[int, float], list[NDArray[np.int64]]] | None = None

    def of(self, epoch: int, keep: float, start: int) -> Iterator[NDArray[np.int64]]:
        """The batches of an epoch from number `start` on."""
        return iter(self.select(epoch, keep)[start:])

    def select(self, epoch: int, keep: float) -> list[NDArray[np.int64]]:
        """The kept rows of each batch of an epoch; the last epoch's are remembered."""
        key = (epoch, keep)
        selected = self._selected
        if selected is None or selected[0] != key:
            kept, starts = self._bank.select(
                {
                    "number": epoch,
                    "keep": keep,
                    "drop_last": self._division["drop_last"],
                    "rank": self._division["rank"],
                    "world_size": self._division["world_size"],
                }
            )
            selected = self._selected = (key, np.split(kept, starts[1:-1]))
        return selected[1]

    def settings(self) -> dict[str, Any]:
        """What the kept rows depend on."""
        return dict(self._options)

    def state(self) -> dict[str, Any]:
        """Nothing is learned."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing was learned."""

    def update(self, indices: ArrayLike, losses: ArrayLike, correct: ArrayLike | None) -> NoReturn:
        raise ValueError(
            "method spectral learns nothing from losses: leave update out, or make the sampler "
            "with method='guided' and labels"
        )

    def guide(self) -> None:
        """Nothing guides it."""
