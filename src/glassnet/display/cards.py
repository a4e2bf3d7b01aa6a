"""Cards: what a notebook shows of a model, of a training, and of an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isfinite, isnan, isqrt
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.core.network import Network
from glassnet.core.parameters import Parameters
from glassnet.display.curves import curves
from glassnet.display.html import details, escape, image, page, table
from glassnet.display.images import signed_uri
from glassnet.display.numbers import number, percent

THUMBNAILS, SMALLEST_SIDE, LARGEST_SIDE = 16, 4, 32
MOST_ROWS = 20  # of a table, and classes of a confusion matrix

Column = Sequence[float | None]
Text = Callable[[float], str]


def model_card(
    network: Network, params: Parameters, classes: Sequence[str], training: Mapping[str, Any]
) -> str:
    """The layers, how good the model is if that is known, and what its first neurons look for."""
    title, accuracy = f"Model of {len(params.theta):,} parameters", training.get("test_accuracy")
    if isinstance(accuracy, float) and isfinite(accuracy):
        title += f", {percent(accuracy)} of its test set"
    about = [(str(key), str(value)) for key, value in training.items() if key != "losses"]
    return page(
        title,
        boxes(network),
        loss_curve(training.get("losses")),
        thumbnails(params.W[0]),
        details("Parameters", layer_table(network)),
        details("Classes", f"<p>{escape(', '.join(classes))}</p>"),
        details("Training", table(("", ""), about[:MOST_ROWS], words=(0, 1))) if about else "",
    )


def layer_names(network: Network) -> list[str]:
    """What each layer after the input computes."""
    return [*(f.name for f in network.activations), network.loss.output.__name__]


def boxes(network: Network) -> str:
    """The layers in a row."""
    names = zip(network.layers, ["inputs", *layer_names(network)], strict=True)
    row = " &#8594; ".join(f"<span>{n:,} {escape(name)}</span>" for n, name in names)
    return f'<p class="boxes">{row}</p>'


def layer_table(network: Network) -> str:
    """The shapes, and how many numbers each layer has."""
    shapes = zip(pairwise(network.layers), layer_names(network), strict=True)
    rows = [
        (f"{l}", f"({i}, {o})", f"({o},)", f"{(i + 1) * o:,}", name)
        for l, ((i, o), name) in enumerate(shapes, start=1)
    ]
    return table(("layer", "W", "b", "parameters", "activation"), rows, words=(4,))


def loss_curve(losses: object) -> str:
    """The loss of each epoch, where a model's file has it."""
    if not (isinstance(losses, list) and losses and all(map(is_number, losses))):
        return ""
    return curves([list(enumerate(losses, start=1))], "training loss of each epoch", number)


def is_number(value: object) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and isfinite(value)


def thumbnails(W: Array) -> str:
    """The weights of the first neurons as pictures, where the inputs are pixels of a square."""
    side = isqrt(len(W))
    if side * side != len(W) or not SMALLEST_SIDE <= side <= LARGEST_SIDE:
        return ""
    pictures = "".join(
        image(signed_uri(W[:, j].reshape(side, side)), f"weights of neuron 1.{j}", 64)
        for j in range(min(THUMBNAILS, W.shape[1]))
    )
    meaning = "blue: ink here excites the neuron; orange: ink here inhibits it"
    return f"<p>{pictures}<br/><small>{meaning}</small></p>"


def history_card(
    epochs: Sequence[int], losses: Mapping[str, Column], accuracies: Mapping[str, Column]
) -> str:
    """The curves of a training, and its numbers.

    Args:
        epochs: their numbers.
        losses: columns by their name, None where an epoch was not measured.
        accuracies: likewise.
    """
    shown = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), MOST_ROWS)).astype(int))
    columns: list[tuple[Text, Column]] = [(number, column) for column in losses.values()]
    columns += [(percent, column) for column in accuracies.values()]
    rows = [
        [f"{epochs[k]}", *("" if (v := column[k]) is None else text(v) for text, column in columns)]
        for k in shown.tolist()
    ]
    return page(
        f"Training of {len(epochs):,} epoch{'' if len(epochs) == 1 else 's'}",
        chart(epochs, losses, number, low=0),
        chart(epochs, accuracies, percent, low=1),
        details("Numbers", table(("epoch", *losses, *accuracies), rows)),
    )


def chart(epochs: Sequence[int], columns: Mapping[str, Column], text: Text, low: float) -> str:
    """The curves of what was measured, each with its last value."""
    points = {
        name: [(n, v) for n, v in zip(epochs, column, strict=True) if v is not None]
        for name, column in columns.items()
    }
    lines = {name: line for name, line in points.items() if line}
    if not lines:
        return ""
    ends = [f"{name} {text(line[-1][1])}" for name, line in lines.items()]
    drawn = curves(list(lines.values()), ", ".join(ends), text, low)
    legend = " &#160; ".join(
        f'<span class="line{k}">&#9632;</span> {escape(end)}' for k, end in enumerate(ends)
    )
    return f"{drawn}<p>{legend}</p>"


def evaluation_card(
    title: str, classes: Sequence[str], precision: Array, recall: Array, confusion: Array
) -> str:
    """How good a model is on each class, and what it takes for what."""
    rows = [
        (name, share(p), share(r), f"{row.sum():,}")
        for name, p, r, row in zip(classes, precision, recall, confusion, strict=True)
    ][:MOST_ROWS]
    few = len(classes) <= MOST_ROWS
    return page(
        title,
        details("Classes", table(("is", "precision", "recall", "examples"), rows), opened=True),
        details("What is read as what", confusion_table(classes, confusion)) if few else "",
    )


def share(value: float) -> str:
    """A share, or a dash where there was nothing to take it of."""
    return "-" if isnan(value) else percent(value, 1)


def confusion_table(classes: Sequence[str], confusion: Array) -> str:
    """Counts: the row is what is right, the column what was said."""
    rows = [
        [name, *("" if n == 0 else f"{n:,}" for n in counts)]
        for name, counts in zip(classes, confusion.tolist(), strict=True)
    ]
    return table(("is / read as", *classes), rows)
