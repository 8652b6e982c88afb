from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import gstds
from exact import eigenvectors, ranks_of_quantiles


def test_scores_and_picks_are_those_of_float64(clusters):
    selection = gstds.select(clusters, count=30)
    exact = eigenvectors(clusters, 1)[0][:, 0]
    exact = exact * np.sign((exact**3).sum())
    assert abs(selection.scores @ exact) > 0.9999
    place = np.empty(300, dtype=int)
    place[np.argsort(-exact, kind="stable")] = np.arange(300)
    off = np.abs(place[selection.order] - ranks_of_quantiles(300, 30))
    assert off.max() <= 1


def test_negative_similarities_are_shifted():
    rows = np.random.default_rng(1).standard_normal((100, 16))
    selection = gstds.select(rows, 0.2)
    assert "shifted" in selection.status.flags
    exact = eigenvectors(rows, 1)[0][:, 0]
    assert abs(selection.scores @ exact) > 0.999


def test_arrays_of_any_layout_give_the_same_rows(clusters):
    expected = gstds.select(clusters, 0.1)
    wide = np.zeros((600, 48), dtype=np.float32)
    wide[::2, ::2] = clusters
    backwards = np.ascontiguousarray(clusters[::-1, ::-1])
    cases = {
        "Fortran order": np.asfortranarray(clusters),
        "every second row and column": wide[::2, ::2],
        "rows of a wider array": np.hstack([clusters, clusters])[:, :24],
        "backwards": backwards[::-1, ::-1],
        "big-endian": clusters.astype(">f4"),
        "float64": clusters.astype(np.float64),
        "big-endian float64, Fortran order": np.asfortranarray(clusters.astype(">f8")),
        "read-only": np.frombuffer(clusters.tobytes(), dtype=np.float32).reshape(clusters.shape),
        "a list": clusters.tolist(),
    }
    for name, rows in cases.items():
        found = gstds.select(rows, 0.1)
        assert np.array_equal(found.kept, expected.kept), name
        assert np.array_equal(found.scores, expected.scores), name


def test_half_precision_is_read_as_it_is(clusters):
    halves = clusters.astype(np.float16)
    found = gstds.select(halves, 0.1)
    assert np.array_equal(found.kept, gstds.select(halves.astype(np.float32), 0.1).kept)
    odd = gstds.select(np.asfortranarray(halves[:, :23]), 0.1)
    assert np.array_equal(odd.kept, gstds.select(halves[:, :23].astype(np.float32), 0.1).kept)


def test_one_row_many_times():
    row = np.arange(1, 9, dtype=np.float32)
    same = np.broadcast_to(row, (40, 8))
    selection = gstds.select(same, count=4)
    assert selection.status.flags == ("all-alike",)
    assert selection.kept.tolist() == [0, 10, 20, 30]


def test_memory_maps_are_read_like_arrays(tmp_path, clusters):
    path = tmp_path / "features.npy"
    np.save(path, clusters)
    mapped = np.load(path, mmap_mode="r")
    expected = gstds.select(clusters, 0.1).kept
    assert np.array_equal(gstds.select(mapped, 0.1).kept, expected)
    half = gstds.select(clusters[100:200], 0.1).kept
    assert np.array_equal(gstds.select(mapped[100:200], 0.1).kept, half)


def test_what_a_selection_has(clusters):
    selection = gstds.select(clusters, 0.1, near_duplicates=0.99)
    assert selection.kept.dtype == np.int64 and selection.kept.shape == (30,) == (len(selection),)
    assert np.array_equal(np.sort(selection.order), selection.kept)
    assert np.all(np.diff(selection.kept) > 0)
    # In rank order scores fall.
    assert np.all(np.diff(selection.scores[selection.order]) <= 0)
    assert selection.scores.dtype == np.float32
    assert np.linalg.norm(selection.scores) == pytest.approx(1, abs=1e-5)
    assert selection.valid.dtype == bool and selection.valid.all()
    assert selection.groups.dtype == np.int64 and np.all(selection.groups <= np.arange(300))
    status = selection.status
    assert (status.rows, status.features, status.valid, status.kept, status.parts) == (
        300,
        24,
        300,
        30,
        1,
    )
    assert status.residual < 1e-6 and 0 < status.lambda2 < 1 and status.milliseconds > 0
    assert "kept 30 of 300 rows" in repr(selection)
    page = selection._repr_html_()
    assert "30 of 300 rows kept" in page and status.adapter in page
    assert gstds.select(clusters, 0.1).groups is None


