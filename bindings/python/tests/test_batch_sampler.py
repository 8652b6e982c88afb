import inspect
import json
import pickle
import threading

import numpy as np
import pytest

import gstds
from gstds.torch import DEFAULTS, SpectralBatchSampler


@pytest.fixture(scope="module")
def bank():
    return np.random.default_rng(3).random((1000, 20), dtype=np.float32)


def make(bank, **options):
    return SpectralBatchSampler(bank, **{"batch_size": 128, "keep": 0.25, "seed": 4, **options})


def flat(batches):
    return sorted(row for batch in batches for row in batch)


def test_batches_are_those_that_select_keeps(bank):
    sampler, whole = make(bank), make(bank, keep=1.0)
    batches, drawn = list(sampler), list(whole)
    assert len(batches) == len(sampler) == len(whole) == len(drawn) == 8
    assert flat(drawn) == list(range(1000))
    assert [len(batch) for batch in drawn] == [128] * 7 + [104]
    for kept, batch in zip(batches, drawn, strict=True):
        rows = np.array(batch)
        expected = rows[gstds.select(bank[rows], 0.25).kept]
        assert kept == expected.tolist()
        assert all(type(row) is int for row in kept)


@pytest.mark.parametrize(
    "options", [{"path": "dense"}, {"affinity": "knn", "neighbours": 8}, {"laplacian": "un"}]
)
def test_other_paths_keep_the_rows_of_select(bank, options):
    drawn = list(make(bank, keep=1.0))
    for kept, batch in zip(make(bank, **options), drawn, strict=True):
        rows = np.array(batch)
        assert kept == rows[gstds.select(bank[rows], 0.25, **options).kept].tolist()


def test_half_precision_banks(bank):
    halves = bank.astype(np.float16)[:, :19]
    assert list(make(halves)) == list(make(halves.astype(np.float32)))


def test_epochs_differ_and_repeat(bank):
    sampler = make(bank)
    first, second = list(sampler), list(sampler)
    assert sampler.epoch == 2 and first != second
    sampler.set_epoch(0)
    assert list(sampler) == first
    other = make(bank)
    other.set_epoch(1)
    assert list(other) == second
    assert list(make(bank, seed=5)) != first
    # An iteration that is broken off starts again.
    third = make(bank)
    next(iter(third))
    assert list(third) == first


@pytest.mark.parametrize("rule", ["stratified", "random"])
def test_rules_that_draw_do_so_by_seed_and_epoch(bank, rule):
    sampler = make(bank, rule=rule)
    first = list(sampler)
    assert [len(batch) for batch in first] == [32] * 7 + [26]
    assert list(make(bank, rule=rule)) == first != list(sampler)


def test_the_last_batch_may_be_dropped(bank):
    sampler = make(bank, drop_last=True)
    assert len(sampler) == 7 and [len(batch) for batch in sampler] == [32] * 7
    assert list(make(bank))[:7] == list(make(bank, drop_last=True))


@pytest.mark.parametrize("done", [0, 3, 7, 8])
def test_a_resumed_epoch_goes_on_exactly(bank, done):
    reference = make(bank)
    epochs = [list(reference) for _ in range(3)]
    sampler = make(bank)
    list(sampler)
    batches = iter(sampler)
    for _ in range(done):
        next(batches)
    state = json.loads(json.dumps(sampler.state_dict()))
    resumed = make(bank)
    resumed.load_state_dict(state)
    # What a trainer does before it goes on.
    resumed.set_epoch(state["epoch"])
    assert resumed.state_dict() == state
    assert list(resumed) == epochs[1][done:]
    assert list(resumed) == epochs[2]


def test_a_resumed_epoch_keeps_the_ratio_that_it_began_with(bank):
    sampler = make(bank)
    batches = iter(sampler)
    next(batches)
    sampler.keep = 0.5
    state = json.loads(json.dumps(sampler.state_dict()))
    resumed = make(bank)
    resumed.load_state_dict(state)
    assert list(resumed) == list(batches)
    assert list(resumed) == list(sampler) and resumed.keep == 0.5


