import sys

import numpy as np
import pytest

import gstds
from gstds.torch import SpectralBatchSampler

ROWS = np.random.default_rng(0).random((50, 6), dtype=np.float32)


class Tensor:
    """What matters of a tensor elsewhere."""

    def __init__(self, rows, device="cpu", dtype="torch.float32", refused=None, grad=False):
        self.rows, self.dtype, self.refused, self.grad = rows, dtype, refused, grad
        self.device = type("Device", (), {"type": device, "__str__": lambda self: device + ":0"})()

    def detach(self):
        return Tensor(self.rows, dtype=self.dtype, refused=self.refused)

    def __array__(self, dtype=None, copy=None):
        if self.refused:
            raise TypeError(self.refused)
        if self.grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.rows


def test_tensors_on_the_cpu_are_read_where_they_lie():
    expected = gstds.select(ROWS, 0.2).kept
    assert np.array_equal(gstds.select(Tensor(ROWS), 0.2).kept, expected)
    assert np.array_equal(gstds.select(Tensor(ROWS, grad=True), 0.2).kept, expected)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (ROWS[0], r"shape \(6,\); a matrix"),
        (ROWS[None], r"shape \(1, 50, 6\)"),
        (np.float32(1), r"shape \(\)"),
        (ROWS[:0], "at least one row and one feature, not 0 x 6"),
        (ROWS[:, :0], "not 50 x 0"),
        ([], r"shape \(0,\)"),
        (ROWS.astype(object), r"dtype object.*astype\('float32'\)"),
        (ROWS.astype(np.int32), "dtype int32"),
        (ROWS.astype(complex), "dtype complex128"),
        (ROWS > 0.5, "dtype bool"),
        ([["a", "b"]], "dtype <U1"),
        (None, r"shape \(\)"),
        (np.ma.masked_array(ROWS, ROWS > 0.5), r"masked array.*filled\(numpy.nan\)"),
        (Tensor(ROWS, device="cuda"), r"device cuda:0.*features.cpu\(\)"),
        (
            Tensor(ROWS, dtype="torch.bfloat16", refused="Got unsupported ScalarType BFloat16"),
            r"Tensor of torch.bfloat16.*BFloat16.*float\(\)",
        ),
        ([[1.0, 2.0], [3.0]], "NumPy cannot read"),
    ],
)
def test_features_that_cannot_be_read(features, said):
    for use in (
        lambda: gstds.select(features, 0.5),
        lambda: gstds.near_duplicates(features),
        lambda: gstds.SpectralEmbedding().fit(features),
        lambda: SpectralBatchSampler(features),
    ):
        with pytest.raises(ValueError, match=said):
            use()


def test_the_remedies_work():
    assert len(gstds.select(ROWS.astype(object).astype("float32"), 0.2)) == 10
    masked = np.ma.masked_array(ROWS, ROWS > 0.999)
    assert len(gstds.select(masked.filled(np.nan), 0.2)) == 10


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({}, ValueError, "either keep.*or count"),
        ({"keep": 0.5, "count": 3}, ValueError, "either keep"),
        ({"keep": 0}, ValueError, r"keep ratio 0 is not in \(0, 1\]"),
        ({"keep": 1.5}, ValueError, "keep ratio 1.5"),
        ({"keep": float("nan")}, ValueError, "keep ratio NaN"),
        (
            {"count": 51},
            ValueError,
            "count is 51, more than the 50 rows there are; keep at most 50",
        ),
        ({"count": 0}, ValueError, "cannot keep 0 of 50 rows: keep at least 1"),
        ({"count": -3}, ValueError, "count is -3"),
        ({"count": 2.5}, TypeError, "count is 2.5; an integer"),
        ({"keep": 0.5, "rule": "best"}, ValueError, "unknown rule 'best'; choose one of quantile"),
        ({"keep": 0.5, "affinity": "cosine"}, ValueError, "unknown affinity 'cosine'"),
        ({"keep": 0.5, "laplacian": "rw"}, ValueError, "unknown Laplacian 'rw'"),
        ({"keep": 0.5, "path": "sparse"}, ValueError, "unknown path 'sparse'"),
        ({"keep": 0.5, "vectors": 33}, ValueError, "33 vectors: a selection computes 1 to 32"),
        ({"keep": 0.5, "vectors": 0}, ValueError, "0 vectors"),
        ({"keep": 0.5, "vectors": 2, "rule": "random"}, ValueError, "2 vectors with rule random"),
        ({"keep": 0.5, "tau": 0, "affinity": "exp"}, ValueError, "tau 0"),
        ({"keep": 0.5, "neighbours": 65, "affinity": "knn"}, ValueError, "65 neighbours"),
        ({"keep": 0.5, "steps": 0}, ValueError, "0 solver steps"),
        ({"keep": 0.5, "seed": -1}, ValueError, "seed is -1; it is an integer from 0"),
        ({"keep": 0.5, "batch": 0}, ValueError, "batch is 0; it is an integer from 1"),
        ({"keep": 0.5, "shuffle": True}, ValueError, "shuffle draws batches: give batch"),
        ({"keep": 0.5, "labels": [0] * 50}, ValueError, "labels and by_class go together"),
        ({"keep": 0.5, "by_class": "equal"}, ValueError, "labels and by_class go together"),
        (
            {"keep": 0.5, "by_class": "most", "labels": [0] * 50},
            ValueError,
            "unknown by_class 'most'",
        ),
        (
            {"keep": 0.5, "by_class": "equal", "labels": [0] * 49},
            ValueError,
            r"shape \(49,\).*\(50,\)",
        ),
        (
            {"keep": 0.5, "by_class": "equal", "labels": [0] * 50, "batch": 9},
            ValueError,
            "either batch or by_class",
        ),
        (
            {"keep": 0.5, "near_duplicates": 1.5},
            ValueError,
            "near_duplicates is 1.5; a cosine similarity above 0",
        ),
        (
            {"keep": 0.5, "adapter": "no such"},
            ValueError,
            "no adapter matches 'no such'; found: 0: ",
        ),
    ],
)
def test_options_with_which_nothing_can_be_selected(options, error, said):
    with pytest.raises(error, match=said):
        gstds.select(ROWS, **options)


