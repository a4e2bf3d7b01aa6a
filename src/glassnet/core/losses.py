"""Losses: how wrong the network is, as one number, and which way each output is wrong.

A loss owns the output function of the network and works from z, the logits of the last layer. So a
wrong pair, such as softmax under a sigmoid's loss, cannot be written, and nothing is clipped to
keep a logarithm finite. Every loss is summed over the K outputs; the network takes the mean over
the B examples.

    loss                   output a       value per example               error dloss/dz
    cross_entropy          softmax z      -sum_k y_k log a_k              a - y
    binary_cross_entropy   sigmoid z      -sum_k [y log a + (1-y) log(1-a)]   a - y
    quadratic_cost         sigmoid z      1/2 sum_k (a_k - y_k)^2         (a - y) a (1 - a)
    squared_error          z              1/2 sum_k (a_k - y_k)^2         a - y
    poisson                e^z            sum_k [y log(y/a) - y + a]      a - y

The last is for counts, which no class is: half the deviance of the Poisson distribution.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.core.activations import Array, identity, sigmoid, sigmoid_derivative


class Loss(NamedTuple):
    """A loss with the output function that belongs to it.

    Args:
        name: the name it is chosen and saved by.
        output: z (B, K) -> a (B, K), what the network answers.
        value: (z, y) -> (B,), each example's own loss.
        error: (z, y) -> (B, K), its slope in z.

    Example:
        >>> loss = LOSSES["cross_entropy"]
        >>> z, y = np.array([[2.0, 0.0]]), np.array([[1.0, 0.0]])
        >>> loss.output(z).round(3), loss.error(z, y).round(3)
        (array([[0.881, 0.119]]), array([[-0.119,  0.119]]))
        >>> loss.value(z, y).round(3)
        array([0.127])
    """

    name: str
    output: Callable[[Array], Array]
    value: Callable[[Array, Array], Array]
    error: Callable[[Array, Array], Array]


def row_maximum(z: Array) -> Array:
    """The largest logit of each row, (B, 1): subtracted so that no exponential overflows."""
    return z.real.max(axis=1, keepdims=True)


def softmax(z: Array) -> Array:
    """p_k = e^{z_k} / sum_j e^{z_j}."""
    e = np.exp(z - row_maximum(z))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(z: Array, y: Array) -> Array:
    """-sum_k y_k log p_k, with log p_k = z_k - log sum_j e^{z_j}."""
    z = z - row_maximum(z)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(y * log_p).sum(axis=1)


def cross_entropy_error(z: Array, y: Array) -> Array:
    """a - y."""
    return softmax(z) - y


def binary_cross_entropy(z: Array, y: Array) -> Array:
    """-sum_k [y log a + (1-y) log(1-a)] = sum_k [log(1 + e^z) - y z]."""
    m = np.maximum(z.real, 0)
    log_1_plus_exp = m + np.log(np.exp(-m) + np.exp(z - m))
    return (log_1_plus_exp - y * z).sum(axis=1)


def binary_cross_entropy_error(z: Array, y: Array) -> Array:
    """a - y."""
    return sigmoid(z) - y


def quadratic_cost(z: Array, y: Array) -> Array:
    """1/2 sum_k (a_k - y_k)^2, with a = sigmoid z."""
    return squared_error(sigmoid(z), y)


def quadratic_cost_error(z: Array, y: Array) -> Array:
    """(a - y) a (1 - a)."""
    a = sigmoid(z)
    return (a - y) * sigmoid_derivative(a)


def squared_error(z: Array, y: Array) -> Array:
    """1/2 sum_k (z_k - y_k)^2."""
    return ((z - y) ** 2).sum(axis=1) / 2


def squared_error_error(z: Array, y: Array) -> Array:
    """z - y."""
    return z - y


def poisson(z: Array, y: Array) -> Array:
    """sum_k [y log(y/a) - y + a], with a = e^z and 0 log 0 = 0."""
    log_y = np.log(np.where(y > 0, y, 1))
    return (y * (log_y - z) - y + np.exp(z)).sum(axis=1)


def poisson_error(z: Array, y: Array) -> Array:
    """a - y."""
    return np.exp(z) - y


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("cross_entropy", softmax, cross_entropy, cross_entropy_error),
        Loss("binary_cross_entropy", sigmoid, binary_cross_entropy, binary_cross_entropy_error),
        Loss("quadratic_cost", sigmoid, quadratic_cost, quadratic_cost_error),
        Loss("squared_error", identity, squared_error, squared_error_error),
    )
}

POISSON = Loss("poisson", np.exp, poisson, poisson_error)
ALL_LOSSES = {**LOSSES, POISSON.name: POISSON}  # of classes, and of counts
