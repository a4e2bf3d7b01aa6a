"""The confusion matrix: what is taken for what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import DIGITS
from glassnet.plots.axes import (
    AMBER,
    INK,
    LETTER,
    MIDDLE,
    MUTED,
    NORMAL,
    RULE,
    SMALL,
    colormap,
    expect,
    size_in_points,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
