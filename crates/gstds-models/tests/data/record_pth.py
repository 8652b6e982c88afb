"""Records pth/*.pth beside this file: what `torch.save` makes of a few small tensors.

pip install torch numpy

Rust knows the values by the formula in `tensors`.
"""
import os
import numpy as np
import torch

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pth")


def values(count):
    return torch.arange(count, dtype=torch.float32) / 4 - 0.5


def tensors(prefix=""):
    named = {
        "single": values(6).reshape(2, 3),
        "half": values(4).half(),
        "brain": values(4).bfloat16().reshape(2, 2),
        "double": values(3).double(),
        "transposed": values(6).reshape(2, 3).t(),
        "part": values(10)[4:7],
        "norm.num_batches_tracked": torch.tensor(7),
    }
    return {prefix + name: tensor for name, tensor in named.items()}


def save(value, name, **options):
    torch.save(value, os.path.join(folder, name), **options)


save(tensors(), "archive.pth")
save(tensors(), "protocol4.pth", pickle_protocol=4)
save(tensors(), "legacy.pth", _use_new_zipfile_serialization=False)
checkpoint = {
    "epoch": 3,
    "best": torch.tensor(91.5),
    "state_dict": tensors("module."),
    "optimizer": {"state": {}, "param_groups": [{"lr": 0.1, "nesterov": False, "params": [0, 1]}]},
}
save(checkpoint, "checkpoint.pth")
save(torch.nn.Linear(2, 1), "module.pth")
save({"accuracy": np.float64(0.5), **tensors()}, "numpy.pth")
