"""Select from a pool that is larger than a machine: shard by shard with Ray Data, then once more
among the shards' survivors.

    pip install "ray[data]" pyarrow
    python examples/ray_shards.py pool/ --count 500 --output kept.parquet

The shards are Parquet files with a column `features`, a list of floats, beside any others. Each
actor holds the selector: it opens the device and compiles the kernels once, whatever the number of
shards. It reads a shard itself, so that what is kept does not depend on how Ray divides files. An
actor takes a GPU with `--gpus 1`, and a CPU otherwise.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import gstds

OVERSAMPLE = 4
"""Survivors of the shards for each row that is kept in the end."""


def matrix(table):
    """The features of a table's rows, without a copy where Arrow holds them in one piece."""
    column = table.column("features").combine_chunks()
    if column.null_count:
        raise ValueError(f"{column.null_count} rows have no features; drop or fill them")
    width = len(column[0])
    return column.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)


class ShardSelector:
    """Keeps a share of every shard that it is given by name."""

    def __init__(self, share, rule="medoids"):
        self.share, self.rule = share, rule

    def __call__(self, names):
        return pa.concat_tables(
            [self.survivors(name) for name in names.column("shard").to_pylist()]
        )

    def survivors(self, name):
        shard = pq.read_table(name)
        if len(shard) == 0:
            return shard
        kept = gstds.select(matrix(shard), keep=self.share, rule=self.rule).kept
        return shard.take(pa.array(kept))


def share_of_a_shard(count, rows):
    """What a shard keeps of its rows, so that the survivors are some times what is kept."""
    return min(1.0, OVERSAMPLE * count / rows)


def final_pass(survivors, count, rule="medoids"):
    """The rows that are kept, of the survivors of all shards."""
    kept = gstds.select(matrix(survivors), count=count, rule=rule).kept
    return survivors.take(pa.array(kept))


def select_from_shards(folder, count, *, rule="medoids", actors=2, gpus=0):
    """Keeps `count` rows of the Parquet files in a folder, with all their columns."""
    import ray

    files = sorted(str(file) for file in Path(folder).glob("*.parquet"))
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    if rows == 0:
        raise ValueError(f"{folder} has no rows in *.parquet")
    # Survivors in the order of the shards, so that the same rows are kept every time.
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    shards = ray.data.from_items([{"shard": file} for file in files])
    survivors = shards.map_batches(
        ShardSelector,
        fn_constructor_kwargs={"share": share_of_a_shard(count, rows), "rule": rule},
        batch_size=1,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=0 if gpus else 1,
        num_gpus=gpus,
    )
    tables = [ray.get(block) for block in survivors.to_arrow_refs()]
    return final_pass(pa.concat_tables(tables), count, rule)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="folder of .parquet files with a column `features`")
    parser.add_argument("--count", type=int, required=True, help="rows to keep")
    parser.add_argument("--output", required=True, help="Parquet file of the kept rows")
    parser.add_argument("--rule", default="medoids", help="rule of gstds.select [medoids]")
    parser.add_argument("--actors", type=int, default=2, help="shards at once [2]")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs of an actor [0]")
    given = parser.parse_args()
    kept = select_from_shards(
        given.folder, given.count, rule=given.rule, actors=given.actors, gpus=given.gpus
    )
    pq.write_table(kept, given.output)
    print(f"{len(kept)} rows written to {given.output}; features {np.shape(matrix(kept))}")


if __name__ == "__main__":
    main()
