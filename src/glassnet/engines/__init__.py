"""Engines: how one pass over the data is executed.

An engine does what `reference` does, the core composed, and nothing else. It may do it as cunningly
as it likes, and is admitted by one test: for all it accepts, it equals the reference.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import Array
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import NO_PENALTY, Penalty
from glassnet.core.updates import Rule
from glassnet.errors import ParamError


class Engine(NamedTuple):
    """What an engine can do; made by its `prepare`, whose arguments are those of `choose`.

    Args:
        name: the name it is chosen by.
        gradient: (params, x, y, into, weights=None) -> loss. The loss of one batch; its gradient
            goes to `into`.
        descend: (params, state, x, y, order, rates, weights=None) -> losses. One step for every
            batch of `order`
            (M,), the rows of x and y to visit; the last batch may be short. `rates` has the
            learning rate of each step. Changes params and state in place, and gives the loss of
            each batch before its step; once a loss is not finite the rest is of no use.

    An engine works in buffers of its own, so it is for one thread at a time.
    The inputs x (N, n[0]) are uint8 grey levels or floats, the targets y (N, K) floats; `weights`
    (N,) says how much each example counts in the mean over its batch, None that all do the same.
    """

    name: str
    gradient: Callable[..., float]
    descend: Callable[..., Array]


Forward = Callable[[Parameters, Array], Array]
Prepared = TypeVar("Prepared")


class Refusal(Exception):
    """What an engine raises that cannot do a job: the reason, as "it does not know ..."."""


FASTEST_FIRST = ("compiled", "buffered", "reference")


def choose(
    name: str,
    network: Network,
    rule: Rule,
    penalty: Penalty = NO_PENALTY,
    *,
    batch_size: int,
    dtype: DTypeLike = np.float32,
    threads: int | None = None,
) -> Engine:
    """An engine by name, or the fastest that can do the job.

    Args:
        name: "compiled", "buffered" or "reference"; "auto" for the first of them that can.
        network: what is computed.
        rule: how a gradient becomes a change.
        penalty: on large weights.
        batch_size: how many examples a gradient is averaged over.
        dtype: of the parameters, float32 or float64.
        threads: how many at most; None for as many as there are cores.

    Raises:
        ParamError: there is no such engine, or it cannot do the job; the message says why.

    Example:
        >>> from glassnet.core.losses import LOSSES
        >>> from glassnet.core.updates import GradientDescent
        >>> network = Network((784, 10), (), LOSSES["cross_entropy"])
        >>> choose("auto", network, GradientDescent(), batch_size=32).name
        'compiled'
    """

    def prepare(engine: Any) -> Engine:
        prepared: Engine = engine.prepare(network, rule, penalty, batch_size, dtype, threads)
        return prepared

    return first_that_can(name, prepare)


@lru_cache(maxsize=8)
def choose_forward(
    name: str, network: Network, dtype: DTypeLike, threads: int | None = None
) -> Forward:
    """What gives logits: an engine by name, or the fastest that can.

    Args:
        name: as in choose.
        network: what is computed.
        dtype: of the parameters.
        threads: how many at most; None for as many as there are cores.

    Returns:
        (params, x) -> z. The logits z (N, K) of rows x (N, n[0]), uint8 grey levels or floats.

    Raises:
        ParamError: as in choose.
    """

    def prepare(engine: Any) -> Forward:
        prepared: Forward = engine.prepare_forward(network, dtype, threads)
        return prepared

    return first_that_can(name, prepare)


# The threads of a pool do not go along into a process that is forked.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=choose_forward.cache_clear)


def first_that_can(name: str, prepare: Callable[[ModuleType], Prepared]) -> Prepared:
    """What the first engine prepares that does not refuse."""
    if name not in ("auto", *FASTEST_FIRST):
        raise ParamError("engine", f"{name!r}", f"auto, {', '.join(FASTEST_FIRST)}")
    for candidate in FASTEST_FIRST if name == "auto" else (name,):
        try:
            return prepare(import_module(f"glassnet.engines.{candidate}"))
        except (Refusal, ImportError) as reason:
            if name != "auto":
                found = f"{name} cannot do this: {reason}"
                raise ParamError("engine", found, advice="--engine auto") from reason
    raise AssertionError("the reference refuses nothing")


def limit_threads(threads: int | None) -> AbstractContextManager[Any]:
    """Hold NumPy's matrix products to so many threads; None for as many as there are cores."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(threads)
