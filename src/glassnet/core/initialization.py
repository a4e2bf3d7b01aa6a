"""Initialization: the random weights that training starts from. Biases start at zero.

The point of all but the plainest is to keep the size of the signal the same from layer to layer:
each is a normal distribution around 0 whose variance depends on the layer's inputs and outputs.

    normal   1                      LeCun's warning: saturates sigmoids when there are many inputs
    lecun    1 / fan_in             LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998
    glorot   2 / (fan_in + fan_out) Glorot and Bengio, AISTATS 2010: tanh and sigmoid
    he       2 / fan_in             He, Zhang, Ren, Sun, ICCV 2015: ReLU
    zeros    0                      only for networks without hidden layers
"""

from collections.abc import Callable

import numpy as np

from glassnet.core.activations import Array

Initializer = Callable[[np.random.Generator, int, int], Array]


def normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """W ~ N(0, 1), shape (fan_in, fan_out)."""
    return rng.standard_normal((fan_in, fan_out))


def lecun(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """W ~ N(0, 1 / fan_in), shape (fan_in, fan_out)."""
    return np.sqrt(1 / fan_in) * normal(rng, fan_in, fan_out)


def glorot(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """W ~ N(0, 2 / (fan_in + fan_out)), shape (fan_in, fan_out)."""
    return np.sqrt(2 / (fan_in + fan_out)) * normal(rng, fan_in, fan_out)


def he(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """W ~ N(0, 2 / fan_in), shape (fan_in, fan_out)."""
    return np.sqrt(2 / fan_in) * normal(rng, fan_in, fan_out)


def zeros(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """W = 0, shape (fan_in, fan_out)."""
    return np.zeros((fan_in, fan_out))


INITIALIZERS: dict[str, Initializer] = {
    initializer.__name__: initializer for initializer in (normal, lecun, glorot, he, zeros)
}
