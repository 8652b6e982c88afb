"""What a selection returns."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gstds import _gstds
from gstds._arguments import adapter_name, matrix
from gstds._progress import progress_bar


@dataclass(frozen=True)
class Status:
    """The figures of a selection, as ``gstds select`` prints them.

    Of several parts (batches or classes): the smallest `lambda2` and the largest `residual` of
    those that were solved, the most `steps`, the `flags` of any.
    """

    rows: int
    """Rows of the features."""
    features: int
    """Features of a row."""
    valid: int
    """Rows that are neither zero, NaN nor infinite."""
    kept: int
    """Rows that are kept."""
    parts: int
    """Batches or classes that were selected from; 1 where the rows are not divided."""
    lambda2: float | None
    """Algebraic connectivity; None where no graph was solved."""
    residual: float | None
    """Residual of the Fiedler vector, relative to 1 (sym) or the largest degree (un)."""
    path: str
    """How the graph was held: ``fused``, ``dense`` or ``low-rank``."""
    steps: int | None
    """Solver steps."""
    flags: tuple[str, ...]
    """What was exceptional, such as ``shifted``, ``invalid-rows`` or ``all-alike``."""
    milliseconds: float
    """Time on the device, without upload and compilation."""
    clock: str
    """The clock that measured it."""
    adapter: str
    """The adapter's name."""


@dataclass(frozen=True, eq=False)
class Source:
    """What a selection was made from."""

    features: NDArray[Any]
    options: dict[str, Any]
    threshold: float
    adapter: str | int | None


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows that were kept, and what decided it.

    ``len(selection)`` is the number of kept rows.
    """

    kept: NDArray[np.int64]
    """Kept rows, ascending; shape (kept,)."""
    order: NDArray[np.int64]
    """Kept rows as the rule picked them: in rank order, those of one part after another's."""
    scores: NDArray[np.float32]
    """Each row's score within its part; NaN for invalid rows and where nothing was solved."""
    valid: NDArray[np.bool_]
    """Whether each row is neither zero, NaN nor infinite; shape (rows,)."""
    groups: NDArray[np.int64] | None
    """For each row the first row of its group of near-duplicates; None where not asked for."""
    vectors: NDArray[np.float32] | None
    """Scores along each eigenvector, shape (rows, vectors); None for a single vector."""
    eigenvalues: NDArray[np.float32] | None
    """The smallest eigenvalues after the trivial 0 of each part, shape (parts, vectors); None for a
    single vector."""
    status: Status
    """Figures of the selection."""
    _source: Source = field(repr=False)

    @classmethod
    def _of(cls, found: dict[str, Any], vectors: int, source: Source) -> Selection:
        several = vectors > 1
        status = dict(found["status"])
        status["flags"] = tuple(status["flags"])
        return cls(
            kept=found["kept"],
            order=found["order"],
            scores=found["scores"],
            valid=found["valid"],
            groups=found["groups"],
            vectors=found["vectors"].T if several else None,
            eigenvalues=found["eigenvalues"][:, :vectors] if several else None,
            status=Status(**status),
            _source=source,
        )

    def inspect(
        self,
        images: Sequence[str | os.PathLike[str]] | None = None,
        *,
        out: str | os.PathLike[str] | None = None,
        force: bool = False,
        progress: bool = False,
    ) -> str:
        """Draw the selection: the page of ``gstds inspect``.

        Reads the features again, which must be as they were, and solves all rows as one graph,
        however they were divided. Shows the kept rows along its Fiedler vector, their similarities,
        the spectrum, and near-duplicates of up to 65,536 rows.

        Parameters
        ----------
        images : sequence of path, optional
            The image file of each row, for a contact sheet. Those shown are decoded here.
        out : path, optional
            Also writes the page and its pictures to this folder, or the page alone to this file
            that ends in .html.
        force : bool
            Whether files that are there are replaced.
        progress : bool
            Whether to show bars of tqdm, where that is installed.

        Returns
        -------
        str
            One HTML file with all pictures in it, which loads nothing.

        Raises
        ------
        ValueError
            For images that are not one a row, files that are there, and rows that have no graph.

        Examples
        --------
        >>> import numpy as np
        >>> import gstds
        >>> rows = np.random.default_rng(0).random((64, 8), dtype=np.float32)
        >>> page = gstds.select(rows, 0.25).inspect()
        >>> "16 of 64 rows kept" in page
        True
        """
        source = self._source
        drawing = {
            "kept": self.kept.tolist(),
            "near_duplicates": source.threshold,
            "images": None if images is None else [os.fspath(image) for image in images],
            "out": None if out is None else os.fspath(out),
            "force": bool(force),
        }
        with progress_bar(progress) as report:
            return _gstds.inspect(
                matrix(source.features),
                options=source.options,
                drawing=drawing,
                adapter=adapter_name(source.adapter),
                report=report,
            )

    def __len__(self) -> int:
        return len(self.kept)

    def __repr__(self) -> str:
        status = self.status
        solved = "nothing solved" if status.lambda2 is None else f"λ2 {status.lambda2:.6g}"
        flags = ",".join(status.flags) or "none"
        kept = f"kept {status.kept} of {status.rows} rows"
        return f"Selection({kept}, path {status.path}, {solved}, flags {flags})"

    def _repr_html_(self) -> str:
        rows = []
        for figure in fields(self.status):
            value = getattr(self.status, figure.name)
            if figure.name == "flags":
                value = ", ".join(value) or "none"
            elif isinstance(value, float):
                value = f"{value:.6g}"
            rows.append(
                "<tr><th style='text-align:left'>"
                f"{figure.name}</th><td>{html.escape(str(value))}</td></tr>"
            )
        title = f"{self.status.kept} of {self.status.rows} rows kept"
        return f"<table><caption>{title}</caption>{''.join(rows)}</table>"
