"""One neuron, told: the sum that it is, term by term, and what it should change."""

from collections.abc import Sequence

import numpy as np

from glassnet.core.activations import Array
from glassnet.display.blocks import Block, Paragraph, Section, Table
from glassnet.display.numbers import add_up, number
from glassnet.explain.backward_story import move, slope_table
from glassnet.explain.equations import (
    back_one_layer,
    equation_of,
    finite_difference,
    hidden_layer,
    last_layer,
    output_error,
    weight_gradient,
)
from glassnet.explain.explanation import Neuron
from glassnet.explain.forward_story import output_table
from glassnet.explain.values import Backward
from glassnet.explain.words import SHOWN, largest, output_names


def neuron_story(neuron: Neuron) -> list[Section]:
    """Forward, and backward where the right answer is known."""
    backward = neuron.explanation.backward
    return [tell_forward(neuron)] + ([] if backward is None else [tell_backward(neuron, backward)])


def is_output(neuron: Neuron) -> bool:
    """Whether it is one of the last layer."""
    return neuron.layer == len(neuron.explanation.layers)


def title(neuron: Neuron) -> str:
    """What it is called."""
    place = f"Neuron {neuron.layer}.{neuron.index}"
    if not is_output(neuron):
        return place
    return f"{place}, the output {output_names(neuron.explanation)[neuron.index]}"


def tell_forward(neuron: Neuron) -> Section:
    """z = b + sum w x, as a column of numbers that adds up, and a = f(z)."""
    l, j = neuron.layer - 1, neuron.index
    names = [f"a[{l}][{i}] W[{l}][{i},{j}]" for i in range(len(neuron.inputs))]
    blocks: list[Block] = [
        last_layer(l) if is_output(neuron) else hidden_layer(l),
        Paragraph(f"z[{j}] = b[{l}][{j}] + sum_i a[{l}][i] W[{l}][i,{j}]:"),
        sum_table((f"b[{l}][{j}]", neuron.bias), names, neuron.inputs, neuron.weights, neuron.z),
        *tell_output(neuron),
    ]
    return Section(title(neuron), tuple(blocks))


def tell_output(neuron: Neuron) -> list[Block]:
    """From z to a."""
    explanation, l, j = neuron.explanation, neuron.layer, neuron.index
    value = f"a[{l}][{j}] = {number(neuron.a)}"
    if is_output(neuron):
        output = equation_of(explanation.network.loss.output, "a = f(z): ")
        return [output, output_table(explanation), Paragraph(value)]
    activation = explanation.network.activations[l - 1]
    return [equation_of(activation.f, f"{activation.name}: "), Paragraph(value)]


def tell_backward(neuron: Neuron, backward: Backward) -> Section:
    """delta, and the slopes in its weights, which are its inputs times delta."""
    l, j = neuron.layer, neuron.index
    change = backward.layers[l - 1]
    delta, direction = float(change.delta[j]), float(change.direction[j])
    stuck = ", but cannot: its slope is 0" if delta == 0 and direction != 0 else ""
    blocks = output_delta(neuron, backward) if is_output(neuron) else hidden_delta(neuron, backward)
    blocks += [
        Paragraph(f"delta = {number(delta)}: its output should {move(change, j)}{stuck}."),
        weight_gradient(l - 1),
    ]
    if steepest := neuron.explanation.steepest(l, j, count=SHOWN):
        blocks += [slope_table(steepest), finite_difference()]
    return Section(f"Back to neuron {l}.{j}", tuple(blocks))


def output_delta(neuron: Neuron, backward: Backward) -> list[Block]:
    """The error of an output."""
    y = float(backward.y[neuron.index])
    difference = f"a - y = {number(neuron.a)} - {y:.0f} = {number(neuron.a - y)}"
    return [output_error(neuron.explanation.network.loss.error), Paragraph(difference)]


def hidden_delta(neuron: Neuron, backward: Backward) -> list[Block]:
    """The errors of the layer above, as far as this neuron caused them, times its slope."""
    l, j, network = neuron.layer, neuron.index, neuron.explanation.network
    outgoing, deltas = neuron.explanation.params.W[l][j], backward.layers[l].delta
    names = [f"delta[{k}] W[{l}][{j},{k}]" for k in range(len(deltas))]
    total = -float(backward.layers[l - 1].direction[j])
    derivative = network.activations[l - 1].derivative
    slope = float(derivative(np.array([neuron.a]))[0])
    return [
        back_one_layer(l),
        Paragraph(f"dloss/da[{l}][{j}] = sum_k delta[k] W[{l}][{j},k], delta of layer {l + 1}:"),
        sum_table(None, names, deltas, outgoing, total),
        equation_of(derivative, "f': "),
        Paragraph(f"delta = dloss/da f'(a) = {number(total)} * {number(slope)}"),
    ]


def sum_table(
    start: tuple[str, float] | None,
    names: Sequence[str],
    factors: Array,
    weights: Array,
    total: float,
) -> Table:
    """What is added, of many the largest first, and the sum; as printed, the column adds up."""
    products = factors * weights
    shown = largest(products)
    parts = [] if start is None else [start]
    parts += [
        (f"{names[i]} = {number(factors[i])} * {number(weights[i])}", float(products[i]))
        for i in shown
    ]
    if more := len(products) - len(shown):
        rest = total - sum(value for _, value in parts)
        parts.append((f"{more:,} more", rest))
    texts, rounding, sum_text = add_up([value for _, value in parts], total)
    rows = [(text, label) for text, (label, _) in zip(texts, parts, strict=True)]
    rows += [(rounding, "rounding")] if rounding else []
    return Table(("", ""), (*rows, (f"= {sum_text}", "")), words=(1,))
