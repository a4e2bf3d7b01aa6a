"""Dropout: hidden neurons that are left out by chance, so that none relies on another.

    a = m f(z)        m = 0 with probability p, else 1 / (1 - p), so that on average a is f(z)
    da/dz = m f'(z)

Which are left out is drawn anew for every example and step. So a step with dropout is a step of the
same network with other activations, and forward and backward know nothing of it; an answer is given
with all neurons. Srivastava et al., JMLR 15, 2014; scaled while training, not while answering.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glassnet.core.activations import Activation, Array
from glassnet.core.network import Network


def drop(activation: Activation, kept: Array, p: float) -> Activation:
    """The activation times m = kept / (1 - p).

    Args:
        activation: whose outputs are dropped.
        kept: (B, n) booleans, false with probability p.
        p: in [0, 1).

    Example:
        >>> from glassnet.core.activations import ACTIVATIONS
        >>> relu = drop(ACTIVATIONS["relu"], np.array([[False, True]]), p=0.5)
        >>> relu.f(np.array([[3.0, 3.0]]))
        array([[0., 6.]])
    """
    return Activation(
        activation.name,
        f=lambda z: kept * activation.f(z) / (1 - p),
        derivative=lambda a: kept * activation.derivative((1 - p) * a) / (1 - p),
    )


def thin(network: Network, p: Sequence[float], n: int, rng: np.random.Generator) -> Network:
    """The network of one step, in which every example has lost neurons of its own.

    Args:
        network: the whole network.
        p: for each hidden layer, the probability that a neuron is left out, in [0, 1).
        n: how many examples the step learns from.
        rng: says which.
    """
    dropped = [
        drop(activation, rng.random((n, width)) >= q, q) if q else activation
        for activation, width, q in zip(network.activations, network.layers[1:-1], p, strict=True)
    ]
    return replace(network, activations=tuple(dropped))
