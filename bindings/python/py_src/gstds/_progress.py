"""Progress bars of tqdm, where that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

Report = Callable[[str, int, int], None]


@contextmanager
def progress_bar(wanted: bool) -> Iterator[Report | None]:
    """What the compiled part tells how far it is; None where nothing is to be shown."""
    make = _tqdm() if wanted else None
    if make is None:
        yield None
        return
    bars: dict[str, Any] = {}

    def report(items: str, done: int, total: int) -> None:
        if items not in bars:
            # One after the other: what came before is done.
            for bar in bars.values():
                bar.close()
            bars[items] = make(total=total, desc=items, leave=False)
        bar = bars[items]
        bar.update(done - bar.n)

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()


def _tqdm() -> Callable[..., Any] | None:
    try:
        make: Callable[..., Any] = import_module("tqdm.auto").tqdm
    except ImportError:
        return None
    return make