def test_the_same_call_gives_the_same_bytes(clusters):
    first, second = (gstds.select(clusters, 0.1, rule="stratified", seed=5) for _ in range(2))
    assert first.scores.tobytes() == second.scores.tobytes()
    assert np.array_equal(first.order, second.order)
    assert not np.array_equal(
        first.kept, gstds.select(clusters, 0.1, rule="stratified", seed=6).kept
    )


@pytest.mark.parametrize(
    "rule", ["quantile", "stratified", "signed", "abs", "abs-small", "balanced", "random"]
)
def test_rules_by_the_names_of_the_program(clusters, rule):
    selection = gstds.select(clusters, count=20, rule=rule)
    magnitude = np.abs(selection.scores)
    assert len(set(selection.kept)) == 20
    if rule == "abs":
        assert magnitude[selection.kept].min() >= np.sort(magnitude)[-20]
    if rule == "abs-small":
        assert magnitude[selection.kept].max() <= np.sort(magnitude)[19]
    if rule == "random":
        assert selection.status.lambda2 is None and np.isnan(selection.scores).all()


def test_graphs_by_the_names_of_the_program(clusters):
    for options in (
        {"affinity": "knn", "neighbours": 10},
        {"affinity": "exp", "tau": 0.5},
        {"affinity": "clamp", "path": "dense"},
        {"laplacian": "un", "rule": "abs"},
        {"solver": "power", "steps": 700},
        {"path": "dense", "gram_schmidt": "delayed"},
        {"storage": "half"},
        {"path": "low-rank"},
    ):
        selection = gstds.select(clusters, count=20, **options)
        assert len(selection) == 20, options
        assert options.get("path", selection.status.path) == selection.status.path


def test_invalid_rows_are_marked_and_ranked_last(clusters):
    rows = clusters.copy()
    rows[5], rows[9, 3], rows[200, 0] = 0, np.nan, np.inf
    selection = gstds.select(rows, 0.5)
    assert np.flatnonzero(~selection.valid).tolist() == [5, 9, 200]
    assert selection.status.valid == 297 and "invalid-rows" in selection.status.flags
    assert not np.isin([5, 9, 200], selection.kept).any()
    for options in ({"keep": 1.0}, {"count": 20, "rule": "random"}, {"count": 3, "batch": 10}):
        assert np.flatnonzero(~gstds.select(rows, **options).valid).tolist() == [5, 9, 200], options
    with pytest.raises(ValueError, match="3 of 300 rows are zero, NaN or infinite"):
        gstds.select(rows, 0.5, strict=True)


