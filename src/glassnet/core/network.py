"""The network: forward pass, loss and backpropagation.

Rows are examples: B of them in a batch. The layers have widths n[0] .. n[L], and n[L] = K outputs.

    a[0] = x                                    (B, n[0])
    z    = a[l] W[l] + b[l]                     (B, n[l+1])
    a[l+1] = f(z), in the last layer the logits z are given to the loss instead

    delta = dloss/dz of the last layer          (B, K)
    dW[l] = a[l]^T delta                        (n[l], n[l+1])
    db[l] = sum of the rows of delta            (n[l+1],)
    delta = (delta W[l]^T) * f'(a[l])           (B, n[l]), and on to the layer below

This file has no clever version of anything: faster ones live in engines/ and must equal it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import Activation, Array
from glassnet.core.losses import Loss
from glassnet.core.parameters import Parameters
from glassnet.core.penalties import NO_PENALTY, Penalty


@dataclass(frozen=True)
class Network:
    """What is computed; the numbers it is computed with are Parameters.

    Args:
        layers: the widths from the input to the output, such as (784, 128, 64, 10).
        activations: one for each hidden layer.
        loss: the loss, which brings the output function with it.

    Raises:
        ValueError: not one activation for each hidden layer.

    Example:
        >>> from glassnet.core.activations import ACTIVATIONS
        >>> from glassnet.core.losses import LOSSES
        >>> Network((784, 30, 10), (ACTIVATIONS["sigmoid"],), LOSSES["quadratic_cost"]).n_hidden
        1
    """

    layers: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: Loss

    def __post_init__(self) -> None:
        if len(self.activations) != self.n_hidden:
            found = f"{len(self.activations)} activations for {self.n_hidden} hidden layers"
            raise ValueError(f"{found} of {self.layers}")

    @property
    def n_hidden(self) -> int:
        """How many layers lie between the input and the output."""
        return len(self.layers) - 2


def forward(network: Network, params: Parameters, x: Array) -> tuple[list[Array], Array]:
    """z = a W + b; a = f(z), layer by layer.

    Args:
        network: the network.
        params: its parameters.
        x: inputs (B, n[0]), floats.

    Returns:
        The inputs of every layer, [a[0] = x, a[1], ...], and the logits z (B, K) of the last.
    """
    a = [x]
    for W, b, activation in zip(params.W, params.b, network.activations, strict=False):
        a.append(activation.f(a[-1] @ W + b))
    z = a[-1] @ params.W[-1] + params.b[-1]
    return a, z


def backward(
    network: Network, params: Parameters, a: list[Array], delta: Array, into: Parameters
) -> None:
    """Backpropagation: from the error of the output to the gradient of every parameter.

    Args:
        network: the network.
        params: its parameters.
        a: the inputs of every layer, as forward gave them.
        delta: dloss/dz of the last layer (B, K).
        into: where the gradient is written; its b[l] and W[l] are dloss/db[l] and dloss/dW[l].
    """
    for l in reversed(range(len(params.W))):
        into.W[l][...] = a[l].T @ delta
        into.b[l][...] = delta.sum(axis=0)
        if l > 0:
            delta = (delta @ params.W[l].T) * network.activations[l - 1].derivative(a[l])


def loss_and_gradient(
    network: Network,
    params: Parameters,
    x: Array,
    y: Array,
    into: Parameters,
    penalty: Penalty = NO_PENALTY,
    weights: Array | None = None,
) -> Any:
    """The mean loss over a batch and its gradient.

    Args:
        network: the network.
        params: its parameters.
        x: inputs (B, n[0]), floats.
        y: targets (B, K), floats.
        into: where the gradient is written.
        penalty: added to the mean loss, and its gradient to the gradient.
        weights: (B,) how much each example counts in the mean, >= 0; None for all the same.

    Returns:
        The loss, a scalar; the gradient is in `into`.

    Example:
        >>> import numpy as np
        >>> from glassnet.core.losses import LOSSES
        >>> network = Network((2, 1), (), LOSSES["squared_error"])
        >>> params = Parameters((2, 1), np.array([1.0, 2.0, 0.5]))
        >>> grad = params.like(np.empty(3))
        >>> x, y = np.array([[1.0, 1.0]]), np.array([[3.0]])
        >>> float(loss_and_gradient(network, params, x, y, into=grad)), grad.theta
        (0.125, array([0.5, 0.5, 0.5]))
    """
    a, z = forward(network, params, x)
    share = shares(len(x), weights, x.dtype)
    delta = network.loss.error(z, y) * share[:, np.newaxis]
    backward(network, params, a, delta, into)
    penalty.add_gradient(params, into)
    return share @ network.loss.value(z, y) + penalty.value(params)


def shares(n: int, weights: Array | None, dtype: DTypeLike) -> Array:
    """How much each of n examples adds to a mean: 1/n, or w_i / sum w; 0 if all weights are."""
    if weights is None:
        return np.full(n, 1 / n, dtype)
    total = weights.sum()
    return (weights / total if total else np.zeros(n)).astype(dtype)


def predict(network: Network, params: Parameters, x: Array) -> Array:
    """What the network answers: the output function of the loss over the logits.

    Args:
        network: the network.
        params: its parameters.
        x: inputs (B, n[0]), floats.

    Returns:
        The outputs a[L], (B, K).
    """
    _, z = forward(network, params, x)
    return network.loss.output(z)
