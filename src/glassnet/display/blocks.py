"""Blocks: what a page says, before it is known whether it becomes text, HTML or a terminal's."""

from typing import NamedTuple

from glassnet.core.activations import Array


class Source(NamedTuple):
    """A line of code.

    Args:
        file: as in "core/network.py".
        line: its number, from 1.
        code: what it says.
    """

    file: str
    line: int
    code: str


class Paragraph(NamedTuple):
    """Sentences."""

    text: str


class Equation(NamedTuple):
    """An equation, and the line of code that is it, where that is known."""

    text: str
    source: Source | None = None


class Table(NamedTuple):
    """Rows under a head; columns hold numbers, but for those in `words`."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = ()


class Bars(NamedTuple):
    """Shares in [0, 1], each with its name."""

    names: tuple[str, ...]
    shares: Array


class Picture(NamedTuple):
    """A picture (height, width) uint8, ink = 255, and what it shows."""

    pixels: Array
    label: str


Block = Paragraph | Equation | Table | Bars | Picture


class Section(NamedTuple):
    """Blocks under a title."""

    title: str
    blocks: tuple[Block, ...]
