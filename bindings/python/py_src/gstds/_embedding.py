"""Several eigenvectors of the rows' graph, with scikit-learn's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gstds._arguments import integer
from gstds._select import select

# Eigenvectors that the kernels find at most.
MAX_VECTORS = 32
PARAMETERS = ("n_components", "affinity", "tau", "n_neighbors", "adapter")


class SpectralEmbedding:
    """Embedding of rows by eigenvectors of the normalised Laplacian of their similarity graph.

    As scikit-learn's ``SpectralEmbedding``: the components are the eigenvectors of I - D^-½WD^-½
    that follow the trivial one, scaled by D^-½. Here W comes from cosine similarity and never
    leaves the GPU. Each component has unit length and the sign that the kernels fix; those of
    scikit-learn have the same direction, with another sign and length.

    Parameters
    ----------
    n_components : int
        Dimension of the embedding, 1 to 32.
    affinity : {'auto', 'raw', 'shift', 'clamp', 'exp', 'knn'}
        How a cosine similarity becomes an edge weight, as in `select`.
    tau : float
        Scale of affinity `exp`.
    n_neighbors : int
        Most similar rows that affinity `knn` joins each row to, 1 to 64.
    adapter : str or int, optional
        As in `select`.

    Attributes
    ----------
    embedding_ : ndarray of float32, shape (samples, n_components)
        A component that the graph does not have is 0.
    eigenvalues_ : ndarray of float32, shape (n_components,)
        Eigenvalues of the components, ascending.
    n_features_in_ : int
        Features of a row.

    Examples
    --------
    >>> import numpy as np
    >>> import gstds
    >>> rows = np.random.default_rng(0).random((200, 16), dtype=np.float32)
    >>> gstds.SpectralEmbedding(n_components=3).fit_transform(rows).shape
    (200, 3)
    """

    embedding_: NDArray[np.float32]
    eigenvalues_: NDArray[np.float32]
    n_features_in_: int

    def __init__(
        self,
        n_components: int = 2,
        *,
        affinity: str = "auto",
        tau: float = 0.1,
        n_neighbors: int = 15,
        adapter: str | int | None = None,
    ) -> None:
        self.n_components = n_components
        self.affinity = affinity
        self.tau = tau
        self.n_neighbors = n_neighbors
        self.adapter = adapter

    def fit(self, X: ArrayLike, y: object = None) -> SpectralEmbedding:
        """Compute the embedding of `X`.

        Parameters
        ----------
        X : array_like of float16, float32 or float64, shape (samples, features)
            As in `select`, with 3 rows at least, none zero, NaN or infinite.
        y : ignored

        Returns
        -------
        SpectralEmbedding
            Itself.

        Raises
        ------
        ValueError
            For rows or parameters that have no embedding.
        """
        components = integer("n_components", self.n_components, 1, MAX_VECTORS + 1)
        # Two vectors at least, since a single one is handed out as the scores alone.
        found = select(
            X,
            count=1,
            affinity=self.affinity,
            tau=self.tau,
            neighbours=self.n_neighbors,
            vectors=max(components, 2),
            strict=True,
            adapter=self.adapter,
        )
        if found.status.lambda2 is None or found.vectors is None or found.eigenvalues is None:
            flags = ", ".join(found.status.flags) or "none"
            raise ValueError(
                f"{found.status.rows} rows have no embedding (flags: {flags}); "
                "3 rows that differ are needed"
            )
        self.embedding_ = np.ascontiguousarray(found.vectors[:, :components])
        self.eigenvalues_ = found.eigenvalues[0, :components]
        self.n_features_in_ = found.status.features
        return self

    def fit_transform(self, X: ArrayLike, y: object = None) -> NDArray[np.float32]:
        """Compute the embedding of `X` and return it, as `fit` does.

        Returns
        -------
        ndarray of float32, shape (samples, n_components)
            `embedding_`.
        """
        return self.fit(X).embedding_

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by their names."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> SpectralEmbedding:
        """Set parameters by their names."""
        for name, value in params.items():
            if name not in PARAMETERS:
                raise ValueError(
                    f"unknown parameter {name!r}; choose among {', '.join(PARAMETERS)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"SpectralEmbedding({parameters})"
