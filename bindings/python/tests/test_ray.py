"""The example that selects shard by shard, where Ray is installed."""

import sys
from pathlib import Path

import numpy as np
import pytest

import gstds

ray = pytest.importorskip("ray", reason="Ray is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("pandas", reason="Ray Data needs pandas")

EXAMPLES = Path(__file__).parents[1] / "examples"
SHARDS, ROWS, COUNT = 4, 300, 24


@pytest.fixture(scope="module")
def example():
    sys.path.insert(0, str(EXAMPLES))
    import ray_shards

    yield ray_shards
    sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="module")
def local_ray():
    # Workers import the example as this process does.
    environment = {"env_vars": {"PYTHONPATH": str(EXAMPLES)}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment)
    yield
    ray.shutdown()


def table(features, first):
    width = features.shape[1]
    flat = pa.array(features.reshape(-1))
    lists = pa.FixedSizeListArray.from_arrays(flat, width)
    return pa.table({"row": np.arange(first, first + len(features)), "features": lists})


def coverage(features, kept):
    """Mean over the rows of the largest cosine similarity to a kept one."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    return (unit @ unit[kept].T).max(axis=1).mean()


def test_two_actors_keep_what_one_process_does(example, local_ray, tmp_path):
    random = np.random.default_rng(5)
    centres = random.random((12, 16)) * 2
    features = centres[random.integers(0, 12, SHARDS * ROWS)] + random.random((SHARDS * ROWS, 16))
    features = features.astype(np.float32)
    shards = [table(features[at : at + ROWS], at) for at in range(0, SHARDS * ROWS, ROWS)]
    for number, shard in enumerate(shards):
        example.pq.write_table(shard, tmp_path / f"{number}.parquet")
    kept = example.select_from_shards(tmp_path, COUNT, actors=2)
    rows = kept.column("row").to_numpy()
    assert len(rows) == COUNT == len(set(rows))
    assert np.array_equal(example.matrix(kept), features[rows])
    # The same without Ray.
    selector = example.ShardSelector(example.share_of_a_shard(COUNT, SHARDS * ROWS))
    names = [str(tmp_path / f"{number}.parquet") for number in range(SHARDS)]
    survivors = selector(pa.table({"shard": names}))
    assert len(survivors) == SHARDS * 24
    assert np.array_equal(rows, example.final_pass(survivors, COUNT).column("row").to_numpy())
    # As good as from the whole pool, nearly.
    whole = gstds.select(features, count=COUNT, rule="medoids").kept
    assert coverage(features, rows) > coverage(features, whole) - 0.01
    with pytest.raises(ValueError, match="has no rows"):
        example.select_from_shards(tmp_path / "nowhere", COUNT)
    with pytest.raises(ValueError, match="1 rows have no features"):
        example.matrix(pa.table({"features": pa.array([[1.0, 2.0], None])}))
    example.pq.write_table(shards[0].slice(0, 0), tmp_path / "empty.parquet")
    assert len(selector.survivors(tmp_path / "empty.parquet")) == 0
