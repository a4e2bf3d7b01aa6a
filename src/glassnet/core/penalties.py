"""Penalties: a price on large weights, added to the mean loss.

    l2/2 sum w^2 + l1 sum |w|        over all weights w, not over the biases

It is added to the mean over the batch, so it means the same at any batch size. (scikit-learn
divides its alpha by the batch size; PyTorch's `weight_decay` is this l2 but includes the biases.)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.parameters import Parameters


@dataclass(frozen=True)
class Penalty:
    """How much a large weight costs.

    Args:
        l2: the price of a squared weight, >= 0.
        l1: the price of a weight's size, >= 0.

    Example:
        >>> Penalty(l2=0.1).value(Parameters((2, 1), np.array([3.0, 4.0, 100.0])))
        1.25
    """

    l2: float = 0.0
    l1: float = 0.0

    def value(self, params: Parameters) -> Any:
        """l2/2 sum w^2 + l1 sum |w|, a scalar."""
        w = params.weights
        cost: Any = 0.0
        if self.l2:
            cost += self.l2 / 2 * (w @ w)
        if self.l1:
            cost += self.l1 * (sign(w) @ w)
        return cost.item() if isinstance(cost, np.floating) else cost

    def add_gradient(self, params: Parameters, into: Parameters) -> None:
        """Add l2 w + l1 sign(w) to the gradient; the slope of |w| at 0 is taken as 0."""
        if self.l2:
            into.weights += self.l2 * params.weights
        if self.l1:
            into.weights += self.l1 * sign(params.weights)


def sign(w: Array) -> Array:
    """-1, 0 or 1, of the real part."""
    return np.sign(w.real)


NO_PENALTY = Penalty()
