"""The compiled part: arrays in, arrays out. The package's functions check what they pass on."""

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bank",
    "Guided",
    "NoAdapterError",
    "__version__",
    "_finish",
    "devices",
    "inspect",
    "near_duplicates",
    "select",
]

__version__: str

class NoAdapterError(RuntimeError):
    """This machine has no usable GPU adapter; the message says what to install."""

@final
class Bank:
    """Features on the device, and the kernels for batches of them."""

    def __new__(
        cls,
        features: NDArray[Any],
        *,
        batch_rows: int,
        options: Mapping[str, Any],
        adapter: str | None,
    ) -> Bank: ...
    def select(self, epoch: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...

@final
class Guided:
    """The rule `guided` with its label graph and what it has learned."""

    def __new__(
        cls,
        features: NDArray[Any],
        *,
        labels: list[int],
        classes: int,
        seed: int,
        adapter: str | None,
    ) -> Guided: ...
    def draw(self, place: Mapping[str, Any]) -> NDArray[np.int64]: ...
    def observe(
        self, rows: NDArray[np.uint32], losses: NDArray[np.float32], correct: NDArray[np.bool_]
    ) -> None: ...
    def learned(self) -> dict[str, Any]: ...
    def restore(self, learned: Mapping[str, Any]) -> None: ...

def devices() -> list[tuple[int, str, str, str, str]]: ...
def inspect(
    features: NDArray[Any],
    *,
    options: Mapping[str, Any],
    drawing: Mapping[str, Any],
    adapter: str | None,
    report: Callable[[str, int, int], None] | None,
) -> str: ...
def near_duplicates(
    features: NDArray[Any], threshold: float, *, report: Callable[[str, int, int], None] | None
) -> NDArray[np.int64]: ...
def select(
    features: NDArray[Any],
    *,
    wanted: Mapping[str, Any],
    adapter: str | None,
    report: Callable[[str, int, int], None] | None,
) -> dict[str, Any]: ...
def _finish() -> None: ...
