"""Engines: how one pass over the data is executed.

An engine does what `reference` does, the core composed, and nothing else. It may do it as cunningly
as it likes, and is admitted by one test: for all it accepts, it equals the reference.
"""

from collections.abc import Callable
from typing import NamedTuple

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters
from glassnet.core.updates import State


class Engine(NamedTuple):
    """What an engine can do; made by its `prepare(network, rule, penalty, batch_size)`.

    Args:
        name: the name it is chosen by.
        gradient: (params, x, y, into) -> loss. The loss of one batch; its gradient goes to `into`.
        descend: (params, state, x, y, order, rates) -> losses. One step for every batch of `order`
            (M,), the rows of x and y to visit; the last batch may be short. `rates` has the
            learning rate of each step. Changes params and state in place, and gives the loss of
            each batch before its step; once a loss is not finite the rest is of no use.

    The inputs x (N, n[0]) are uint8 grey levels or floats, the targets y (N, K) floats.
    """

    name: str
    gradient: Callable[[Parameters, Array, Array, Parameters], float]
    descend: Callable[[Parameters, State, Array, Array, Array, Array], Array]
