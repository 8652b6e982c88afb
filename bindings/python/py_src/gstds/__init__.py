"""Spectral data selection: which rows of a feature matrix to train on.

Rows of features become a graph by cosine similarity. The Fiedler vector of its Laplacian gives each
row a score, and a rule decides which rows are kept. The kernels run on any GPU with a Vulkan, Metal
or DX12 driver, and on a CPU where Mesa's llvmpipe is installed.

>>> import numpy as np
>>> import gstds
>>> features = np.random.default_rng(0).random((1000, 64), dtype=np.float32)
>>> selection = gstds.select(features, keep=0.1)
>>> selection.kept.shape, selection.kept.dtype
((100,), dtype('int64'))

`gstds.torch` has a batch sampler for PyTorch's ``DataLoader``.
"""

import atexit

from gstds._devices import Device, devices
from gstds._embedding import SpectralEmbedding
from gstds._gstds import NoAdapterError, __version__, _finish
from gstds._near_duplicates import near_duplicates
from gstds._select import select
from gstds._selection import Selection, Status

__all__ = [
    "Device",
    "NoAdapterError",
    "Selection",
    "SpectralEmbedding",
    "Status",
    "__version__",
    "devices",
    "near_duplicates",
    "select",
]

# What Ctrl-C left running must not meet the end of the process.
atexit.register(_finish)
