import sys
import types

import numpy as np
import pytest

import gstds

ROWS = np.random.default_rng(0).random((6000, 2048), dtype=np.float32)


class Bar:
    """What is used of a tqdm bar."""

    made: list["Bar"] = []

    def __init__(self, total, desc, leave):
        assert leave is False
        self.total, self.items, self.n, self.closed = total, desc, 0, False
        Bar.made.append(self)

    def update(self, more):
        assert not self.closed and more >= 0
        self.n += more

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch):
    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    monkeypatch.setattr(Bar, "made", [])
    return Bar.made


def test_bars_of_tqdm_show_how_far_it_is(bars):
    groups = gstds.near_duplicates(ROWS, 0.9999, progress=True)
    assert [bar.items for bar in bars] == ["rows compared"]
    assert bars[0].total == 6000 and 0 < bars[0].n <= 6000 and bars[0].closed
    found = gstds.select(ROWS, 0.1, rule="random", near_duplicates=0.9999, progress=True)
    assert [bar.items for bar in bars][-1] == "rows compared" and all(bar.closed for bar in bars)
    assert np.array_equal(found.groups, groups)


def test_none_are_shown_unless_asked_for(bars, capfd):
    gstds.near_duplicates(ROWS[:2000], 0.9999)
    assert bars == [] and capfd.readouterr() == ("", "")


def test_none_are_shown_without_tqdm(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(gstds.near_duplicates(ROWS[:100], 0.9999, progress=True)) == 100
    assert capfd.readouterr() == ("", "")


def test_what_a_bar_raises_ends_the_call(bars, monkeypatch):
    def fail(self, more):
        raise OSError("the terminal is gone")

    monkeypatch.setattr(Bar, "update", fail)
    with pytest.raises(OSError, match="the terminal is gone"):
        gstds.near_duplicates(ROWS, 0.9999, progress=True)
    assert all(bar.closed for bar in bars)
