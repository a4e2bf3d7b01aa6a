"""Strokes: a digit as a pen drew it, to the row of pixels that MNIST would have held.

    strokes -> 20x20, drawn anew with MNIST's pen -> center of mass -> picture (28, 28)

However large a digit was drawn, and with whatever pen, its lines come out as wide as MNIST's; from
pixels alone, a small digit would come out with thick lines, and be misread. The page does the same
operations in the same order (web/static/preparation.js). Left out is all that a pen tells beside
its path, such as pressure and speed.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.activations import Array
from glassnet.data.pictures import BOX, Prepared, to_center
from glassnet.errors import PictureError

PEN = 2.4  # its width in the 20x20: lines, measured by area and outline, are as wide as MNIST's
REACH = PEN / 2 + 0.5  # what is farther from the middle of a line than this is paper
FARTHEST = 1e100  # a coordinate with which the arithmetic cannot overflow
AT_ONCE = 1000  # segments, so that no drawing is too long for the memory


def picture_from_strokes(strokes: Iterable[ArrayLike], smallest: float = 0) -> Array:
    """The picture MNIST would have made of a digit drawn with a pen.

    Args:
        strokes: one list of points (x, y) for each time the pen was down; y grows downwards, the
            unit is any.
        smallest: what is shorter than this, in the unit of the strokes, is scaled as if it were
            this long, so that a speck does not become a digit.

    Returns:
        The picture (28, 28) uint8, ink = 255.

    Raises:
        PictureError: there are no strokes, or they are something else.

    Example:
        >>> picture = picture_from_strokes([[(0, 0), (0, 100)]])
        >>> [int(picture.any(axis).sum()) for axis in (1, 0)]  # rows and columns with ink
        [20, 4]
    """
    return prepare_strokes(strokes, smallest).picture


def prepare_strokes(strokes: Iterable[ArrayLike], smallest: float = 0) -> Prepared:
    """Scale, draw anew and center strokes.

    Args:
        strokes: as in picture_from_strokes.
        smallest: likewise.

    Returns:
        Every stage; the box is that of the points, in their unit.

    Raises:
        PictureError: there are no strokes, or they are something else.
    """
    lines = check_strokes(strokes)
    points = np.vstack(lines)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    side = max(*extent, smallest) or 1.0
    middle = low + extent / 2
    lines = [(line - middle) / side * (BOX - PEN) + BOX / 2 for line in lines]
    (left, top), (right, bottom) = low.tolist(), points.max(axis=0).tolist()
    return to_center((top, left, bottom, right), draw(lines))


def check_strokes(strokes: Iterable[ArrayLike]) -> list[Array]:
    """Strokes as arrays (points, 2), if they are such.

    Raises:
        PictureError: they are not.
    """
    expected, advice = "lists of points (x, y)", "draw one digit"
    try:
        lines = [np.asarray(stroke, float) for stroke in strokes]
    except (TypeError, ValueError, OverflowError) as error:
        raise PictureError("strokes", str(error), expected, advice) from error
    if not lines:
        raise PictureError("strokes", "none", expected, advice)
    for i, line in enumerate(lines):
        if line.ndim != 2 or line.shape[1] != 2 or len(line) == 0:
            raise PictureError(f"strokes[{i}]", f"shape {line.shape}", "(points, 2)", advice)
        if not np.abs(line).max() <= FARTHEST:  # so that NaN fails too
            found = f"values from {line.min():g} to {line.max():g}"
            raise PictureError(f"strokes[{i}]", found, "finite numbers", advice)
    return lines


def draw(lines: list[Array]) -> Array:
    """Ink (20, 20) in [0, 1], of lines (points, 2) whose unit is the pixel.

    At the edge of a line it falls from 1 to 0 within a pixel, as does the share that is covered.
    """
    starts = np.vstack(lines)
    ends = np.vstack([end for line in lines for end in (line[1:], line[-1:])])  # the last: a dot
    parts = len(starts) // AT_ONCE + 1
    pairs = zip(np.array_split(starts, parts), np.array_split(ends, parts), strict=True)
    nearest = np.min([squared_distances(*pair).min(axis=0) for pair in pairs], axis=0)
    return np.clip(REACH - np.sqrt(nearest), 0, 1)


def squared_distances(starts: Array, ends: Array) -> Array:
    """From the middle of every pixel to each segment, (segments, 20, 20)."""
    middle = np.arange(BOX) + 0.5
    (x, y), (dx, dy) = starts.T[..., None, None], (ends - starts).T[..., None, None]
    x, y = middle[np.newaxis, :] - x, middle[:, np.newaxis] - y  # from the start to the pixel
    length = np.maximum(dx * dx + dy * dy, 1e-300)  # squared; not 0, for dots
    t = np.clip((x * dx + y * dy) / length, 0, 1)  # how far along the segment its nearest point is
    return (x - t * dx) ** 2 + (y - t * dy) ** 2
