"""Code on the pages, examples in docstrings, and the types that the stubs promise."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import gstds

PROJECT = Path(__file__).parents[1]
PAGES = [PROJECT / "README.md", PROJECT.parents[1] / "docs" / "python.md"]
MODULES = ["gstds", *(f"gstds.{module.name}" for module in pkgutil.iter_modules(gstds.__path__))]

# A block may name the module that it needs.
BLOCK = re.compile(r"```python(?: (\w+))?\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_on_the_pages_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert blocks
    names = {}
    for module, code in blocks:
        # What needs PyTorch, or what stands on it, runs where that is installed.
        if not module or find_spec(module):
            exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_docstrings(module):
    found = importlib.import_module(module)
    result = doctest.testmod(found)
    assert result.failed == 0
    documented = ["gstds", "gstds._select", "gstds._embedding", "gstds._near_duplicates"]
    documented.append("gstds._selection")
    assert result.attempted > 0 or module not in [*documented, "gstds.torch"]


def test_everything_public_is_documented():
    for name in gstds.__all__:
        assert (getattr(gstds, name).__doc__ or "").strip(), name


def test_the_types_hold(tmp_path):
    pytest.importorskip("mypy")
    use = tmp_path / "use.py"
    use.write_text(
        """
import numpy as np
from numpy.typing import NDArray
import gstds
from gstds.torch import SpectralBatchSampler

features = np.zeros((4, 2), dtype=np.float32)
kept: NDArray[np.int64] = gstds.select(features, keep=0.5, rule="random").kept
names: list[str] = [device.name for device in gstds.devices()]
batch: list[int] = next(iter(SpectralBatchSampler(features)))
gstds.select(features, 0.5, rule=3)  # type: ignore[arg-type]
""",
        encoding="utf-8",
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    stubs = [sys.executable, "-m", "mypy.stubtest", "gstds._gstds"]
    for command in ([*mypy, "-p", "gstds"], [*mypy, str(use)], stubs):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
