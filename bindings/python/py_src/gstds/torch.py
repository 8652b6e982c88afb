"""A batch sampler for PyTorch's ``DataLoader``. PyTorch itself is not needed to import it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from numpy.typing import ArrayLike, NDArray

from gstds._arguments import SEEDS, adapter_name, graph_options, integer, matrix
from gstds._guided import Guide, GuidedBatches
from gstds._spectral import SpectralBatches

__all__ = ["Guide", "SpectralBatchSampler"]

METHODS = ("spectral", "guided")

DEFAULTS: dict[str, Any] = {
    "rule": "quantile",
    "affinity": "auto",
    "tau": 0.1,
    "neighbours": 15,
    "laplacian": "sym",
    "solver": "lanczos",
    "gram_schmidt": "auto",
    "steps": None,
    "path": "auto",
    "storage": "full",
    "vectors": 1,
    "strict": False,
}
"""Options of method `spectral` that method `guided` has no use for."""


class SpectralBatchSampler:
    """Batches of row numbers: of every batch of an epoch, the rows that a selection keeps.

    All rows are drawn into batches of `batch_size` in an order that seed and epoch alone decide. Of
    each batch a method keeps a share; what is left out of one epoch may be kept in the next.

    Method `spectral`: the Fiedler vector of the batch's graph scores the rows, and a rule keeps
    some. The features are uploaded once. All batches of an epoch are selected before its first one,
    many in a submission to the device.

    Method `guided`: rows are drawn by how well their labels agree with similar rows, how high the
    loss on their class is, and how long ago they, or copies of them, were kept. Training tells it
    the losses by `update` after each step. A batch is drawn when it is asked for, by what was told
    until then. The similar rows of all rows are found once, on the device.

    Parameters
    ----------
    features : array_like of float16, float32 or float64, shape (samples, features)
        As in `gstds.select`, in the order of the data set. Read once, and not kept.
    batch_size : int
        Rows that a batch is selected from.
    keep : float
        Share of each batch that is kept, above 0 and at most 1.
    method : {'spectral', 'guided'}
        What the rows of a batch are kept by.
    labels : array_like, shape (samples,), optional
        For `guided`, the class of each row: integers, text or anything else that NumPy sorts.
    rule, affinity, tau, neighbours, laplacian, solver, gram_schmidt, steps, path, storage, strict
        For `spectral`, as in `gstds.select`. Rules that draw take the same places of every batch of
        an epoch.
    adapter
        As in `gstds.select`.
    seed : int
        Decides the order of each epoch, and what rules draw.
    drop_last : bool
        Whether a last batch of fewer than `batch_size` rows is left out.
    rank, world_size : int
        Of `world_size` processes that train together, this one is number `rank`, and gets every
        `world_size`-th batch from the `rank`-th on. All of them get the same number of batches, so
        up to `world_size` - 1 batches of an epoch are left out. `guided` takes one process.

    Attributes
    ----------
    epoch : int
        The epoch that iteration yields: set by `set_epoch`, and one more after each full iteration.

    Raises
    ------
    ValueError
        For features, options or numbers with which nothing can be selected.
    gstds.NoAdapterError
        Where no GPU adapter answers.

    Notes
    -----
    Several threads may share a sampler. It lives in the process that made it: it cannot be pickled,
    and a forked child must make its own. Workers of a ``DataLoader`` do not need it.

    Examples
    --------
    >>> import numpy as np
    >>> from gstds.torch import SpectralBatchSampler
    >>> features = np.random.default_rng(0).random((1000, 16), dtype=np.float32)
    >>> sampler = SpectralBatchSampler(features, batch_size=250, keep=0.2)
    >>> [len(batch) for batch in sampler]
    [50, 50, 50, 50]
    >>> sampler.epoch
    1

    In a training loop:

    >>> loader = DataLoader(dataset, batch_sampler=sampler)  # doctest: +SKIP

    Guided by labels and losses:

    >>> labels = np.arange(1000) % 10
    >>> sampler = SpectralBatchSampler(features, 250, 0.2, method="guided", labels=labels)
    >>> for batch in sampler:
    ...     losses = np.full(len(batch), 2.3)  # of the rows of the batch, before the learner's step
    ...     sampler.update(batch, losses, correct=np.zeros(len(batch), dtype=bool))
    >>> sampler.guide.steps
    4
    """

    def __init__(
        self,
        features: ArrayLike,
        batch_size: int = 256,
        keep: float = 0.25,
        *,
        method: str = "spectral",
        labels: ArrayLike | None = None,
        rule: str = "quantile",
        seed: int = 0,
        drop_last: bool = False,
        rank: int = 0,
        world_size: int = 1,
        affinity: str = "auto",
        tau: float = 0.1,
        neighbours: int = 15,
        laplacian: str = "sym",
        solver: str = "lanczos",
        gram_schmidt: str = "auto",
        steps: int | None = None,
        path: str = "auto",
        storage: str = "full",
        strict: bool = False,
        adapter: str | int | None = None,
    ) -> None:
        rows = matrix(features)
        self.batch_size = integer("batch_size", batch_size, 1, 2**32)
        self.drop_last = bool(drop_last)
        self.world_size = integer("world_size", world_size, 1, 2**32)
        self.rank = integer("rank", rank, 0, self.world_size)
        self.method = method
        self.epoch = 0
        self._keep = _ratio(keep)
        # Of the rest of an epoch that `load_state_dict` goes on with.
        self._resumed_keep: float | None = None
        # Of the epoch under way.
        self._epoch_keep = self._keep
        self._division = {
            "batch_size": self.batch_size,
            "drop_last": self.drop_last,
            "world_size": self.world_size,
        }
        options = graph_options(
            rule=rule,
            affinity=affinity,
            tau=tau,
            neighbours=neighbours,
            laplacian=laplacian,
            solver=solver,
            gram_schmidt=gram_schmidt,
            steps=steps,
            path=path,
            storage=storage,
            seed=seed,
            strict=strict,
        )
        self._batches = _batches(
            method, rows, {**self._division, "rank": self.rank}, labels, options, adapter
        )
        self._shape = rows.shape
        # Batches of the epoch that iteration has yielded, and those that the next one leaves out.
        self._yielded = 0
        self._start = 0
        if len(self) == 0:
            raise ValueError(
                f"{self._shape[0]} rows in batches of {self.batch_size} are fewer batches than the "
                f"{self.world_size} processes: take a smaller batch_size, or drop_last=False"
            )

    @property
    def keep(self) -> float:
        """Share of each batch that is kept. A new value counts from the next iteration on."""
        return self._keep

    @keep.setter
    def keep(self, keep: float) -> None:
        self._keep = _ratio(keep)

    @property
    def sampler(self) -> SpectralBatchSampler:
        """Itself: where trainers look for a sampler whose epoch they set."""
        return self

    def __len__(self) -> int:
        """Batches of an epoch, for this process."""
        batches, rest = divmod(self._shape[0], self.batch_size)
        if rest and not self.drop_last:
            batches += 1
        return int(batches // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration yields.

        Parameters
        ----------
        epoch : int
            Its number. A position that `load_state_dict` restored stays where it is the same epoch.
        """
        epoch = integer("epoch", epoch, 0, SEEDS)
        if epoch != self.epoch:
            self.epoch = epoch
            self._start = self._yielded = 0
            self._resumed_keep = None

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the kept rows of one batch after another, in the order of the batch.

        Starts at the first batch of the epoch, or once where `load_state_dict` says.
        """
        epoch, start = self.epoch, self._start
        keep = self._keep if self._resumed_keep is None else self._resumed_keep
        self._start, self._resumed_keep = 0, None
        batches = self._batches.of(epoch, keep, start)
        self._yielded, self._epoch_keep = start, keep
        for batch in batches:
            self._yielded += 1
            yield batch.tolist()
        if self.epoch == epoch:
            self.epoch, self._yielded = epoch + 1, 0

    def update(
        self, indices: ArrayLike, losses: ArrayLike, correct: ArrayLike | None = None
    ) -> None:
        """Tell method `guided` what a step trained on, after each step.

        Parameters
        ----------
        indices : array_like of int, shape (rows,)
            Rows of the batch, as iteration yielded them.
        losses : array_like of float, shape (rows,)
            Cross entropy of each row in nats, of the pass that the step trained with. One that is
            not finite is passed over and counted.
        correct : array_like of bool, shape (rows,), optional
            Whether the learner's likeliest class is the row's label, in the same pass. By default
            where the loss is below ln 2, which takes some rows that are correct for wrong ones
            where there are more than two classes.

        Raises
        ------
        ValueError
            For a method that learns nothing, and for lists that are empty, differ in length, or
            name a row twice or one that there is not. Nothing is changed then.

        Notes
        -----
        All may be arrays or tensors on the CPU. With the same features, labels, seed, losses and
        `correct` the rows kept are those of ``gstds train --method guided``.
        """
        self._batches.update(indices, losses, correct)

    @property
    def guide(self) -> Guide | None:
        """What method `guided` goes by at the moment; None for others."""
        return self._batches.guide()

    def state_dict(self, batches: int | None = None) -> dict[str, Any]:
        """What `load_state_dict` needs to go on exactly from here, in any process of the group.

        Parameters
        ----------
        batches : int, optional
            Batches of this epoch that training is done with; by default those yielded so far. Give
            it where a ``DataLoader`` has workers, which draw batches ahead of training.

        Returns
        -------
        dict
            Numbers and text alone.
        """
        done = self._yielded if batches is None else integer("batches", batches, 0, len(self) + 1)
        return {
            "epoch": self.epoch,
            "batches": done,
            "keep": self._keep,
            "epoch_keep": self._epoch_keep if done else self._keep,
            "learned": self._batches.state(),
            "settings": self._settings(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a state was taken: the next iteration yields the rest of its epoch.

        Parameters
        ----------
        state : dict
            From `state_dict` of a sampler with the same features and settings.

        Raises
        ------
        ValueError
            Where it is the state of a sampler with other settings, which would yield other rows.
        """
        try:
            epoch, batches, keep, epoch_keep, learned, settings = (
                state[key]
                for key in ("epoch", "batches", "keep", "epoch_keep", "learned", "settings")
            )
        except (KeyError, TypeError):
            raise ValueError(
                "this is not a state of a SpectralBatchSampler: it needs what state_dict returned"
            ) from None
        own = self._settings()
        for name, value in own.items():
            if settings.get(name) != value:
                raise ValueError(
                    f"the state is of a sampler with {name}={settings.get(name)!r}, "
                    f"and this one has {value!r}"
                )
        epoch = integer("epoch", epoch, 0, SEEDS)
        batches = integer("batches", batches, 0, len(self) + 1)
        keep, epoch_keep = _ratio(keep), _ratio(epoch_keep)
        self._batches.restore(learned)
        self.epoch, self._keep = epoch, keep
        self._resumed_keep = self._epoch_keep = epoch_keep
        self._start = self._yielded = batches

    def _settings(self) -> dict[str, Any]:
        """All that the rows of a batch depend on beside epoch, keep ratio and what was learned."""
        rows, features = self._shape
        return {
            "method": self.method,
            "rows": int(rows),
            "features": int(features),
            **self._division,
            **self._batches.settings(),
        }

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a SpectralBatchSampler holds a device of this process: make one in each process "
            "instead of sending it"
        )

    def __repr__(self) -> str:
        rows = self._shape[0]
        by = f"method={self.method!r}"
        if self.method == "spectral":
            by = f"rule={self._batches.settings()['rule']!r}"
        options = f"batch_size={self.batch_size}, keep={self._keep}, {by}"
        return f"SpectralBatchSampler({rows} rows, {options}, epoch={self.epoch})"


def _batches(
    method: str,
    rows: NDArray[Any],
    division: dict[str, Any],
    labels: ArrayLike | None,
    options: dict[str, Any],
    adapter: str | int | None,
) -> SpectralBatches | GuidedBatches:
    """What the method draws, from options that are its own."""
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    if method == "spectral":
        if labels is not None:
            raise ValueError(
                "labels are for method guided, and method is spectral: leave them out, or take "
                "method='guided'"
            )
        return SpectralBatches(rows, division, options, adapter_name(adapter))
    given = [name for name, value in options.items() if name != "seed" and value != DEFAULTS[name]]
    if given:
        raise ValueError(
            f"{', '.join(given)}: for method spectral alone, and method is guided; leave it out"
        )
    return GuidedBatches(rows, division, labels, options["seed"], adapter_name(adapter))


def _ratio(keep: float) -> float:
    ratio = float(keep)
    if not 0 < ratio <= 1:
        raise ValueError(f"keep ratio {ratio:g} is not in (0, 1]")
    return ratio