def test_batches_and_classes_divide_the_rows(clusters):
    batches = gstds.select(clusters, 0.1, batch=100)
    assert batches.status.parts == 3
    assert np.bincount(batches.kept // 100).tolist() == [10, 10, 10]
    first = gstds.select(clusters[:100], count=10)
    assert np.array_equal(batches.order[:10], first.order)
    drawn = gstds.select(clusters, 0.1, batch=100, shuffle=True, seed=3)
    assert not np.array_equal(drawn.kept, batches.kept)
    names = np.array(["cat", "dog", "owl"])[np.arange(300) % 3]
    names[:60] = "owl"
    equal = gstds.select(clusters, count=30, labels=names, by_class="equal")
    assert [np.sum(names[equal.kept] == name) for name in ("cat", "dog", "owl")] == [10, 10, 10]
    share = gstds.select(clusters, count=30, labels=names.tolist(), by_class="proportional")
    assert [np.sum(names[share.kept] == name) for name in ("cat", "dog", "owl")] == [8, 8, 14]


def test_several_vectors_are_those_of_float64(clusters):
    selection = gstds.select(clusters, 0.1, vectors=2)
    exact, values = eigenvectors(clusters, 2)
    assert selection.vectors.shape == (300, 2) and selection.eigenvalues.shape == (1, 2)
    assert np.all(np.abs((selection.vectors * exact).sum(axis=0)) > 0.999)
    assert np.allclose(selection.eigenvalues[0], values, rtol=1e-4)
    assert np.array_equal(selection.vectors[:, 0], selection.scores)
    divided = gstds.select(clusters, 0.1, vectors=2, batch=150)
    assert divided.vectors.shape == (300, 2) and divided.eigenvalues.shape == (2, 2)
    exact = eigenvectors(clusters[150:], 2)[0]
    assert np.all(np.abs((divided.vectors[150:] * exact).sum(axis=0)) > 0.999)
    assert gstds.select(clusters, 0.1).vectors is None


def test_near_duplicates_are_grouped(clusters):
    rows = np.vstack([clusters[:50], 3 * clusters[10:12], np.zeros((1, 24), np.float32)])
    groups = gstds.near_duplicates(rows, threshold=0.99999)
    expected = np.arange(53)
    expected[50:52] = 10, 11
    assert np.array_equal(groups, expected) and groups.dtype == np.int64
    found = gstds.select(rows, 0.2, near_duplicates=0.99999)
    assert np.array_equal(found.groups, expected)


def test_devices_can_be_named(clusters):
    devices = gstds.devices()
    assert devices and [device.index for device in devices] == list(range(len(devices)))
    for device in devices:
        assert device.name and device.backend in {"vulkan", "metal", "dx12"}
    first = devices[0]
    for adapter in (0, "0", first.name[:6].upper()):
        assert gstds.select(clusters, 0.1, adapter=adapter).status.adapter == first.name


@pytest.mark.parametrize("rule", ["medoids", "facility-location", "k-center"])
def test_rules_that_cover_add_to_what_was_chosen(clusters, rule):
    selection = gstds.select(clusters, count=12, rule=rule)
    assert len(np.unique(selection.kept)) == 12 and selection.vectors is None
    again = gstds.select(clusters, count=12, rule=rule)
    assert np.array_equal(selection.order, again.order)
    added = gstds.select(clusters, count=5, rule=rule, already=selection.kept)
    assert len(added.kept) == 5 and not np.isin(added.kept, selection.kept).any()
    with pytest.raises(ValueError, match="name one of them"):
        gstds.select(clusters, count=5, already=selection.kept)
    with pytest.raises(ValueError, match="there are rows 0 to 299"):
        gstds.select(clusters, count=5, rule=rule, already=[300])
    with pytest.raises(ValueError, match="row numbers are integers"):
        gstds.select(clusters, count=5, rule=rule, already=[0.5])


@pytest.fixture
def copied(clusters):
    """Rows of which the last 100 are near-duplicates of the first."""
    return np.vstack([clusters, 3 * clusters[:100] * (1 + 1e-6)])


@pytest.mark.parametrize("rule", ["quantile", "medoids", "random"])
def test_near_duplicates_are_dropped_before_the_selection(copied, clusters, rule):
    options = {"rule": rule, "drop_near_duplicates": 0.999999}
    selection = gstds.select(copied, count=60, **options)
    assert np.array_equal(selection.groups, [*range(300), *range(100)])
    assert len(selection) == 60 and selection.kept.max() < 300
    if rule == "quantile":
        assert np.array_equal(selection.kept, gstds.select(clusters, count=60).kept)
        assert np.isnan(selection.scores[300:]).all()
    with pytest.raises(ValueError, match="of 400 rows 300 are left without near-duplicates"):
        gstds.select(copied, count=301, **options)
    with pytest.raises(ValueError, match="either near_duplicates.*or drop_near_duplicates"):
        gstds.select(copied, count=60, near_duplicates=0.9, **options)
    with pytest.raises(ValueError, match="near_duplicates is 1.5"):
        gstds.select(copied, count=60, rule=rule, drop_near_duplicates=1.5)


def test_threads_may_share_what_is_compiled(clusters):
    shares = (0.1, 0.2, 0.3, 0.4)
    expected = [gstds.select(clusters, share, rule="stratified", seed=1) for share in shares]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            found = threads.map(
                lambda share: gstds.select(clusters, share, rule="stratified", seed=1), shares
            )
            for mine, alone in zip(found, expected, strict=True):
                assert np.array_equal(mine.kept, alone.kept)
                assert mine.scores.tobytes() == alone.scores.tobytes()
