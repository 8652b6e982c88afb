"""Method `guided` of the batch sampler, without PyTorch."""

import json
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest

from gstds.torch import SpectralBatchSampler

# What the Rust crate keeps, in the formulas of its test.
RECORDED = Path(__file__).parents[3] / "crates/gstds-curate/src/guided/recorded.json"


def formulas():
    row, feature = np.arange(300)[:, None], np.arange(12)[None]
    centre = (row % 5 * 53 + feature * 31) % 23
    own = (row * 37 + feature * 61 + row * row * feature) % 101
    features = centre.astype(np.float32) + own.astype(np.float32) / np.float32(25)
    row = np.arange(300)
    return features, (row + (row % 9 == 0)) % 5


FEATURES, LABELS = formulas()


def make(features=FEATURES, labels=LABELS, **options):
    options = {"batch_size": 64, "keep": 0.25, "seed": 3, "method": "guided", **options}
    return SpectralBatchSampler(features, labels=labels, **options)


def reported(batch, step):
    rows = np.array(batch)
    losses = ((rows * 7 + step * 5) % 16).astype(np.float32) / 8
    losses[(rows + step) % 11 == 0] = np.nan
    return losses, (rows + step) % 3 != 0


def train(sampler, steps, first=0):
    """The batches of so many steps, from the number `first` on, with what is reported of each."""
    kept, step = [], first
    while len(kept) < steps:
        for batch in sampler:
            kept.append(batch)
            sampler.update(batch, *reported(batch, step))
            step += 1
            if len(kept) == steps:
                break
    return kept


@pytest.fixture(scope="module")
def recorded():
    return json.loads(RECORDED.read_text())


def test_rows_are_those_of_the_crate(recorded):
    sampler = make()
    assert len(sampler) == 5
    kept = train(sampler, 15)
    assert kept == recorded
    assert [len(batch) for batch in kept[:5]] == [16] * 4 + [11]
    assert all(type(row) is int for row in kept[0])
    # The labels are names, and the features in float16 are other numbers of the same clusters.
    names = np.array(list("abcde"))[LABELS]
    assert train(make(labels=names), 15) == recorded
    assert train(make(np.asfortranarray(FEATURES.astype(np.float64))), 15) == recorded


def test_whole_batches_are_those_of_the_trainer():
    batches = list(make(keep=1.0))
    assert sorted(sum(batches, [])) == list(range(300))
    assert [len(batch) for batch in batches] == [64] * 4 + [44]
    assert list(make(keep=1.0, drop_last=True)) == batches[:4]
    assert len(make(drop_last=True)) == 4
    assert list(make(keep=1.0, seed=4)) != batches


@pytest.mark.parametrize("done", [0, 2, 5, 7])
def test_a_resumed_training_goes_on_exactly(recorded, done):
    sampler = make()
    train(sampler, done)
    state = json.loads(json.dumps(sampler.state_dict()))
    resumed = make()
    resumed.load_state_dict(state)
    assert resumed.state_dict() == state
    assert train(resumed, 15 - done, done) == recorded[done:]


def test_what_is_learned_decides_what_is_kept(recorded):
    silent = make()
    kept = [batch for _ in range(3) for batch in silent]
    assert kept[0] == recorded[0] and kept[1:] != recorded[1:]
    assert silent.guide.steps == 0 and silent.guide.gate == 1
    # Rows that were just kept, and rows like them, come last.
    sampler = make()
    seen = set(sum(train(sampler, 5), []))
    again = set(sum(train(sampler, 5, 5), []))
    assert len(seen & again) < len(seen) // 4
    # Rows of a class whose loss is high come first.
    sampler = make()
    for batch in sampler:
        rows = np.array(batch)
        sampler.update(batch, np.where(LABELS[rows] == 2, 9.0, 0.1))
    second = np.array(sum(sampler, []))
    usual = np.array(sum(kept[5:10], []))
    share, usual_share = ((LABELS[rows] == 2).mean() for rows in (second, usual))
    assert share > 1.25 * usual_share, (share, usual_share)


def test_what_guides_it_can_be_read():
    sampler = make()
    assert sampler.guide.accuracy == -1 and 0.8 < sampler.guide.vote_accuracy < 0.95
    train(sampler, 5)
    guide = sampler.guide
    assert guide.steps == 5 and 0 <= guide.gate <= 1 and 0 < guide.accuracy < 1
    assert guide.class_losses.shape == (5,) and np.isfinite(guide.class_losses).all()
    assert guide.skipped > 0
    assert "method='guided'" in repr(sampler)
    assert make(method="spectral", labels=None).guide is None


