"""Mosaics: many small pictures in one: predictions, mistakes, and weights."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import DIGITS
from glassnet.plots.axes import (
    BLUE,
    CROSS,
    GAP,
    INK,
    LETTER,
    MIDDLE,
    MINUS,
    MUTED,
    NORMAL,
    ORANGE,
    PAPER,
    SMALL,
    colormap,
    expect,
    expect_fit,
    say,
    size_in_points,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_predictions(
    pictures: Array,
    probabilities: Array,
    labels: Array | None = None,
    classes: Sequence[str] = DIGITS,
    columns: int = 8,
    ax: "Axes | None" = None,
) -> "Axes":
    """Pictures with what was predicted and how surely; the wrong ones with what is true.

    Args:
        pictures: (N, 784) or (N, 28, 28), uint8.
        probabilities: of each picture and class (N, K).
        labels: what each picture shows (N,); None where nobody knows.
        classes: the names of the K classes.
        columns: how many pictures stand side by side.
        ax: where to draw.

    Raises:
        ParamError: the arrays do not belong together.
    """
    expect_fit(pictures, probabilities, labels, classes)
    ax = titled(ax, "Predictions", 8, 0.5 + 1.35 * ceil(len(pictures) / columns))
    if not len(pictures):
        return say(ax, "no pictures")
    predictions = probabilities.argmax(axis=1)
    truths = predictions if labels is None else labels
    columns, below = min(columns, len(pictures)), 10 if (predictions == truths).all() else 17
    ink = {"cmap": colormap(PAPER, INK), "vmin": 0, "vmax": 255}
    pixel = draw_mosaic(ax, pictures.reshape(-1, 28, 28), columns, below, **ink)

    longest = max(map(len, classes)) + len("x true: ")
    size = min(5.2 * pixel, 30 * pixel / (longest * LETTER), NORMAL)
    style: dict[str, Any] = {"size": size, "va": "top", "parse_math": False}
    for i, (k, p, truth) in enumerate(zip(predictions, probabilities, truths, strict=True)):
        x, y = i % columns * (28 + GAP) - 0.5, i // columns * (28 + below) + 29.0
        ax.text(x, y, classes[k], color=INK, weight="bold", **style)
        ax.text(x + 28, y, f"{100 * p[k]:.0f} %", color=MUTED, ha="right", **style)
        if k != truth:
            true, y = f"{CROSS} true: {classes[truth]}", y + 1.3 * size / pixel
            ax.text(x, y, true, color=ORANGE, weight="bold", **style)
    return ax


def plot_mistakes(
    pictures: Array,
    probabilities: Array,
    labels: Array,
    classes: Sequence[str] = DIGITS,
    count: int = 24,
    ax: "Axes | None" = None,
) -> "Axes":
    """The worst mistakes: wrong, and with the least probability for what is true.

    Args:
        pictures, probabilities, labels, classes: as for plot_predictions.
        count: how many at most.
        ax: where to draw.

    Raises:
        ParamError: the arrays do not belong together.
    """
    expect_fit(pictures, probabilities, labels, classes)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    worst = wrong[np.argsort(probabilities[wrong, labels[wrong]], kind="stable")][:count]
    if not len(worst):
        return say(titled(ax, "Mistakes", 6.4, 2), "no mistakes")
    ax = plot_predictions(pictures[worst], probabilities[worst], labels[worst], classes, ax=ax)
    return titled(ax, f"The worst {len(worst)} of {len(wrong)} mistakes")


def plot_weights(
    W: Array, shape: tuple[int, int] = (28, 28), count: int = 64, ax: "Axes | None" = None
) -> "Axes":
    """What each neuron of the first layer looks for: its weights, where their pixels are.

    Expect blobs and noise: a small network needs no strokes and edges to be right.

    Args:
        W: the weights of the first layer (I, O).
        shape: height and width of a picture of I pixels.
        count: how many neurons at most, the first ones.
        ax: where to draw.

    Raises:
        ParamError: the weights do not make pictures of that shape.
    """
    expect("W", W, (shape[0] * shape[1], W.shape[-1]))
    images = W[:, :count].T.reshape(-1, *shape)
    n, largest = len(images), float(np.abs(W[:, :count]).max()) or 1.0
    # Of the grids that are not too wide, the one that leaves the fewest places empty.
    columns = min(range(ceil(sqrt(n)), 2 * ceil(sqrt(n))), key=lambda c: -n % c)
    which = f", {n} of its {W.shape[1]} neurons" if n < W.shape[1] else ""
    note = "blue: ink here excites the neuron; orange: ink here inhibits it"
    height = 1 + 7 * ceil(n / columns) / columns
    ax = titled(ax, f"Weights of the first layer{which}", 8, height, note)
    colors = {"cmap": colormap(ORANGE, MIDDLE, BLUE), "vmin": -largest, "vmax": largest}
    draw_mosaic(ax, images, columns, GAP, **colors)
    bar = ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.5, aspect=15, pad=0.02)
    bar.set_ticks([-largest, 0, largest], labels=[f"{MINUS}{largest:.2g}", "0", f"+{largest:.2g}"])
    bar.ax.tick_params(length=0, colors=MUTED, labelsize=SMALL)
    bar.outline.set_visible(False)
    return ax


def draw_mosaic(ax: "Axes", pictures: Array, columns: int, below: int, **colors: Any) -> float:
    """Pictures (N, H, W) as one image, with free space below each; a pixel's side in points."""
    n, height, width = pictures.shape
    rows = ceil(n / columns)
    blank = np.zeros((rows * columns, height + below, width + GAP), pictures.dtype)
    cells = np.ma.masked_array(blank, mask=True)
    cells[:n, :height, :width] = pictures
    cells = cells.reshape(rows, columns, height + below, width + GAP).swapaxes(1, 2)
    image = cells.reshape(rows * (height + below), columns * (width + GAP))[:-GAP, :-GAP]
    ax.imshow(image, interpolation="nearest", **colors)
    ax.set_axis_off()
    return min(np.array(size_in_points(ax)) / image.shape[::-1])
