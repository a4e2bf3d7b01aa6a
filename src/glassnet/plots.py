"""Pictures of a training and of its model, drawn with Matplotlib: the one door to it.

Every plot takes the axes to draw on, or makes a figure of its own that notebooks show, and returns
the axes. Nothing global is changed, neither style nor backend. Whatever a color says is said by a
sign, a word or a number too. Left out is choosing what to draw, and computing it.
"""

from collections.abc import Callable, Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import DIGITS
from glassnet.data.files import write_atomically
from glassnet.errors import ParamError
from glassnet.training.loop import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK, MUTED, RULE, PAPER = "#1b1f24", "#57606a", "#d8dee4", "#f3f5f7"
ORANGE, AMBER, MIDDLE, BLUE = "#b35806", "#f1a340", "#f7f7f7", "#2166ac"
SMALL, NORMAL, LARGE = 9, 10, 12  # sizes of text, in points
LETTER = 0.56  # the width of a letter, as a part of the size of its text
GAP = 4  # between the pictures of a mosaic, in pixels
CROSS, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"


def plot_loss(history: Sequence[Epoch], ax: "Axes | None" = None) -> "Axes":
    """The loss of each epoch: in training and, where it was measured, in validation.

    Args:
        history: the records of a training.
        ax: where to draw; None for a new figure, here and in every plot.
    """
    ax = titled(ax, "Loss", 6.4, 3.8)
    ax.update_datalim([(1, 0)], updatex=False)  # a loss is compared with zero
    return draw_curves(ax, history, ("loss", "validation_loss"), "{:.3g}".format)


def plot_accuracy(history: Sequence[Epoch], ax: "Axes | None" = None) -> "Axes":
    """The accuracy after each epoch where it was measured, in percent.

    Args:
        history: the records of a training.
        ax: where to draw.
    """
    ax = titled(ax, "Accuracy", 6.4, 3.8)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    fields = ("train_accuracy", "validation_accuracy")
    draw_curves(ax, history, fields, lambda share: f"{100 * share:.2f} %")
    ax.set_ylim(top=min(ax.get_ylim()[1], 1))
    return ax


def draw_curves(
    ax: "Axes", history: Sequence[Epoch], fields: tuple[str, str], text: Callable[[float], str]
) -> "Axes":
    """What was measured in training and in validation, over the epochs where it was."""
    ends = []
    for name, field, color in zip(("training", "validation"), fields, (BLUE, ORANGE), strict=True):
        measured = {e.number: v for e in history if (v := getattr(e, field)) is not None}
        if measured:
            numbers, values = list(measured), list(measured.values())
            # The dot at the end is all that a single epoch can show.
            dot: dict[str, Any] = {"marker": "o", "markevery": [-1], "clip_on": False}
            ax.plot(numbers, values, color=color, linewidth=2, **dot)
            ends.append((values[-1], f"{name} {text(values[-1])}", color))
    if not ends:
        return say(ax, "not measured")
    ax.locator_params(axis="y", nbins=6)
    ax.set_ylim(bottom=max(ax.get_ylim()[0], 0))
    ax.set_xlabel("epoch", loc="left", color=MUTED, size=SMALL)
    ax.grid(axis="y", color=RULE, linewidth=0.8, clip_on=False)
    label_ends(ax, ends, history[0].number, history[-1].number)
    return ax


def label_ends(ax: "Axes", ends: list[tuple[float, str, str]], first: int, last: int) -> None:
    """Write (value, label, color) where a line ends, in room made for it; near ones step aside."""
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=8, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)
    ax.set_xticks([tick for tick in ticks if first <= tick <= last])
    width, height = size_in_points(ax)
    longest = max(len(label) for _, label, _ in ends)
    room = min((longest * LETTER * NORMAL + 8) / width, 0.6)
    span = max(last - first, 1)
    ax.set_xlim(first - 0.02 * span, last + span * room / (1 - room))

    ends = sorted(ends)
    apart = (ends[-1][0] - ends[0][0]) / np.ptp(ax.get_ylim()) * height
    step = max(1.4 * NORMAL - apart, 0) / 2 if len(ends) == 2 else 0
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for (value, label, color), aside in zip(ends, (-step, step), strict=False):
        style: dict[str, Any] = {"color": color, "size": NORMAL, "va": "center", "bbox": paper}
        ax.annotate(label, (last, value), (8, aside), textcoords="offset points", **style)


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


