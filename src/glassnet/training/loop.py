"""The loop: epochs over shuffled examples, one record for each.

There are no callbacks. `train` is a generator: to print, draw, save or stop is to do so in the body
of a for loop over it.

    for epoch in train(model, examples, GradientDescent(), Constant(0.1), batch_size=32, epochs=20):
        print(epoch.number, epoch.loss)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import NO_PENALTY, Penalty
from glassnet.core.schedules import Constant, Schedule
from glassnet.core.updates import Rule, State
from glassnet.data.examples import Examples, one_hot
from glassnet.doctor.data import not_finite, refuse, refuse_misfits
from glassnet.doctor.findings import Finding
from glassnet.doctor.network import where_it_broke
from glassnet.engines import Engine, choose
from glassnet.errors import DivergedError, ParamError
from glassnet.model import Model
from glassnet.training.measures import evaluate
from glassnet.training.order import epoch_order


@dataclass(frozen=True)
class Epoch:
    """What one pass over the examples gave.

    Args:
        number: which, from 1.
        loss: the mean over its batches, each before its step.
        rate: the learning rate of its last step.
        seconds: how long the pass took, measuring not counted.
        examples: how many were visited.
        train_accuracy: on the training examples after the pass; None where it was not measured.
        validation_accuracy: likewise on the validation examples.
        validation_loss: likewise.
        engine: the name of the engine that did it.
    """

    number: int
    loss: float
    rate: float
    seconds: float
    examples: int
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    validation_loss: float | None = None
    engine: str = ""


@dataclass
class Position:
    """Where a training stands: with the arguments of `train`, all that the rest of it depends on.

    A new one is the start. `train` moves it along, so that whoever holds it can keep it between two
    pieces of an epoch, and begin there another time.

    Args:
        epoch: the one under way, from 1.
        losses: one for each of its batches so far.
        seconds: how long these took.
        now: the parameters that are trained, as "theta", and the vectors of the update rule.
        good: the same as the last good epoch left them.
    """

    epoch: int = 1
    losses: Array = field(default_factory=lambda: np.empty(0))
    seconds: float = 0.0
    now: State = field(default_factory=dict)
    good: State = field(default_factory=dict)

    def take(self, theta: Array, rule: Rule) -> None:
        """Make theta the vector that is moved along; it gets the values of this position.

        Raises:
            ParamError: this is a position of another network or rule.
        """
        now = {"theta": theta, **rule.init(theta)}
        if not self.now:
            self.now, self.good = now, copy_of(now)
        for vectors in (self.now, self.good):
            if shapes(vectors) != shapes(now):
                expected = f"{shapes(now)}, those of this network and rule"
                raise ParamError("position", f"vectors {shapes(vectors)}", expected)
        for name, vector in now.items():
            vector[...] = self.now[name]
        self.now = now

    def end_epoch(self) -> None:
        """Go to the start of the next epoch: this one was good."""
        self.epoch, self.losses, self.seconds = self.epoch + 1, np.empty(0), 0.0
        self.good = copy_of(self.now)


Watch = Callable[[int, int, Array], None]
Pieces = Callable[[int], Iterable[Array]]
Distort = Callable[[Array, int, int, int | None], Array]


def train(
    model: Model,
    examples: Examples,
    rule: Rule,
    rate: Schedule,
    *,
    batch_size: int | None,
    epochs: int,
    seed: int = 0,
    penalty: Penalty = NO_PENALTY,
    distortion: Distort | None = None,
    validation: Examples | None = None,
    measure_every: int = 1,
    engine: str = "auto",
    threads: int | None = None,
    watch: Watch | None = None,
    pieces: Pieces | None = None,
    position: Position | None = None,
) -> Iterator[Epoch]:
    """Train a model in place.

    Args:
        model: what is trained; its parameters change while the generator is consumed.
        examples: what it learns from.
        rule: how a gradient becomes a change.
        rate: the learning rate over time.
        batch_size: how many examples a gradient is averaged over; None for all of them.
        epochs: how many passes at most.
        seed: with the number of the epoch, decides the order of the examples.
        penalty: on large weights.
        distortion: shows every epoch other pictures of the same examples, such as a Distortion:
            (x, seed, epoch, threads) -> x; None shows them as they are.
        validation: examples to measure on, not to learn from.
        measure_every: accuracies are measured every so many epochs, and after the last.
        engine: which engine; "auto" for the fastest that can do the job.
        threads: how many it may use; None for as many as there are cores.
        watch: called after every piece of an epoch as watch(steps done, steps in all, losses so
            far), one loss for each step done.
        pieces: asked at each epoch for its pieces: (steps to do) -> the steps 0, 1, ... in arrays,
            one for each piece. It may take its time before each, or raise what ends the training;
            the model does not depend on it. None for several a second.
        position: where to begin, and then where the training stands; None for the start.

    Yields:
        An Epoch after each pass.

    Raises:
        ParamError: the engine that was asked for cannot do the job, the examples are not a finite
            row and a label each, or the position is one of another training.
        DivergedError: a loss is no longer finite; it says in which layer that began. The model is
            as the last good epoch left it.
    """
    refuse_misfits(model.network, examples)
    refuse(not_finite("x", examples.x))
    n = len(examples.x)
    batch_size = min(batch_size or n, n)
    steps = -(-n // batch_size)
    dtype = model.params.theta.dtype
    x = examples.x if examples.x.dtype == np.uint8 else examples.x.astype(dtype, copy=False)
    y = one_hot(examples.labels, model.network.layers[-1], dtype)
    chosen = choose(
        engine, model.network, rule, penalty, batch_size=batch_size, dtype=dtype, threads=threads
    )
    at = position or Position()
    at.take(model.params.theta, rule)
    pieces = pieces or SeveralASecond()

    for number in range(at.epoch, epochs + 1):
        start = perf_counter() - at.seconds
        shown = x if distortion is None else distortion(x, seed, number, threads)
        order = epoch_order(seed, number, n)
        rates = rates_of(rate, number, steps)
        first = len(at.losses)
        for piece in pieces(steps - first) if first < steps else ():
            now = first + piece
            rows = order[now[0] * batch_size : (now[-1] + 1) * batch_size]
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                new = chosen.descend(model.params, at.now, shown, y, rows, rates[now])
            losses = at.losses = np.append(at.losses, new)
            at.seconds = perf_counter() - start
            if not (np.isfinite(new).all() and np.isfinite(model.params.theta).all()):
                model.params.theta[:] = at.good["theta"]
                done = int(np.isfinite(losses).cumprod().sum())
                before, bad, _ = np.split(order, [done * batch_size, (done + 1) * batch_size])
                params = again(chosen, model.params, at.good, shown, y, before, rates[:done])
                finding = where_it_broke(model.network, params, shown[bad])
                raise diverged(number, losses, rates, finding)
            if watch is not None:
                watch(len(losses), steps, losses)
        seconds, loss = perf_counter() - start, weighted_mean(at.losses, n, batch_size)
        at.end_epoch()

        measured: dict[str, Any] = {}
        if number % measure_every == 0 or number == epochs:
            measured = measure(model, examples, validation, threads)
        yield Epoch(number, loss, float(rates[-1]), seconds, n, **measured, engine=chosen.name)


class SeveralASecond:
    """Pieces of an epoch that take about a tenth of a second each."""

    count = 20  # in the first epoch, of which it is not yet known how long it takes
    seconds = 0.1  # in the epochs after it

    def __call__(self, steps: int) -> Iterator[Array]:
        """The steps 0, 1, ... of an epoch, in so many pieces as the epoch before suggests."""
        start = perf_counter()
        yield from np.array_split(np.arange(steps), min(steps, self.count))
        self.count = ceil((perf_counter() - start) / self.seconds)


def rates_of(rate: Schedule, epoch: int, steps: int) -> Array:
    """The learning rate of each step of an epoch (steps,)."""
    if isinstance(rate, Constant):
        return np.full(steps, rate.eta)
    times = epoch - 1 + np.arange(steps) / steps
    return np.fromiter(map(rate, times.tolist()), float, steps)


def weighted_mean(losses: Array, n: int, batch_size: int) -> float:
    """The mean loss per example: the last batch of an epoch may be short and then counts less."""
    sizes = np.full(len(losses), batch_size)
    sizes[-1] = min(batch_size, n - (len(losses) - 1) * batch_size)
    return float(losses @ sizes / sizes.sum())


def measure(
    model: Model, examples: Examples, validation: Examples | None, threads: int | None
) -> dict[str, Any]:
    """The measured fields of an Epoch."""
    measured = {"train_accuracy": evaluate(model, examples, threads).accuracy}
    if validation is not None:
        on_validation = evaluate(model, validation, threads)
        measured["validation_accuracy"] = on_validation.accuracy
        measured["validation_loss"] = on_validation.loss
    return measured


def copy_of(state: State) -> State:
    """The same values in vectors of their own."""
    return {name: vector.copy() for name, vector in state.items()}


def shapes(state: State) -> dict[str, str]:
    """The type and length of each vector, for people to read."""
    return {name: f"{vector.dtype}{list(vector.shape)}" for name, vector in state.items()}


def again(
    engine: Engine, params: Parameters, state: State, x: Array, y: Array, order: Array, rates: Array
) -> Parameters:
    """The parameters after steps that are taken once more; those given stay as they are."""
    params = params.copy()
    if len(rates):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            engine.descend(params, state, x, y, order, rates)
    return params


def diverged(epoch: int, losses: Array, rates: Array, finding: Finding) -> DivergedError:
    """The error for a training that blew up: when, with what rate, where, and what to try."""
    bad = np.flatnonzero(~np.isfinite(losses))
    step = int(bad[0]) if len(bad) else len(losses) - 1
    what = f"loss became {losses[step]}" if len(bad) else "a weight is no longer finite"
    found = (
        f"{what} at epoch {epoch}, batch {step + 1} (learning rate {rates[step]:g}); {finding.seen}"
    )
    advice = f"a learning rate of {rates[step] / 10:g} or less"
    return DivergedError("training", found, "a finite number", advice)


@dataclass
class Best:
    """The best epoch so far, for `stop_early`.

    Args:
        loss: its validation loss.
        theta: the weights after it (P,); None before the first that was measured.
        waited: how many measured epochs there were since.
    """

    loss: float = np.inf
    theta: Array | None = None
    waited: int = 0


def stop_early(
    epochs: Iterator[Epoch], model: Model, patience: int, best: Best | None = None
) -> Iterator[Epoch]:
    """Stop when the validation loss has not improved for a while, and keep the best weights.

    Args:
        epochs: what `train` yields, with validation examples.
        model: the model that is trained.
        patience: how many measured epochs without a new best to wait for, >= 1.
        best: of the epochs before these, and then of all; None where there were none.

    Yields:
        The epochs as they come. When they end, for whatever reason, the model has the weights of
        the measured epoch with the lowest validation loss.
    """
    best = best or Best()
    try:
        for epoch in epochs:
            yield epoch
            if epoch.validation_loss is None:
                continue
            best.waited += 1
            if epoch.validation_loss < best.loss:
                best.loss, best.theta = epoch.validation_loss, model.params.theta.copy()
                best.waited = 0
            if best.waited >= patience:
                return
    finally:
        if best.theta is not None:
            model.params.theta[:] = best.theta
