"""The way back, told: which way every output, neuron and weight should move, and why.

The words are those of the essay that asks for the directions: an activation should increase or
decrease, a weight is tuned up or down, and each in proportion to something.
"""

import numpy as np

from glassnet.core.activations import Array
from glassnet.display.blocks import Block, Paragraph, Section, Table
from glassnet.display.numbers import number
from glassnet.explain.equations import (
    back_one_layer,
    bias_gradient,
    equation_of,
    finite_difference,
    gradient_descent,
    output_error,
    weight_gradient,
)
from glassnet.explain.explanation import Explanation
from glassnet.explain.values import Backward, LayerGradient, Slope, Step
from glassnet.explain.words import counted, largest, output_names

MOVES = ("decrease", "stay", "increase")
TUNES = ("down", "stay", "up")


def backward_story(explanation: Explanation) -> list[Section]:
    """Every layer from the last to the first, and a step; nothing without a right answer."""
    backward = explanation.backward
    if backward is None:
        return []
    last, *below = reversed(backward.layers)
    hidden = [tell_hidden(explanation, backward, layer) for layer in below]
    return [tell_output(explanation, backward, last), *hidden, tell_step(backward.step)]


def tell_output(explanation: Explanation, backward: Backward, layer: LayerGradient) -> Section:
    """a - y, delta, and the weights that lead to the outputs."""
    a, y, names = explanation.layers[-1].a, backward.y, output_names(explanation)
    rows = tuple(
        (names[k], *map(number, (a[k], y[k], a[k] - y[k], layer.delta[k])), move(layer, k))
        for k in largest(layer.direction)
    )
    blocks = (
        Paragraph(
            f"{directions(layer.direction, 'output')}, each in proportion to how far it is from"
            " what it should be."
        ),
        output_error(explanation.network.loss.error),
        Table(("output", "a", "y", "a - y", "delta", "should"), rows, words=(5,)),
        *weights(explanation, backward, layer),
    )
    return Section(f"Back to layer {layer.number}, the output", blocks)


def tell_hidden(explanation: Explanation, backward: Backward, layer: LayerGradient) -> Section:
    """delta = (delta W^T) f'(a), and the weights that lead to the layer."""
    l = layer.number
    activation, a = explanation.network.activations[l - 1], explanation.layers[l - 1].a
    slope = activation.derivative(a).astype(float)
    numbers = np.array([a, -layer.direction, slope, layer.delta])
    rows = tuple(
        (f"{l}.{j}", *map(number, numbers[:, j].tolist()), move(layer, j))
        for j in largest(np.where(layer.delta.any(), layer.delta, layer.direction))
    )
    stuck = int(np.count_nonzero(slope == 0))
    cannot = f" {counted(stuck, 'neuron')} cannot: the slope f'(a) is 0." if stuck else ""
    blocks = (
        Paragraph(
            f"{directions(layer.direction, 'neuron')}, each in proportion to its weights to the"
            f" layer above, and to how much is to change there.{cannot}"
        ),
        back_one_layer(l),
        equation_of(activation.derivative, f"f', {activation.name}: "),
        Table(("neuron", "a", "dloss/da", "f'(a)", "delta", "should"), rows, words=(5,)),
        *weights(explanation, backward, layer),
    )
    return Section(f"Back to layer {l}", blocks)


def weights(explanation: Explanation, backward: Backward, layer: LayerGradient) -> list[Block]:
    """The slopes in the weights that lead to a layer, and the steepest held against a check."""
    l, (W, b) = layer.number - 1, (backward.gradient.W, backward.gradient.b)
    norms = f"|dW[{l}]| = {number(norm(W[l]))}, |db[{l}]| = {number(norm(b[l]))}"
    blocks: list[Block] = [weight_gradient(l), bias_gradient(l)]
    blocks += [Paragraph(f"{norms}. {tunings(-W[l])}")]
    if steepest := explanation.steepest(layer.number):
        blocks += [slope_table(steepest), finite_difference()]
    return blocks


def slope_table(slopes: list[Slope]) -> Table:
    """Weights with the two factors of their slope, and what a finite difference says of it."""
    head = ("weight", "a", "delta", "a delta", "finite difference", "digits", "tune")
    rows = tuple(
        (
            f"W[{s.layer}][{s.i},{s.j}]",
            *map(number, (s.a, s.delta, s.slope, s.check)),
            str(s.digits),
            TUNES[1 - int(np.sign(s.slope))],
        )
        for s in slopes
    )
    return Table(head, rows, words=(0, 6))


def tell_step(step: Step) -> Section:
    """What a small nudge of everything at once does."""
    blocks = (
        gradient_descent(),
        Paragraph(
            f"With eta = {step.eta:g} every weight and bias is nudged against its slope. The loss"
            f" should change by -eta |grad|^2 = {number(step.predicted)};"
            f" it changes by {number(step.actual)}."
        ),
    )
    return Section("One small step", blocks)


def directions(values: Array, noun: str) -> str:
    """How many should increase, and how many decrease."""
    up, down = np.count_nonzero(values > 0), np.count_nonzero(values < 0)
    return f"Of {counted(len(values), noun)} {up:,} should increase and {down:,} decrease"


def tunings(values: Array) -> str:
    """How many weights are to be tuned up, how many down."""
    up, down = np.count_nonzero(values > 0), np.count_nonzero(values < 0)
    stay = values.size - up - down
    rest = f"; {stay:,} stay, where one of the two is 0" if stay else ""
    return (
        f"Of {counted(values.size, 'weight')} {up:,} should be tuned up and {down:,} down, each in"
        f" proportion to the activation it comes from and to the delta it leads to{rest}."
    )


def move(layer: LayerGradient, j: int) -> str:
    """Which way an activation should move."""
    return MOVES[1 + int(np.sign(layer.direction[j]))]


def norm(values: Array) -> float:
    """The root of the sum of squares."""
    return float(np.sqrt((values * values).sum()))
