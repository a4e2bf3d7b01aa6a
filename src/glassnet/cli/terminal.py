"""The terminal: where text goes, how a picture looks in it, and numbers in people's form."""

import json
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from glassnet.core.activations import Array
from glassnet.data.examples import DataSet
from glassnet.display.numbers import percent as percent
from glassnet.display.text import bar_lines, half_blocks


class Terminal(Console):
    """A console that lets the end of a pipe be an error like any other."""

    def on_broken_pipe(self) -> None:
        """Called where a BrokenPipeError was caught: let it go on."""
        raise BrokenPipeError


stdout = Terminal(highlight=False)
stderr = Terminal(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on stdout, on one line; what is not a number is null."""
    text = json.dumps(value, default=lambda other: np.asarray(other).tolist())
    print(text.replace("NaN", "null"))


def picture_in_text(picture: Array) -> Text:
    """A picture (28, 28) in half blocks: 14 lines of 28 characters."""
    return Text(half_blocks(picture))


def bars(classes: tuple[str, ...], probabilities: Array) -> Text:
    """One line for each class: its name, a bar, and its probability; the largest in bold."""
    lines = zip(bar_lines(classes, probabilities), probabilities, strict=True)
    largest = probabilities.max()
    return Text("\n").join(Text(line, "bold" if p == largest else "dim") for line, p in lines)


def print_data(data: DataSet) -> None:
    """Say on stderr which data were taken, how much of it, and why."""
    counts = f"{len(data.train.x):,} pictures to learn from, {len(data.test.x):,} for the test"
    stderr.print(f"Data: [bold]{data.name}[/bold], {counts} ({data.origin})", soft_wrap=True)


def side_by_side(*columns: Text) -> Table | Group:
    """Texts next to each other, or below each other where there is not the room."""
    if (
        sum(cell_len(line) for text in columns for line in text.plain.split("\n")[:1])
        > stdout.width
    ):
        return Group(*columns)
    grid = Table.grid(padding=(0, 3))
    grid.add_row(*columns)
    return grid