def test_a_state_says_what_training_is_done_with(bank):
    sampler = make(bank)
    batches = iter(sampler)
    # A loader with workers has drawn five, and training is done with two.
    drawn = [next(batches) for _ in range(5)]
    resumed = make(bank)
    resumed.load_state_dict(sampler.state_dict(batches=2))
    rest = list(resumed)
    assert rest[:3] == drawn[2:] and len(rest) == 6


def test_states_of_other_samplers_are_refused(bank):
    state = make(bank).state_dict()
    for options, said in (
        ({"seed": 9}, "seed=4, and this one has 9"),
        ({"batch_size": 100}, "batch_size=128"),
        ({"rule": "signed"}, "rule='quantile'"),
        ({"world_size": 2}, "world_size=1"),
    ):
        with pytest.raises(ValueError, match=said):
            make(bank, **options).load_state_dict(state)
    with pytest.raises(ValueError, match="rows=1000"):
        make(bank[:500]).load_state_dict(state)
    with pytest.raises(ValueError, match="not a state"):
        make(bank).load_state_dict({"epoch": 1})
    with pytest.raises(ValueError, match="batches is 99"):
        make(bank).load_state_dict({**state, "batches": 99})


@pytest.mark.parametrize("world_size", [2, 3])
def test_processes_share_an_epoch(bank, world_size):
    alone = list(make(bank))
    ranks = [make(bank, rank=rank, world_size=world_size) for rank in range(world_size)]
    shares = [list(sampler) for sampler in ranks]
    each = 8 // world_size
    assert (
        [len(share) for share in shares]
        == [each] * world_size
        == [len(sampler) for sampler in ranks]
    )
    together = [shares[at % world_size][at // world_size] for at in range(each * world_size)]
    assert together == alone[: each * world_size]
    assert len(set(flat(together))) == len(flat(together))
    # One state is every process's.
    state = ranks[0].state_dict(batches=1)
    for rank in range(world_size):
        resumed = make(bank, rank=rank, world_size=world_size)
        resumed.load_state_dict({**state, "epoch": 0})
        assert list(resumed) == shares[rank][1:]


def test_the_keep_ratio_may_follow_a_schedule(bank):
    sampler = make(bank)
    sampler.keep = 0.5
    half = list(sampler)
    assert [len(batch) for batch in half] == [64] * 7 + [52]
    assert list(make(bank, keep=0.5)) == half
    sampler.set_epoch(0)
    sampler.keep = 0.25
    assert list(sampler) == list(make(bank))
    sampler.keep = 0.5
    resumed = make(bank)
    resumed.load_state_dict(sampler.state_dict())
    assert resumed.keep == 0.5
    with pytest.raises(ValueError, match="keep ratio 2"):
        sampler.keep = 2


def test_threads_may_share_a_sampler(bank):
    sampler = make(bank)
    expected, found = list(make(bank)), {}

    def draw(thread):
        epoch = sampler._batches.of(thread % 2, 0.25, 0)
        found[thread] = [batch.tolist() for batch in epoch]

    threads = [threading.Thread(target=draw, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert found[0] == found[2] == expected and found[1] == found[3] != expected


def test_it_stays_in_its_process(bank):
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(make(bank))


def test_what_trainers_look_at(bank):
    sampler = make(bank)
    assert sampler.sampler is sampler and sampler.batch_size == 128 and sampler.drop_last is False
    assert (
        repr(sampler)
        == "SpectralBatchSampler(1000 rows, batch_size=128, keep=0.25, rule='quantile', epoch=0)"
    )


def test_invalid_rows_are_left_out_where_others_are_enough(bank):
    rows = bank.copy()
    bad = [3, 500, 999]
    rows[bad] = np.nan
    assert not set(bad) & set(flat(make(rows)))
    with pytest.raises(ValueError, match="part . of 8: 1 of 1.. rows are zero, NaN or infinite"):
        list(make(rows, strict=True))


def test_defaults_are_those_of_the_signature():
    taken = inspect.signature(SpectralBatchSampler).parameters
    known = {name: value for name, value in DEFAULTS.items() if name in taken}
    assert known == {name: taken[name].default for name in known}
    assert set(DEFAULTS) - set(known) == {"vectors"}
