"""Plain text, 80 columns wide: the same blocks always give the same characters."""

from collections.abc import Iterable
from textwrap import fill

from glassnet.core.activations import Array
from glassnet.display.blocks import (
    Bars,
    Block,
    Equation,
    Paragraph,
    Picture,
    Section,
    Source,
    Table,
)
from glassnet.display.numbers import percent, printable

WIDTH, BAR, GAP = 80, 24, "  "


def to_text(sections: Iterable[Section]) -> str:
    """Sections as text, an empty line between them."""
    return "\n\n".join(
        "\n".join([section.title, "-" * len(section.title), *map(block_text, section.blocks)])
        for section in sections
    )


def block_text(block: Block) -> str:
    """One block."""
    match block:
        case Paragraph(text):
            return fill(text, WIDTH)
        case Equation(text, source):
            return "\n".join([fill(text, WIDTH, subsequent_indent="    "), *source_lines(source)])
        case Table():
            return table_text(block)
        case Bars(names, shares):
            return "\n".join(bar_lines(names, shares))
        case Picture(pixels):
            return half_blocks(pixels)


def source_lines(source: Source | None) -> list[str]:
    """Where the code is and what it says, on one line if it fits."""
    if source is None:
        return []
    where, code = f"    {source.file}:{source.line}", printable(source.code, WIDTH - 2)
    together = f"{where}  {code}"
    return [together] if len(together) <= WIDTH else [where, f"{code:>{len(code) + 2}}"]


def table_text(table: Table) -> str:
    """Columns side by side: numbers to the right, words to the left."""
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    lines = []
    for row in (table.head, *table.rows):
        cells = (
            f"{cell:<{width}}" if k in table.words else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append((GAP + GAP.join(cells)).rstrip())
    return "\n".join(line for line in lines if line)


def bar_lines(names: Iterable[str], shares: Array) -> list[str]:
    """One line for each share: its name, a bar, and its percentage."""
    names = [printable(name, 20) for name in names]
    width = max(map(len, names))
    return [
        f"{name:>{width}} {'█' * round(BAR * share):<{BAR}} {percent(share, 1)}"
        for name, share in zip(names, shares.tolist(), strict=True)
    ]


def half_blocks(picture: Array) -> str:
    """A picture (28, 28) as 14 lines of 28 characters.

    Example:
        >>> import numpy as np
        >>> print(half_blocks(np.array([[0, 255, 0, 255], [0, 0, 255, 255]])))
         ▀▄█
    """
    ink = picture > 127
    pairs = ink[0::2] + 2 * ink[1::2]
    return "\n".join("".join(" ▀▄█"[pair] for pair in row) for row in pairs)