def test_thresholds_of_near_duplicates():
    for threshold in (0, -1, 1.01, float("nan")):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            gstds.near_duplicates(ROWS, threshold)


def test_raw_affinity_that_sym_does_not_take():
    rows = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)
    with pytest.raises(ValueError, match="use affinity auto, shift or clamp"):
        gstds.select(rows, 0.5, affinity="raw")


def test_a_memory_map_of_a_file_that_was_cut(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.tile(ROWS, (200, 1)))
    mapped = np.load(path, mmap_mode="r")
    with open(path, "r+b") as file:
        file.truncate(4096)
    with pytest.raises(ValueError, match="4096 bytes now.*open it again"):
        gstds.select(mapped[5:], 0.1)


def test_a_memory_map_of_a_file_that_was_cut_after_the_selection(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.tile(ROWS, (200, 1)))
    selection = gstds.select(np.load(path, mmap_mode="r"), count=10)
    with open(path, "r+b") as file:
        file.truncate(4096)
    with pytest.raises(ValueError, match="4096 bytes now.*open it again"):
        selection.inspect()


def test_a_memory_map_that_is_closed(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, ROWS)
    mapped = np.load(path, mmap_mode="r")
    selection = gstds.select(mapped, 0.2)
    try:
        mapped._mmap.close()
    except BufferError:
        pytest.skip("this NumPy keeps maps open that arrays have")
    for use in (lambda: gstds.select(mapped[3:], 0.2), selection.inspect):
        with pytest.raises(ValueError, match="rows.npy is closed: open it again"):
            use()


def test_memory_maps_of_files_that_were_replaced_or_changed(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, ROWS)
    mapped = np.load(path, mmap_mode="r+")
    expected = gstds.select(ROWS, 0.2).kept
    assert np.array_equal(gstds.select(mapped, 0.2).kept, expected)
    if sys.platform != "win32":
        other = tmp_path / "other.npy"
        np.save(other, ROWS[::-1])
        other.replace(path)
        assert np.array_equal(gstds.select(mapped, 0.2).kept, expected)
        path.unlink()
        assert np.array_equal(gstds.select(mapped, 0.2).kept, expected)
    # Rows are read as they are at the time.
    mapped[:] = ROWS[::-1]
    changed = gstds.select(mapped, 0.2).kept
    assert np.array_equal(changed, gstds.select(np.ascontiguousarray(ROWS[::-1]), 0.2).kept)


def test_an_embedding_needs_rows_that_differ():
    with pytest.raises(ValueError, match="1 of 50 rows are zero, NaN or infinite"):
        gstds.SpectralEmbedding().fit(np.vstack([ROWS[:49], np.zeros((1, 6), np.float32)]))
    for rows in (ROWS[:2], np.ones((30, 4), np.float32)):
        with pytest.raises(ValueError, match="no embedding.*3 rows that differ"):
            gstds.SpectralEmbedding().fit(rows)
    with pytest.raises(ValueError, match="n_components is 33"):
        gstds.SpectralEmbedding(33).fit(ROWS)
    with pytest.raises(ValueError, match="n_components is 0"):
        gstds.SpectralEmbedding(0).fit(ROWS)
    with pytest.raises(ValueError, match="unknown parameter 'gamma'; choose among n_components"):
        gstds.SpectralEmbedding().set_params(gamma=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"keep": 0}, "keep ratio 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"rank": 2, "world_size": 2}, "rank is 2; it is an integer from 0 to 1"),
        ({"world_size": 0}, "world_size is 0"),
        (
            {"batch_size": 20, "world_size": 4},
            "50 rows in batches of 20 are fewer batches than the 4 processes",
        ),
        ({"batch_size": 64, "drop_last": True}, "fewer batches than the 1 processes"),
        ({"rule": "best"}, "unknown rule"),
        ({"seed": 2**64}, "seed is"),
    ],
)
def test_samplers_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        SpectralBatchSampler(ROWS, **options)


def test_losses_elsewhere_are_refused_with_the_call_that_brings_them():
    labels = np.arange(50) % 2
    sampler = SpectralBatchSampler(ROWS, method="guided", labels=labels)
    there = Tensor(np.float32([0.5]), device="cuda")
    for update, said in (
        (([0], there), r"losses are on the device cuda:0.*losses.cpu\(\)"),
        ((there, [0.5]), r"indices are on the device cuda:0.*indices.cpu\(\)"),
        (([0], [0.5], there), r"correct are on the device cuda:0.*correct.cpu\(\)"),
        (([0], Tensor(None, refused="no BFloat16")), r"losses are a .*losses.float\(\)"),
    ):
        with pytest.raises(ValueError, match=said):
            sampler.update(*update)
    with pytest.raises(ValueError, match=r"labels are on the device cuda:0.*labels.cpu\(\)"):
        SpectralBatchSampler(ROWS, method="guided", labels=Tensor(labels, device="cuda"))
    sampler.update(Tensor(np.array([3])), Tensor(np.float32([0.5]), grad=True))
    assert sampler.guide.steps == 1
