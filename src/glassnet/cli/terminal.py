"""The terminal: where text goes, how a picture looks in it, and numbers in people's form."""

import json
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glassnet.core.activations import Array

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

BAR = 24


def percent(share: float, digits: int = 2) -> str:
    """A share in [0, 1] as percent.

    Example:
        >>> percent(0.97856)
        '97.86 %'
    """
    return f"{100 * share:.{digits}f} %"


def print_json(value: Any) -> None:
    """One JSON value on stdout, on one line; what is not a number is null."""
    text = json.dumps(value, default=lambda other: np.asarray(other).tolist())
    print(text.replace("NaN", "null"))


def picture_in_text(picture: Array) -> Text:
    """A picture (28, 28) in half blocks: 14 lines of 28 characters.

    Example:
        >>> print(picture_in_text(np.array([[0, 255, 0, 255], [0, 0, 255, 255]])))
         ▀▄█
    """
    ink = picture > 127
    pairs = ink[0::2] + 2 * ink[1::2]
    return Text("\n".join("".join(" ▀▄█"[pair] for pair in row) for row in pairs))


def bars(classes: tuple[str, ...], probabilities: Array) -> Text:
    """One line for each class: its name, a bar, and its probability; the largest in bold."""
    lines = []
    for name, p in zip(classes, probabilities, strict=True):
        style = "bold" if p == probabilities.max() else "dim"
        width = max(map(len, classes))
        lines.append(Text(f"{name:>{width}} {'█' * round(BAR * p):<{BAR}} {percent(p, 1)}", style))
    return Text("\n").join(lines)


def side_by_side(*columns: Text) -> Table:
    """Texts next to each other."""
    grid = Table.grid(padding=(0, 3))
    grid.add_row(*columns)
    return grid
