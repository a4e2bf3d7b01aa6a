"""Activations: the f of a neuron's output a = f(z), each with its slope.

A slope is written in the output a, not in z, so the list of activations is all that a forward pass
has to remember. Left out are functions whose slope is no function of their output (GELU, swish).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Activation(NamedTuple):
    """An activation function and its slope.

    Args:
        name: the name it is chosen and saved by.
        f: z -> a, element by element.
        derivative: a -> da/dz, element by element.

    Example:
        >>> tanh = ACTIVATIONS["tanh"]
        >>> a = tanh.f(np.array([0.0, 1.0]))
        >>> tanh.derivative(a).round(3)
        array([1.  , 0.42])
    """

    name: str
    f: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


def identity(z: Array) -> Array:
    """a = z."""
    return z


def identity_derivative(a: Array) -> Array:
    """da/dz = 1."""
    return np.ones_like(a)


def sigmoid(z: Array) -> Array:
    """a = 1 / (1 + e^-z), written as tanh(z/2) moved into (0, 1), which never overflows."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_derivative(a: Array) -> Array:
    """da/dz = a (1 - a)."""
    return a * (1 - a)


def tanh(z: Array) -> Array:
    """a = tanh z."""
    return np.tanh(z)


def tanh_derivative(a: Array) -> Array:
    """da/dz = 1 - a^2."""
    return 1 - a * a


def relu(z: Array) -> Array:
    """a = max(z, 0)."""
    return np.maximum(z, 0)


def relu_derivative(a: Array) -> Array:
    """da/dz = [a > 0], taken as 0 at z = 0."""
    return a > 0


LEAK = 0.01


def leaky_relu(z: Array) -> Array:
    """a = z where z > 0, else LEAK z."""
    return np.maximum(z, LEAK * z)


def leaky_relu_derivative(a: Array) -> Array:
    """da/dz = 1 where a > 0, else LEAK."""
    return np.where(a > 0, 1, LEAK).astype(a.dtype)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("identity", identity, identity_derivative),
        Activation("sigmoid", sigmoid, sigmoid_derivative),
        Activation("tanh", tanh, tanh_derivative),
        Activation("relu", relu, relu_derivative),
        Activation("leaky_relu", leaky_relu, leaky_relu_derivative),
    )
}
