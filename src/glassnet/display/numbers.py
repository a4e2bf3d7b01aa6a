"""Numbers as people read them: short, and in columns that add up as they are printed."""

from collections.abc import Sequence
from math import floor, log10

DECIMALS = 4
SMALLEST, PLAIN = 1e-300, (0.1, 1e6)  # what is less is nothing; what needs no power of ten


def number(value: float) -> str:
    """A number on its own, with four decimals or four digits.

    Example:
        >>> [number(value) for value in (0.0, -1.23456, 0.000012345, 1e9)]
        ['0', '-1.2346', '1.234e-05', '1.000e+09']
    """
    if value == 0:
        return "0"
    plain = 1e-3 <= abs(value) < PLAIN[1]
    return f"{value:.{DECIMALS}f}" if plain else f"{value:.3e}"


def add_up(parts: Sequence[float], total: float) -> tuple[list[str], str, str]:
    """Numbers and their sum, rounded to the same place.

    Args:
        parts: the numbers.
        total: their sum.

    Returns:
        The parts, what rounding has left between them and the total ("" if nothing), and the total:
        as they are printed, the first two add up to the last, exactly.

    Example:
        >>> add_up([2.00004, -1.00004, 0.00004], 1.00004)
        (['+2.0000', '-1.0000', '+0.0000'], '', '+1.0000')
        >>> add_up([2e-9, 1.00004e-9, 0.00004e-9], 3.00008e-9)
        (['+2.0000e-09', '+1.0000e-09', '+0.0000e-09'], '+0.0001e-09', '+3.0001e-09')
    """
    largest = max(map(abs, (*parts, total)))
    plain = largest < SMALLEST or PLAIN[0] <= largest < PLAIN[1]
    exponent = 0 if plain else floor(log10(largest))
    *units, sum_units = (round(v * 10.0 ** (DECIMALS - exponent)) for v in (*parts, total))

    def text(count: int) -> str:
        return f"{count / 10**DECIMALS:+.{DECIMALS}f}" + ("" if plain else f"e{exponent:+03}")

    residue = sum_units - sum(units)
    return [text(count) for count in units], text(residue) if residue else "", text(sum_units)


def percent(share: float, digits: int = 2) -> str:
    """A share in [0, 1] as percent.

    Example:
        >>> percent(0.97856)
        '97.86 %'
    """
    return f"{100 * share:.{digits}f} %"


def printable(text: str, longest: int = 200) -> str:
    """Any text on one line of a terminal, none of it a command to it.

    Example:
        >>> printable("red: \\x1b[31m"), printable("a" * 20, 6)
        ('red: \\\\x1b[31m', 'aaa...')
    """
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: longest + 1])
    return line if len(line) <= longest else line[: longest - 3] + "..."