def plot_confusion_matrix(
    confusion: Array, classes: Sequence[str] = DIGITS, ax: "Axes | None" = None
) -> "Axes":
    """How often each class was taken for each other; the mistakes stand out, not what is right.

    Args:
        confusion: counts (K, K); the row is what is true, the column what was predicted.
        classes: the names of the K classes.
        ax: where to draw.

    Raises:
        ParamError: not one row and one column for each class.
    """
    k = len(classes)
    expect("confusion", confusion, (k, k))
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    mistakes = np.ma.masked_array(shares, np.eye(k, dtype=bool))
    side = 3.2 + 0.3 * k
    ax = titled(ax, "Confusion matrix", side, side, "darker: a larger share of the row")
    colors = colormap(MIDDLE, AMBER).with_extremes(bad=RULE)
    highest = mistakes.filled(0).max() or 1
    ax.imshow(mistakes, colors, vmin=0, vmax=highest, interpolation="nearest")

    size = min(min(size_in_points(ax)) / k / (LETTER * len(str(confusion.max())) + 1), NORMAL)
    for (row, column), number in np.ndenumerate(confusion):
        color, weight = (INK, "bold") if row != column and number else (MUTED, "normal")
        style: dict[str, Any] = {"size": size, "color": color, "weight": weight}
        ax.text(column, row, str(number), ha="center", va="center", **style)
    rotation = 90 if len("".join(classes)) > 40 else 0
    ax.set_xticks(range(k), classes, rotation=rotation, parse_math=False)
    ax.set_yticks(range(k), classes, parse_math=False)
    for axis, name in ((ax.xaxis, "predicted"), (ax.yaxis, "true")):
        axis.set_ticks(np.arange(0.5, k - 1), minor=True)
        axis.grid(which="minor", color="white", linewidth=2)
        axis.set_label_text(name, color=MUTED, size=SMALL)
    return ax


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


def plot_times(names: Sequence[str], seconds: Sequence[float], ax: "Axes | None" = None) -> "Axes":
    """How long contestants took, as bars; the first of them is ours.

    Args:
        names: of the contestants.
        seconds: that each took.
        ax: where to draw.
    """
    ax = titled(ax, "Seconds per epoch", 7, 1 + 0.5 * len(names))
    colors = [BLUE] + [RULE] * (len(names) - 1)
    ax.barh(range(len(names)), seconds, color=colors, height=0.6)
    for row, value in enumerate(seconds):
        times = f"   {value / seconds[0]:.1f} times as long" if row else ""
        ax.text(value, row, f" {value:.3g}{times}", va="center", color=INK, size=NORMAL)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlim(right=1.35 * max(seconds))
    ax.invert_yaxis()
    ax.set_xticks([])
    return ax


def new_axes(width: float, height: float, count: int = 1) -> list["Axes"]:
    """Axes side by side on a figure of so many inches that no window and no notebook knows of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    return list(figure.subplots(1, count, squeeze=False)[0])


def save(drawn: "Axes | Figure", path: Path) -> None:
    """Write a whole figure as PNG or SVG; the same picture gives the same bytes.

    Args:
        drawn: the figure, or any axes on it.
        path: where to; its suffix, .png or .svg, chooses the format.

    Raises:
        ParamError: another suffix.
        StorageError: the file cannot be written.
    """
    from matplotlib import rc_context

    kind, draw = path.suffix.lower().removeprefix("."), drawn.figure.canvas.print_figure
    if kind not in ("png", "svg"):
        raise ParamError(path, f"suffix {path.suffix!r}", ".png or .svg", "another file name")
    style: dict[str, Any] = {"dpi": 120, "bbox_inches": "tight", "pad_inches": 0.2}
    with rc_context({"svg.hashsalt": "glassnet"}):  # else SVG names its parts at random
        write_atomically(path, lambda f: draw(f, format=kind, metadata={"Date": None}, **style))


def titled(
    ax: "Axes | None", title: str, width: float = 6.4, height: float = 4.8, note: str = ""
) -> "Axes":
    """The axes, or those of a new figure of so many inches, with a title and how to read them."""
    if ax is None:
        from matplotlib import pyplot

        size = (width, height)
        _, ax = pyplot.subplots(figsize=size, layout="constrained", facecolor="white")
    ax.set_title(title, loc="left", size=LARGE, weight="bold", color=INK, pad=26 if note else 10)
    style: dict[str, Any] = {"color": MUTED, "size": SMALL, "textcoords": "offset points"}
    ax.annotate(note, (0, 1), (0, 10), xycoords="axes fraction", **style)
    ax.set_facecolor("white")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(which="both", length=0, colors=MUTED, labelsize=SMALL)
    return ax


def say(ax: "Axes", sentence: str) -> "Axes":
    """Axes that hold a sentence in place of a plot."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, sentence, transform=ax.transAxes, ha="center", va="center", color=MUTED)
    return ax


def size_in_points(ax: "Axes") -> tuple[float, float]:
    """The width and height of the axes, in the unit of texts."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi * 72, box.height / dpi * 72


def colormap(*colors: str) -> "Colormap":
    """Colors from the least to the greatest value."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassnet", colors)


def expect(name: str, found: Array, shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape."""
    if found.shape != shape:
        raise ParamError(name, f"shape {found.shape}", str(shape), "arrays that belong together")


def expect_fit(
    pictures: Array, probabilities: Array, labels: Array | None, classes: Sequence[str]
) -> None:
    """Refuse arrays that are not about the same pictures and classes."""
    n = len(pictures)
    expect("pictures", pictures, (n, 784) if pictures.ndim == 2 else (n, 28, 28))
    expect("probabilities", probabilities, (n, len(classes)))
    if labels is None:
        return
    expect("labels", labels, (n,))
    if n and labels.max() >= len(classes):
        raise ParamError(
            "labels", f"label {labels.max()}", f"less than {len(classes)}, the classes"
        )
