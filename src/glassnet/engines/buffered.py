"""The buffered engine: NumPy with every array made once, so that nothing is allocated per batch.

For where Numba is not. The forward and backward passes are the core's, written with `out=`; the
output function, the loss and the update rule are the core's own, on arrays that are small or flat.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import ACTIVATIONS, Array
from glassnet.core.network import Network, shares
from glassnet.core.parameters import Parameters, count_parameters
from glassnet.core.penalties import Penalty
from glassnet.core.updates import GradientDescent, Rule, State
from glassnet.engines import Engine, Refusal, limit_threads
from glassnet.engines.reference import prepare_forward as prepare_forward


def sigmoid(a: Array, spare: Array) -> None:
    """A = 0.5 (1 + tanh(0.5 a))."""
    a *= 0.5
    np.tanh(a, out=a)
    a += 1
    a *= 0.5


def sigmoid_slope(delta: Array, a: Array, spare: Array) -> None:
    """Delta *= a (1 - a)."""
    np.subtract(1, a, out=spare)
    spare *= a
    delta *= spare


def tanh_slope(delta: Array, a: Array, spare: Array) -> None:
    """Delta *= 1 - a^2."""
    np.multiply(a, a, out=spare)
    np.subtract(1, spare, out=spare)
    delta *= spare


def leaky_relu(a: Array, spare: Array) -> None:
    """A = max(a, 0.01 a)."""
    np.multiply(a, 0.01, out=spare)
    np.maximum(a, spare, out=a)


def leaky_relu_slope(delta: Array, a: Array, spare: Array) -> None:
    """Delta *= 0.01 where a is not above 0."""
    np.less_equal(a, 0, out=spare)
    spare *= -0.99
    spare += 1
    delta *= spare


IN_PLACE: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "identity": (lambda a, spare: None, lambda delta, a, spare: None),
    "sigmoid": (sigmoid, sigmoid_slope),
    "tanh": (lambda a, spare: np.tanh(a, out=a), tanh_slope),
    "relu": (
        lambda a, spare: np.maximum(a, 0, out=a),
        lambda delta, a, spare: np.multiply(delta, np.greater(a, 0, out=spare), out=delta),
    ),
    "leaky_relu": (leaky_relu, leaky_relu_slope),
}


class Buffers:
    """The arrays for batches of one size: inputs, outputs and errors of every layer."""

    def __init__(self, layers: tuple[int, ...], size: int, dtype: DTypeLike):
        self.bytes = np.empty((size, layers[0]), np.uint8)
        self.y = np.empty((size, layers[-1]), dtype)
        self.a, self.delta, self.spare = (
            [np.empty((size, width), dtype) for width in layers] for _ in range(3)
        )


def prepare(
    network: Network,
    rule: Rule,
    penalty: Penalty,
    batch_size: int,
    dtype: DTypeLike = np.float32,
    threads: int | None = None,
) -> Engine:
    """The engine for one network, rule, penalty and batch size; see `choose`."""
    for activation in network.activations:
        if ACTIVATIONS.get(activation.name) != activation:
            raise Refusal(f"it does not know the activation {activation.name}")
    functions = [IN_PLACE[activation.name] for activation in network.activations]
    last = len(network.layers) - 1
    buffers: dict[int, Buffers] = {}
    grad = np.empty(count_parameters(network.layers), dtype)

    def take(x: Array, y: Array, rows: Array) -> Buffers:
        """Bring rows of x and y into the buffers for so many."""
        n = len(rows)
        if n not in buffers:
            buffers[n] = Buffers(network.layers, n, dtype)
        b = buffers[n]
        if x.dtype == np.uint8:
            np.take(x, rows, axis=0, out=b.bytes, mode="clip")
            np.divide(b.bytes, b.a[0].dtype.type(255), out=b.a[0])
        else:
            b.a[0][...] = x[rows]
        b.y[...] = y[rows]
        return b

    def loss_and_gradient(params: Parameters, b: Buffers, share: Array, into: Parameters) -> float:
        for l in range(last):
            np.matmul(b.a[l], params.W[l], out=b.a[l + 1])
            b.a[l + 1] += params.b[l]
            if l < last - 1:
                f, _ = functions[l]
                f(b.a[l + 1], b.spare[l + 1])
        z = b.a[last]
        np.multiply(network.loss.error(z, b.y), share[:, np.newaxis], out=b.delta[last])
        for l in reversed(range(last)):
            np.matmul(b.a[l].T, b.delta[l + 1], out=into.W[l])
            np.sum(b.delta[l + 1], axis=0, out=into.b[l])
            if l > 0:
                np.matmul(b.delta[l + 1], params.W[l].T, out=b.delta[l])
                _, multiply_by_slope = functions[l - 1]
                multiply_by_slope(b.delta[l], b.a[l], b.spare[l])
        penalty.add_gradient(params, into)
        return float(share @ network.loss.value(z, b.y) + penalty.value(params))

    def gradient(
        params: Parameters, x: Array, y: Array, into: Parameters, weights: Array | None = None
    ) -> float:
        share = shares(len(x), weights, dtype)
        return loss_and_gradient(params, take(x, y, np.arange(len(x))), share, into)

    def descend(
        params: Parameters,
        state: State,
        x: Array,
        y: Array,
        order: Array,
        rates: Array,
        weights: Array | None = None,
    ) -> Array:
        into = params.like(grad)
        losses = np.empty(len(rates))
        with limit_threads(threads):
            for step, eta in enumerate(rates.tolist()):
                rows = order[step * batch_size : (step + 1) * batch_size]
                share = shares(len(rows), None if weights is None else weights[rows], dtype)
                losses[step] = loss_and_gradient(params, take(x, y, rows), share, into)
                if isinstance(rule, GradientDescent):
                    np.multiply(grad, eta, out=grad)
                    params.theta -= grad
                else:
                    rule.step(params.theta, grad, state, eta)
        return losses

    return Engine("buffered", gradient, descend)
