"""Curves: how loss and accuracy went, epoch by epoch; and bars: how long contestants took."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.plots.axes import (
    BLUE,
    INK,
    LETTER,
    MUTED,
    NORMAL,
    ORANGE,
    RULE,
    SMALL,
    say,
    size_in_points,
    titled,
)
from glassnet.training.loop import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
