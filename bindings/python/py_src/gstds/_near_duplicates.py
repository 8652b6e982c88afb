"""`near_duplicates`: groups of rows that are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gstds import _gstds
from gstds._arguments import matrix
from gstds._progress import progress_bar


def near_duplicates(
    features: ArrayLike, threshold: float = 0.99, *, progress: bool = False
) -> NDArray[np.int64]:
    """Group each row with an earlier row whose cosine similarity to it is `threshold` or more.

    All pairs are compared on the host's cores, exactly; no GPU is needed.

    Parameters
    ----------
    features : array_like of float16, float32 or float64, shape (samples, features)
        As in `select`; at most 65,536 rows.
    threshold : float
        Least cosine similarity of a row to the first row of its group, above 0 and at most 1.
    progress : bool
        Whether to show a bar of tqdm, where that is installed.

    Returns
    -------
    ndarray of int64, shape (samples,)
        For each row the first row of its group, which is itself where it has no near-duplicate.
        Zero, NaN and infinite rows are in no group.

    Raises
    ------
    ValueError
        For features or a threshold that cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> import gstds
    >>> rows = np.float32([[1, 0], [0, 1], [2, 0.001]])
    >>> groups = gstds.near_duplicates(rows)
    >>> groups
    array([0, 1, 0])
    >>> rows[groups == np.arange(3)]  # without the copies
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    rows = matrix(features)
    with progress_bar(progress) as report:
        return _gstds.near_duplicates(rows, float(threshold), report=report)