def test_correct_is_by_default_where_the_label_has_half_of_the_chance():
    told, untold = make(), make()
    batch = next(iter(told))
    losses = np.linspace(0.1, 2, len(batch))
    told.update(batch, losses, losses < np.log(2))
    untold.update(batch, losses.tolist())
    assert told.state_dict()["learned"] == untold.state_dict()["learned"]
    assert told.guide.accuracy == pytest.approx((losses < np.log(2)).mean())


def test_one_class_and_rows_that_are_alike():
    one = make(labels=np.zeros(300, int))
    assert one.guide.gate == 0
    assert [len(batch) for batch in train(one, 5)] == [16] * 4 + [11]
    same = make(np.ones((300, 4), np.float32))
    assert [len(batch) for batch in train(same, 5)] == [16] * 4 + [11]
    few = SpectralBatchSampler(
        FEATURES[:7], labels=LABELS[:7], batch_size=64, keep=0.5, method="guided"
    )
    assert len(next(iter(few))) == 4


def test_invalid_rows_come_last():
    rows, bad = FEATURES.copy(), [3, 100, 299]
    rows[bad] = np.array([[np.nan], [np.inf], [0]])
    kept = sum(train(make(rows), 15), [])
    assert not set(bad) & set(kept)
    assert sorted(sum(make(rows, keep=1.0), [])) == list(range(300))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": None}, "goes by labels: give labels"),
        ({"labels": LABELS[:9]}, r"labels have shape \(9,\).*\(300,\)"),
        (
            {"labels": np.where(LABELS == 0, np.nan, LABELS)},
            r"\d+ labels are missing, the first of row \d+: leave out",
        ),
        ({"labels": [None, *LABELS[1:].tolist()]}, "1 labels are missing, the first of row 0"),
        ({"world_size": 2}, "world_size is 2: train in one process"),
        ({"rule": "stratified", "strict": True}, "rule, strict: for method spectral alone"),
        ({"method": "best"}, "unknown method 'best'; choose one of spectral, guided"),
        ({"method": "spectral"}, "labels are for method guided"),
        ({"keep": 0}, "keep ratio 0"),
        ({"adapter": "no such"}, "no adapter matches"),
    ],
)
def test_samplers_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        make(**options)


@pytest.mark.parametrize(
    ("update", "said"),
    [
        (([], []), "no row"),
        (([1, 2], [0.5]), "2 indices, 1 losses"),
        (([1, 2], [0.5, 1], [True]), "1 marks of what is correct"),
        (([1, 1], [0.5, 1]), "row 1 twice"),
        (([1, 300], [0.5, 1]), "there are rows 0 to 299"),
        (([-1], [0.5]), "indices go from -1"),
        (([0.5], [0.5]), "indices have dtype float64"),
        (([1], [[0.5]]), r"losses have shape \(1, 1\)"),
        (([1], ["high"]), "losses have dtype <U4"),
        (([1], 0.5), r"losses have shape \(\)"),
    ],
)
def test_updates_from_which_nothing_can_be_learned(update, said):
    sampler = make()
    before = sampler.state_dict()
    with pytest.raises(ValueError, match=said):
        sampler.update(*update)
    assert sampler.state_dict() == before
    with pytest.raises(ValueError, match="method spectral learns nothing"):
        make(method="spectral", labels=None).update(*update)


def test_losses_that_are_not_finite_are_passed_over():
    sampler = make()
    batch = next(iter(sampler))
    sampler.update(batch, np.full(len(batch), np.inf))
    assert sampler.guide.skipped == len(batch)
    assert np.allclose(sampler.guide.class_losses, np.log(5))
    assert len(next(iter(sampler))) == 16


def test_states_of_others_are_refused():
    sampler = make()
    state = sampler.state_dict()
    for other, said in (
        (make(seed=4), "seed=3, and this one has 4"),
        (make(labels=(LABELS + 1) % 5), "labels_crc32="),
        (make(method="spectral", labels=None), "method='guided'"),
    ):
        with pytest.raises(ValueError, match=said):
            other.load_state_dict(state)
    for learned, said in (
        ({}, "not a state of a SpectralBatchSampler with method='guided'"),
        ({**state["learned"], "last": "AAAA"}, "not a state"),
        ({**state["learned"], "last": "AAAAAA=="}, "the state has 1 rows, and there are 300"),
    ):
        with pytest.raises(ValueError, match=said):
            sampler.load_state_dict({**state, "learned": learned})
    assert sampler.state_dict() == state


def test_it_stays_in_its_process_and_threads_may_share_it(recorded):
    sampler = make()
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(sampler)
    found = {}

    def draw(thread):
        found[thread] = [batch.tolist() for batch in sampler._batches.of(thread % 2, 0.25, 0)]

    threads = [threading.Thread(target=draw, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert found[0] == found[2] and found[1] == found[3] and found[0][0] == recorded[0]
