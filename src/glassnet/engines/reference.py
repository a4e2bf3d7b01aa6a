"""The reference engine: the core, composed. Nothing clever; the definition of right."""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import Array
from glassnet.core.network import Network, forward, loss_and_gradient
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import Penalty
from glassnet.core.updates import Rule, State
from glassnet.data.examples import grey_to_unit
from glassnet.engines import Engine, Forward, limit_threads

ROWS_AT_ONCE = 4096


def prepare(
    network: Network,
    rule: Rule,
    penalty: Penalty,
    batch_size: int,
    dtype: DTypeLike = np.float32,
    threads: int | None = None,
) -> Engine:
    """The engine for one network, rule, penalty and batch size; see `choose`."""

    def gradient(
        params: Parameters, x: Array, y: Array, into: Parameters, weights: Array | None = None
    ) -> float:
        x = grey_to_unit(x, params.theta.dtype)
        return float(loss_and_gradient(network, params, x, y, into, penalty, weights))

    return Engine("reference", gradient, step_by_step(gradient, rule, batch_size, threads))


def step_by_step(
    gradient: Callable[..., float], rule: Rule, batch_size: int, threads: int | None
) -> Callable[..., Array]:
    """The `descend` of an engine whose gradient is given; see the contract."""

    def descend(
        params: Parameters,
        state: State,
        x: Array,
        y: Array,
        order: Array,
        rates: Array,
        weights: Array | None = None,
    ) -> Array:
        grad = params.like(np.empty_like(params.theta))
        losses = np.empty(len(rates))
        with limit_threads(threads):
            for step, eta in enumerate(rates.tolist()):
                batch = order[step * batch_size : (step + 1) * batch_size]
                own = None if weights is None else weights[batch]
                losses[step] = gradient(params, x[batch], y[batch], grad, own)
                rule.step(params.theta, grad.theta, state, eta)
        return losses

    return descend


def prepare_forward(network: Network, dtype: DTypeLike, threads: int | None) -> Forward:
    """What gives logits, for some thousand rows at a time; see `choose_forward`."""

    def logits(params: Parameters, x: Array) -> Array:
        z = np.empty((len(x), network.layers[-1]), dtype)
        with limit_threads(threads):
            for start in range(0, len(x), ROWS_AT_ONCE):
                rows = slice(start, start + ROWS_AT_ONCE)
                _, z[rows] = forward(network, params, grey_to_unit(x[rows], dtype))
        return z

    return logits
