import numpy as np
import pytest

import gstds
from exact import eigenvectors


def test_components_are_the_eigenvectors(clusters):
    model = gstds.SpectralEmbedding(n_components=2)
    found = model.fit_transform(clusters)
    exact, values = eigenvectors(clusters, 2)
    assert found is model.embedding_ and found.shape == (300, 2) and found.dtype == np.float32
    assert np.all(np.abs((found * exact).sum(axis=0)) > 0.999)
    assert np.allclose(model.eigenvalues_, values, rtol=1e-4)
    assert model.n_features_in_ == 24
    assert np.allclose(np.linalg.norm(found, axis=0), 1, atol=1e-5)


def test_a_single_component_is_the_score(clusters):
    found = gstds.SpectralEmbedding(1).fit(clusters)
    assert found.embedding_.shape == (300, 1) and found.eigenvalues_.shape == (1,)
    exact = eigenvectors(clusters, 1)[0]
    assert abs((found.embedding_ * exact).sum()) > 0.999


def test_clusters_are_apart_in_it(clusters):
    found = gstds.SpectralEmbedding(2).fit_transform(clusters).astype(np.float64)
    centres = np.array([found[kind::3].mean(axis=0) for kind in range(3)])
    nearest = np.linalg.norm(found[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, np.arange(300) % 3)


@pytest.mark.parametrize("components", [0, -1, 33, 2.5])
def test_a_number_of_components_that_there_is_not_is_refused(clusters, components):
    with pytest.raises((ValueError, TypeError), match="n_components is .* integer"):
        gstds.SpectralEmbedding(components).fit(clusters)


def test_parameters_follow_the_conventions():
    model = gstds.SpectralEmbedding(3, affinity="knn", n_neighbors=9)
    assert model.get_params() == {
        "n_components": 3,
        "affinity": "knn",
        "tau": 0.1,
        "n_neighbors": 9,
        "adapter": None,
    }
    assert model.set_params(n_components=4) is model and model.n_components == 4
    assert repr(model).startswith("SpectralEmbedding(n_components=4, affinity='knn'")
    copy = type(model)(**model.get_params())
    assert copy.get_params() == model.get_params()


def test_the_directions_of_scikit_learn(clusters):
    manifold = pytest.importorskip("sklearn.manifold")
    unit = clusters / np.linalg.norm(clusters, axis=1, keepdims=True)
    theirs = manifold.SpectralEmbedding(2, affinity="precomputed").fit_transform(unit @ unit.T)
    theirs /= np.linalg.norm(theirs, axis=0)
    ours = gstds.SpectralEmbedding(2).fit_transform(clusters)
    assert np.all(np.abs((ours * theirs).sum(axis=0)) > 0.999)
