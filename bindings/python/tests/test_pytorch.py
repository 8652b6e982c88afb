"""The sampler in PyTorch's loaders and processes, where PyTorch is installed."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gstds.torch import SpectralBatchSampler

torch = pytest.importorskip("torch")

ROWS = np.random.default_rng(3).random((1000, 20), dtype=np.float32)

# Two processes train one network, and write down which rows each saw.
PROCESSES = """
import json, os, sys
import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from gstds.torch import SpectralBatchSampler

def train(rank, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    rows = np.random.default_rng(3).random((1000, 20), dtype=np.float32)
    sampler = SpectralBatchSampler(rows, batch_size=128, rank=rank, world_size=2)
    dataset = TensorDataset(torch.from_numpy(rows), torch.arange(1000))
    learner = DistributedDataParallel(torch.nn.Linear(20, 1))
    seen = []
    for features, numbers in DataLoader(dataset, batch_sampler=sampler):
        learner(features).mean().backward()
        seen.append(numbers.tolist())
    with open(f"{folder}/{rank}.json", "w") as file:
        json.dump(seen, file)
    dist.destroy_process_group()

if __name__ == "__main__":
    torch.multiprocessing.spawn(train, args=(sys.argv[1],), nprocs=2)
"""


@pytest.mark.parametrize("start", [None, "fork", "forkserver", "spawn"])
def test_loaders_yield_the_kept_rows(start):
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(ROWS), torch.arange(1000))
    expected = list(SpectralBatchSampler(ROWS, batch_size=128))
    sampler = SpectralBatchSampler(torch.from_numpy(ROWS), batch_size=128)
    workers = {} if start is None else {"num_workers": 2, "multiprocessing_context": start}
    loader = torch.utils.data.DataLoader(dataset, batch_sampler=sampler, **workers)
    assert len(loader) == 8
    assert [numbers.tolist() for _, numbers in loader] == expected
    # The device still works after the workers have ended.
    assert len(list(sampler)) == 8


def test_tensors_are_read_as_their_arrays_are():
    expected = list(SpectralBatchSampler(ROWS, batch_size=128))
    tensor = torch.from_numpy(ROWS)
    for same in (tensor.clone().requires_grad_(), tensor.double(), tensor.T.contiguous().T):
        assert list(SpectralBatchSampler(same, batch_size=128)) == expected
    with pytest.raises(ValueError, match=r"Tensor of torch.bfloat16.*features.float\(\)"):
        SpectralBatchSampler(tensor.bfloat16())
    with pytest.raises(ValueError, match=r"device meta.*features.cpu\(\)"):
        SpectralBatchSampler(tensor.to("meta"))
    rounded = tensor.bfloat16().float()
    assert len(list(SpectralBatchSampler(rounded))) == 4


def test_two_processes_train_on_one_epoch(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(PROCESSES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    shares = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    together = [batch for pair in zip(*shares, strict=True) for batch in pair]
    assert together == list(SpectralBatchSampler(ROWS, batch_size=128))
