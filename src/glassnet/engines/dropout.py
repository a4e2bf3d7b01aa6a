"""The engine that drops: the reference, with another thinned network for each step."""

from collections.abc import Sequence

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.dropout import thin
from glassnet.core.network import Network, loss_and_gradient
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import Penalty
from glassnet.core.updates import Rule
from glassnet.data.examples import grey_to_unit
from glassnet.engines import Engine
from glassnet.engines.reference import step_by_step


def prepare(
    network: Network,
    rule: Rule,
    penalty: Penalty,
    batch_size: int,
    p: Sequence[float],
    rng: np.random.Generator,
    threads: int | None = None,
) -> Engine:
    """The engine for one network, rule, penalty, batch size and dropout.

    Args:
        network: as in `choose`.
        rule: likewise.
        penalty: likewise.
        batch_size: likewise.
        p: for each hidden layer, the probability that a neuron is left out.
        rng: says which.
        threads: as in `choose`.
    """

    def gradient(
        params: Parameters, x: Array, y: Array, into: Parameters, weights: Array | None = None
    ) -> float:
        thinned = thin(network, p, len(x), rng)
        x = grey_to_unit(x, params.theta.dtype)
        return float(loss_and_gradient(thinned, params, x, y, into, penalty, weights))

    return Engine("dropout", gradient, step_by_step(gradient, rule, batch_size, threads))
