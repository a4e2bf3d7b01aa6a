"""Words: how neurons, weights and counts are called in every part of the story."""

import numpy as np

from glassnet.core.activations import Array
from glassnet.display.numbers import printable
from glassnet.explain.explanation import Explanation

FEW, SHOWN = 12, 8  # what is told whole; of what is more, how many
LONGEST_NAME = 16


def name(text: str) -> str:
    """The name of a class, which may be anything."""
    return printable(text, LONGEST_NAME)


def output_names(explanation: Explanation) -> list[str]:
    """What each output stands for; a single one for the second of two classes."""
    n_outputs = explanation.network.layers[-1]
    return [name(text) for text in explanation.classes[-n_outputs:]]


def neuron_names(explanation: Explanation, layer: int) -> list[str]:
    """LAYER.INDEX of each neuron of a layer."""
    return [f"{layer}.{j}" for j in range(explanation.network.layers[layer])]


def counted(n: int, noun: str) -> str:
    """So many things.

    Example:
        >>> counted(1, "neuron"), counted(1200, "neuron")
        ('1 neuron', '1,200 neurons')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def largest(values: Array) -> list[int]:
    """Where the largest in size are, the largest first; all places in their order if few."""
    if len(values) <= FEW:
        return list(range(len(values)))
    order: list[int] = np.argsort(-np.abs(values), kind="stable")[:SHOWN].tolist()
    return order


def sizes(explanation: Explanation, l: int) -> str:
    """From how many to how many numbers W[l] leads."""
    fan_in, fan_out = explanation.network.layers[l : l + 2]
    return f"{fan_in} -> {fan_out}"


def shapes(explanation: Explanation, l: int) -> str:
    """The shapes of a[l] W[l] + b[l]."""
    fan_in, fan_out = explanation.network.layers[l : l + 2]
    return f"(1, {fan_in}) ({fan_in}, {fan_out}) + ({fan_out},) -> (1, {fan_out})"
