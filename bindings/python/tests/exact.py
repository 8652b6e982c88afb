"""The selection in float64 on the host, by NumPy's eigh: what the kernels are held to."""

import numpy as np


def eigenvectors(features, number):
    """Scores along the first eigenvectors after the trivial one, (rows, number); eigenvalues."""
    unit = np.asarray(features, dtype=np.float64)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    similarity = unit @ unit.T
    weights = similarity if similarity.min() >= -4e-6 else (1 + similarity) / 2
    degree = weights.sum(axis=1)
    root = 1 / np.sqrt(degree)
    values, vectors = np.linalg.eigh(np.eye(len(weights)) - root[:, None] * weights * root)
    scores = root[:, None] * vectors[:, 1 : number + 1]
    return scores / np.linalg.norm(scores, axis=0), values[1 : number + 1]


def ranks_of_quantiles(rows, count):
    return (2 * np.arange(count) + 1) * rows // (2 * count)
