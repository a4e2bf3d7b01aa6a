"""Gradient check: is the gradient that backpropagation gives really the slope of the loss?

The complex step answers it to the last digit. For a loss that is smooth along theta_i,

    dloss/dtheta_i = Im loss(theta + i h e_i) / h + O(h^2)

and nothing is subtracted, so h can be 1e-30 and the error of order h^2 vanishes. (A central
difference subtracts two nearly equal losses and is left with half of the digits.)
Squire and Trapp, SIAM Review 40(1), 1998.
"""

from typing import NamedTuple

import numpy as np

from glassnet.core.activations import Activation, Array
from glassnet.core.losses import Loss
from glassnet.core.network import Network, forward, loss_and_gradient
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import NO_PENALTY, Penalty

H = 1e-30


def complex_step_gradient(
    network: Network,
    params: Parameters,
    x: Array,
    y: Array,
    penalty: Penalty = NO_PENALTY,
    indices: Array | None = None,
) -> Array:
    """The gradient by one forward pass per parameter, without backpropagation.

    Args:
        network: the network.
        params: its parameters, float64.
        x: inputs (B, n[0]), float64.
        y: targets (B, K), float64.
        penalty: what is added to the loss.
        indices: which elements of theta; all of them if None.

    Returns:
        dloss/dtheta[indices].
    """
    moved = params.like(params.theta.astype(complex))
    indices = np.arange(len(params.theta)) if indices is None else indices
    slopes = np.empty(len(indices))
    for k, i in enumerate(indices):
        moved.theta[i] += 1j * H
        _, z = forward(network, moved, x)
        loss = network.loss.value(z, y).mean() + penalty.value(moved)
        slopes[k] = np.imag(loss) / H
        moved.theta[i] = params.theta[i]
    return slopes


class TensorCheck(NamedTuple):
    """How well the two gradients of one weight matrix or bias vector agree.

    Args:
        tensor: its name, such as "W[0]".
        checked: how many of its elements were checked.
        largest: the largest slope among them, in size.
        error: the largest difference between backpropagation and complex step.
    """

    tensor: str
    checked: int
    largest: float
    error: float


def check_gradient(
    network: Network,
    params: Parameters,
    x: Array,
    y: Array,
    penalty: Penalty = NO_PENALTY,
    samples: int | None = None,
    rng: np.random.Generator | None = None,
) -> list[TensorCheck]:
    """Hold backpropagation against the complex step, tensor by tensor.

    Args:
        network: the network.
        params: its parameters, of any float type; the check itself runs in float64.
        x: inputs (B, n[0]).
        y: targets (B, K).
        penalty: what is added to the loss.
        samples: how many elements of each tensor to check; all of them if None.
        rng: chooses the samples; default_rng(0) if None.

    Returns:
        One TensorCheck for each W[l] and b[l]. An error above 1e-12 of the largest slope is a bug.

    Example:
        >>> from glassnet.core.activations import ACTIVATIONS
        >>> from glassnet.core.initialization import glorot
        >>> from glassnet.core.losses import LOSSES
        >>> from glassnet.core.parameters import initialize
        >>> rng = np.random.default_rng(0)
        >>> network = Network((4, 3, 2), (ACTIVATIONS["tanh"],), LOSSES["cross_entropy"])
        >>> params = initialize(network.layers, glorot, rng)
        >>> rows = check_gradient(network, params, rng.random((5, 4)), np.eye(2)[[0, 1, 1, 0, 1]])
        >>> [row.tensor for row in rows], max(row.error for row in rows) < 1e-15
        (['W[0]', 'b[0]', 'W[1]', 'b[1]'], True)
    """
    rng = rng or np.random.default_rng(0)
    params = params.like(params.theta.astype(float))
    x, y = x.astype(float), y.astype(float)
    grad = params.like(np.empty_like(params.theta))
    loss_and_gradient(network, params, x, y, grad, penalty)
    position = params.like(np.arange(len(params.theta)))

    rows = []
    for l in range(len(params.W)):
        for tensor, at in ((f"W[{l}]", position.W[l]), (f"b[{l}]", position.b[l])):
            indices = at.ravel()
            if samples is not None and samples < len(indices):
                indices = rng.choice(indices, samples, replace=False)
            slopes = complex_step_gradient(network, params, x, y, penalty, indices)
            error = np.abs(slopes - grad.theta[indices]).max()
            rows.append(
                TensorCheck(tensor, len(indices), float(np.abs(slopes).max()), float(error))
            )
    return rows


POINTS = np.linspace(-2.95, 3.05, 61)  # no whole number, where a slope may jump
STEP = 1e-6
TOLERANCE = 1e-5


def check_activation(activation: Activation) -> None:
    """Hold the derivative of an activation against the slope of its f, by central differences.

    Args:
        activation: of any origin; its f need not know complex numbers.

    Raises:
        ValueError: they differ; the message says where.

    Example:
        >>> check_activation(Activation("square", np.square, lambda a: 2 * a))
        Traceback (most recent call last):
        ...
        ValueError: the derivative of square is 17.405 where z = -2.95, and the slope of f is \
-5.9: derivative takes the output a = f(z), not z
    """
    slope = (activation.f(POINTS + STEP) - activation.f(POINTS - STEP)) / (2 * STEP)
    found = np.broadcast_to(activation.derivative(activation.f(POINTS)), slope.shape)
    if len(bad := where_they_differ(found, slope)):
        i = bad[0]
        what = f"the derivative of {activation.name} is {found[i]:g} where z = {POINTS[i]:g}"
        advice = "derivative takes the output a = f(z), not z"
        raise ValueError(f"{what}, and the slope of f is {slope[i]:g}: {advice}")


def check_loss(loss: Loss) -> None:
    """Hold the error of a loss against the slope of its value, by central differences.

    Args:
        loss: of any origin.

    Raises:
        ValueError: they differ, or are not of the shapes that belong to them.

    Example:
        >>> size = lambda z, y: abs(z - y).sum(axis=1)
        >>> check_loss(Loss("size", lambda z: z, size, lambda z, y: z - y))
        Traceback (most recent call last):
        ...
        ValueError: the error of size is -2.95 where z = -2.95 and y = 0, and the slope of its \
value is -1: error gives dvalue/dz of each example
    """
    z = POINTS[:, np.newaxis]
    for target in (0.0, 1.0):
        y = np.full_like(z, target)
        if (shape := np.shape(loss.value(z, y))) != (len(z),):
            what = f"the value of {loss.name} for z of shape {z.shape} has shape {shape}"
            raise ValueError(f"{what}: each of the {len(z)} examples has its own")
        slope = (loss.value(z + STEP, y) - loss.value(z - STEP, y)) / (2 * STEP)
        found = loss.error(z, y)[:, 0]
        if len(bad := where_they_differ(found, slope)):
            i = bad[0]
            where = f"where z = {POINTS[i]:g} and y = {target:g}"
            what = f"the error of {loss.name} is {found[i]:g} {where}"
            advice = "error gives dvalue/dz of each example"
            raise ValueError(f"{what}, and the slope of its value is {slope[i]:g}: {advice}")


def where_they_differ(found: Array, slope: Array) -> Array:
    """Where two slopes differ by more than central differences can be wrong, or are no numbers."""
    return np.flatnonzero(~(np.abs(found - slope) <= TOLERANCE * np.maximum(1, np.abs(slope))))
