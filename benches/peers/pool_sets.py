"""The sets that pools are drawn from: features of EfficientNet-Lite0, 1,280 a row, and labels.

Those of Fashion-MNIST are in the repository. The others are made by `gstds features` (of a program with
training) from the official files, once, and kept in a folder.
"""

import gzip
import json
import pathlib
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BANK = ROOT / "crates/gstds-models/assets/fashion-mnist-features.safetensors"
IMAGES = ROOT / "crates/gstds-data/assets/fashion-mnist.safetensors.gz"
# Side in pixels that the reference model sees.
SIDE = 96
MOST_HELD = 2500
CIFAR_RECORD = 1 + 3 * 32 * 32
CIFAR_BATCHES = 5
CIFAR_EACH = 250


def tensors(data):
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    kinds = {"F16": np.float16, "F32": np.float32, "U8": np.uint8, "U16": np.uint16}
    kinds |= {"I32": np.int32, "U32": np.uint32, "I64": np.int64}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = (8 + size + at for at in entry["data_offsets"])
            values = np.frombuffer(data[first:end], kinds[entry["dtype"]])
            found[name] = values.reshape(entry["shape"])
    return found


def as_it_is(data, _folder):
    return data


def part_of_cifar(data, folder):
    """The first 250 images of each class of each training batch; the test batch is cut to one image."""
    found = [data, data / "cifar-10-batches-bin"]
    source = next(path for path in found if (path / "test_batch.bin").exists())
    for number in range(1, CIFAR_BATCHES + 1):
        name = f"data_batch_{number}.bin"
        records = np.fromfile(source / name, np.uint8).reshape(-1, CIFAR_RECORD)
        rows = [np.flatnonzero(records[:, 0] == label)[:CIFAR_EACH] for label in range(10)]
        records[np.sort(np.concatenate(rows))].tofile(folder / name)
    test = (source / "test_batch.bin").read_bytes()
    (folder / "test_batch.bin").write_bytes(test[:CIFAR_RECORD])
    return folder


@dataclass(frozen=True)
class PoolSet:
    title: str
    # Rows of a pool; of the others up to MOST_HELD are held out.
    pool: int
    # As `gstds features` names it; empty where features are in the repository.
    dataset: str = ""
    splits: tuple[str, ...] = ()
    prepare: Callable = as_it_is


SETS = {
    "fashion-mnist": PoolSet("Fashion-MNIST, the embedded tenth", 4000),
    "cifar10": PoolSet(
        "CIFAR-10, 1,250 training images of each class", 4000, "cifar10", ("train",), part_of_cifar
    ),
    "flowers": PoolSet("Flowers-102, all images", 4000, "flowers-trainval", ("train", "test")),
    "pets-subset": PoolSet("Pets subset, 37 breeds", 1200, "pets", ("train", "test")),
}


def make(program, chosen, split, data, folder, output):
    if data is None:
        raise SystemExit(f"{output} does not exist: name the folder of the images with --data")
    folder.mkdir(parents=True, exist_ok=True)
    source = chosen.prepare(data, folder)
    command = [program, "features", "--dataset", chosen.dataset, "--data", source, "--split", split]
    command += ["--reference-side", SIDE, "--output", output]
    subprocess.run([str(word) for word in command], check=True)


def load(name, program, data, folder):
    """Features as f32 and labels; features are made where the folder has none."""
    chosen = SETS[name]
    if not chosen.dataset:
        labels = tensors(gzip.decompress(IMAGES.read_bytes()))["train_labels"]
        return tensors(BANK.read_bytes())["features"].astype(np.float32), labels.astype(int)
    parts = []
    for split in chosen.splits:
        file = folder / f"{name}-{split}.safetensors"
        if not file.exists():
            make(program, chosen, split, data, folder / f"{name}-images", file)
        parts.append(tensors(file.read_bytes()))
    features = np.concatenate([part["features"] for part in parts]).astype(np.float32)
    labels = np.concatenate([part["labels"] for part in parts]).astype(int)
    if len(features) != len(labels):
        raise SystemExit(f"{len(features)} rows of features and {len(labels)} labels of {name}")
    return features, labels
