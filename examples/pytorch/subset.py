"""Trains a PyTorch network on the rows that `gstds select` keeps.

    python3 examples/pytorch/subset.py [--gstds PATH] [--keep 0.25] [--folder DIR]

Needs torch, numpy and the program gstds. Leaves features.npy and kept.npy in the folder.
"""

import argparse
import pathlib
import subprocess

import numpy as np
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

CLASSES = 4


def made_up_images(count):
    """Images (count, 1, 8, 8) of a bright quarter each, with noise; yours come from your files."""
    generator = np.random.default_rng(0)
    labels = generator.integers(CLASSES, size=count)
    images = generator.random((count, 1, 8, 8), dtype=np.float32)
    for image, label in zip(images, labels):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] += 0.5
    return TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))


def reference_features(images):
    """Features (n, 16) of a frozen model: here means of 2 x 2 pixels; yours is a pretrained one."""
    return torch.nn.functional.avg_pool2d(images, 2).flatten(1).numpy()


def select(gstds, features, keep, folder):
    """Indices of the rows that gstds keeps, ascending."""
    np.save(folder / "features.npy", features)
    command = [gstds, "select", "--features", "features.npy", "--keep", str(keep)]
    subprocess.run(command + ["--output", "kept.npy", "--force"], cwd=folder, check=True)
    return np.load(folder / "kept.npy").tolist()


def train(dataset, epochs):
    """The mean loss of each epoch."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, CLASSES)
    )
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    loader = DataLoader(dataset, batch_size=16, shuffle=True)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for images, labels in loader:
            loss = torch.nn.functional.cross_entropy(network(images), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(labels)
        losses.append(total / len(dataset))
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gstds", default="gstds", help="the program, as a name or an absolute path")
    parser.add_argument("--keep", type=float, default=0.25, help="share of the rows to train on")
    parser.add_argument("--folder", type=pathlib.Path, default=".", help="where the files go")
    arguments = parser.parse_args()
    dataset = made_up_images(256)
    features = reference_features(dataset.tensors[0])
    kept = select(arguments.gstds, features, arguments.keep, arguments.folder)
    losses = train(Subset(dataset, kept), epochs=10)
    print(f"rows {len(dataset)} kept {len(kept)} loss {losses[0]:.4f} -> {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
