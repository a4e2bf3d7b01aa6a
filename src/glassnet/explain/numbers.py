"""Numbers: what one example becomes on its way through a network, and what it wants changed.

All is computed by `core`, in float64, whatever type the model has. The only thing done here that
`core` does not do is to keep what it passes by: z of every layer, and the directions.
"""

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.network import Network, forward, loss_and_gradient
from glassnet.core.parameters import Parameters
from glassnet.data.examples import grey_to_unit, one_hot
from glassnet.display.numbers import printable
from glassnet.errors import ParamError
from glassnet.explain.explanation import Explanation
from glassnet.explain.values import Backward, Layer, LayerGradient, Step
from glassnet.model import Model

SMALL_STEP = 0.01  # the share of the loss that a step should take away


def explain(model: Model, x: Array, target: str | int | None = None) -> Explanation:
    """One example through every equation of a model, with its numbers.

    Args:
        model: the model.
        x: one row (784,) or picture (28, 28): uint8, or floats in [0, 1].
        target: the right answer, by the name of its class; without it nothing is said of what
            should change.

    Returns:
        An Explanation.

    Raises:
        ParamError: x is not one example, there is no such class, or the weights are so large that
            the numbers are not finite.

    Example:
        >>> from glassnet.model import load_model
        >>> model = load_model(engine="reference")
        >>> picture = np.zeros((28, 28), np.uint8)
        >>> picture[4:24, 13:16] = 255
        >>> explanation = explain(model, picture, target=1)
        >>> explanation
        Explanation(784-256-128-10, answer '1')
        >>> output = explanation.neuron(3, 1)
        >>> bool(np.isclose(output.z, output.bias + output.weights @ output.inputs))
        True
        >>> all(slope.digits >= 9 for slope in explanation.steepest(layer=1))
        True
    """
    model.require_classes()
    k = None if target is None else class_index(str(target), model.classes)
    rows = model.as_rows(x)
    if len(rows) != 1:
        raise ParamError("x", f"{len(rows)} examples", "one of them")
    network, params = model.network, model.params.like(model.params.theta.astype(float))
    row = grey_to_unit(rows, float)
    with np.errstate(all="ignore"):
        layers = explain_forward(network, params, row)
        backward = None if k is None else explain_backward(network, params, layers, row, k)
    p = model.probabilities(layers[-1].z[np.newaxis])[0]
    T = model.temperature
    return Explanation(network, params, model.classes, row[0], layers, p, T, backward)


def class_index(name: str, classes: tuple[str, ...]) -> int:
    """Which of the classes has that name."""
    if name not in classes:
        raise ParamError("target", repr(name), f"one of {printable(', '.join(classes))}")
    return classes.index(name)


def explain_forward(network: Network, params: Parameters, x: Array) -> tuple[Layer, ...]:
    """What each layer did with x (1, n[0])."""
    a, logits = forward(network, params, x)
    z = [*(a[l] @ params.W[l] + params.b[l] for l in range(network.n_hidden)), logits]
    names = [*(f.name for f in network.activations), network.loss.output.__name__]
    outputs = [*a[1:], network.loss.output(logits)]
    expect_finite(*z, *outputs)
    numbered = enumerate(zip(names, z, outputs, strict=True), start=1)
    return tuple(Layer(l, name, z_l[0], a_l[0]) for l, (name, z_l, a_l) in numbered)


def explain_backward(
    network: Network, params: Parameters, layers: tuple[Layer, ...], x: Array, target: int
) -> Backward:
    """What the right answer to x (1, n[0]) asks for."""
    y = one_hot(np.array([target]), network.layers[-1], float)
    gradient = params.like(np.empty_like(params.theta))
    loss = float(loss_and_gradient(network, params, x, y, gradient))
    expect_finite(loss, gradient.theta)
    deltas = gradient.b  # of one example, db is delta itself
    above = zip(params.W[1:], deltas[1:], strict=True)
    directions = [*(-(W @ delta) for W, delta in above), y[0] - layers[-1].a]
    numbered = enumerate(zip(directions, deltas, strict=True), start=1)
    changes = tuple(LayerGradient(l, direction, delta) for l, (direction, delta) in numbered)
    step = small_step(network, params, x, y, gradient, loss)
    return Backward(target, y[0], loss, gradient, changes, step)


def small_step(
    network: Network, params: Parameters, x: Array, y: Array, gradient: Parameters, loss: float
) -> Step:
    """A step that should take a hundredth of the loss away, with a rate of one digit."""
    square = float(gradient.theta @ gradient.theta)
    eta = float(f"{min(SMALL_STEP * loss / square, 1):.0e}") if square > 0 else 1.0
    _, z = forward(network, params.like(params.theta - eta * gradient.theta), x)
    return Step(eta, -eta * square, float(network.loss.value(z, y)[0]) - loss)


def expect_finite(*arrays: Array | float) -> None:
    """Refuse numbers that cannot be explained."""
    if not all(np.isfinite(array).all() for array in arrays):
        found, advice = "weights so large that not all is a finite number", "another model"
        raise ParamError("model", found, "finite numbers", advice)
