"""Curves: how numbers went, epoch by epoch, as SVG."""

from collections.abc import Callable, Sequence

import numpy as np

from glassnet.core.activations import Array
from glassnet.display.html import escape

WIDTH, HEIGHT = 360, 116
LEFT, RIGHT, TOP, BOTTOM = 50, 354, 6, 100  # of the frame
MOST_POINTS = 200

Line = Sequence[tuple[int, float]]


def curves(lines: Sequence[Line], label: str, text: Callable[[float], str], low: float = 0) -> str:
    """Lines of points (x, y), each of at least one, in a frame with its limits written on it.

    Args:
        lines: the lines; the k-th has the class "line<k>".
        label: what they show, in words.
        text: how y is written.
        low: where the frame begins, unless a line goes lower.
    """
    points = [thinned(np.array(line, float)) for line in lines]
    start = np.minimum(np.min([p.min(0) for p in points], 0), [np.inf, low])
    end = np.max([p.max(0) for p in points], 0)
    size = np.where(end > start, end - start, 1)
    places = [[LEFT, BOTTOM] + (p - start) / size * [RIGHT - LEFT, TOP - BOTTOM] for p in points]
    return "".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
            f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="#8c959f"/>',
            note(LEFT - 4, TOP + 5, text(end[1])) + note(LEFT - 4, BOTTOM, text(start[1])),
            note(LEFT + 5, HEIGHT - 4, f"{start[0]:.0f}")
            + note(RIGHT, HEIGHT - 4, f"{end[0]:.0f}"),
            *(polyline(k, places_k) for k, places_k in enumerate(places)),
            "</svg>",
        ]
    )


def thinned(points: Array) -> Array:
    """At most MOST_POINTS of the points (N, 2), the first and the last among them."""
    some = np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS))
    return points[some.astype(int)]


def note(x: float, y: float, text: str) -> str:
    """A text that ends at x."""
    return f'<text x="{x}" y="{y}" text-anchor="end" fill="currentColor">{escape(text)}</text>'


def polyline(k: int, points: Array) -> str:
    """One line; a dot at its end is all that a single point can show."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<g class="line{k}"><polyline points="{path}" fill="none" stroke="currentColor"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="currentColor"/></g>'
    )
