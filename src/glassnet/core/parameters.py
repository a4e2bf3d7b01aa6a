"""Parameters: every weight and bias of a network in one flat vector, with named views.

The vector theta (P,) holds W[0], W[1], ... and then b[0], b[1], ... Since W[l] and b[l] are views,
to change theta is to change the network: an update, an average, a norm or a checkpoint is one line.
A gradient has the same layout, and so has the state of an optimizer.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import Array
from glassnet.core.initialization import Initializer


class Parameters:
    """Named views on a flat vector.

    Args:
        layers: the widths of the layers from the input to the output, such as (784, 128, 10).
        theta: the vector (P,), used and not copied.

    Attributes:
        W: W[l] has shape (layers[l], layers[l + 1]).
        b: b[l] has shape (layers[l + 1],).
        weights: the part of theta that holds all W, without the biases.

    Raises:
        ValueError: theta does not have the P elements that the layers need.

    Example:
        >>> params = Parameters((2, 3, 1), np.arange(13.0))
        >>> params.W[0].shape, params.b[1]
        ((2, 3), array([12.]))
    """

    def __init__(self, layers: Sequence[int], theta: Array):
        shapes = list(pairwise(layers))
        if theta.shape != (count_parameters(layers),):
            expected = (count_parameters(layers),)
            raise ValueError(f"theta has shape {theta.shape}, layers {layers} need {expected}")
        self.layers = tuple(layers)
        self.theta = theta
        self.weights = theta[: sum(fan_in * fan_out for fan_in, fan_out in shapes)]
        views = np.split(theta, np.cumsum([i * o for i, o in shapes] + [o for _, o in shapes]))
        self.W = [view.reshape(shape) for view, shape in zip(views, shapes, strict=False)]
        self.b = views[len(shapes) : -1]

    def like(self, vector: Array) -> "Parameters":
        """The same names over another vector: a gradient, a copy, an optimizer's state."""
        return Parameters(self.layers, vector)

    def copy(self) -> "Parameters":
        """The same values in a vector of their own."""
        return self.like(self.theta.copy())


def count_parameters(layers: Sequence[int]) -> int:
    """P = sum over the layers of (inputs + 1) * outputs.

    Example:
        >>> count_parameters((784, 128, 64, 10))
        109386
    """
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(layers))


def initialize(
    layers: Sequence[int],
    initializer: Initializer,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> Parameters:
    """Random weights and zero biases.

    Args:
        layers: the widths of the layers from the input to the output.
        initializer: one of INITIALIZERS, or any (rng, fan_in, fan_out) -> (fan_in, fan_out).
        rng: the source of randomness.
        dtype: float32 or float64.

    Example:
        >>> from glassnet.core.initialization import he
        >>> initialize((784, 10), he, np.random.default_rng(0)).theta.dtype
        dtype('float32')
    """
    params = Parameters(layers, np.zeros(count_parameters(layers), dtype))
    for W in params.W:
        W[...] = initializer(rng, *W.shape)
    return params
