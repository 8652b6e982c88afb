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


def train_guided(loader, sampler, learner, steps):
    """The rows of so many steps, whose losses the sampler is told."""
    optimizer = torch.optim.SGD(learner.parameters(), lr=0.1)
    seen = []
    for features, labels, numbers in loader:
        logits = learner(features)
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        sampler.update(numbers, losses, logits.argmax(1) == labels)
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
        seen.append(numbers.tolist())
        if len(seen) == steps:
            break
    return seen


def guided_training(workers=0):
    torch.manual_seed(0)
    labels = np.arange(1000) % 4
    rows = (ROWS + np.eye(4, 20, dtype=np.float32)[labels]).astype(np.float32)
    tensors = torch.from_numpy(rows), torch.from_numpy(labels), torch.arange(1000)
    sampler = SpectralBatchSampler(rows, 128, 0.25, method="guided", labels=labels)
    dataset = torch.utils.data.TensorDataset(*tensors)
    loader = torch.utils.data.DataLoader(dataset, batch_sampler=sampler, num_workers=workers)
    return loader, sampler, torch.nn.Linear(20, 4)


def test_a_guided_training_is_told_its_losses_and_resumes_exactly():
    loader, sampler, learner = guided_training()
    seen = train_guided(loader, sampler, learner, 8)
    seen += train_guided(loader, sampler, learner, 3)
    state, weights = sampler.state_dict(), {k: v.clone() for k, v in learner.state_dict().items()}
    assert sampler.guide.steps == 11 and sampler.guide.skipped == 0
    # Another process goes on as the same training without a stop does.
    loader, sampler, learner = guided_training()
    whole = train_guided(loader, sampler, learner, 8) + train_guided(loader, sampler, learner, 8)
    assert whole[:11] == seen
    loader, sampler, learner = guided_training()
    sampler.load_state_dict(state)
    learner.load_state_dict(weights)
    assert train_guided(loader, sampler, learner, 8) == whole[11:]


def test_workers_draw_guided_batches_before_the_losses_of_the_last_steps():
    loader, sampler, learner = guided_training()
    alone = train_guided(loader, sampler, learner, 8)
    loader, sampler, learner = guided_training(workers=1)
    ahead = train_guided(loader, sampler, learner, 8)
    assert [len(batch) for batch in ahead] == [len(batch) for batch in alone]
    assert sampler.guide.steps == 8 and ahead[0] == alone[0] and ahead != alone
