"""Drawings without a grey level, and photos of digits, for the tests of what reads them."""

import io

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

KINDS = {  # how much light comes back from the paper, and from the ink on it
    "pen": (0.9, 0.2),
    "pencil": (0.9, 0.68),
    "chalk": (0.15, 0.85),
}


@st.composite
def drawings(draw):
    """Strokes (120, 120) uint8, ink = 255; no line of ink is as short as the recipe's minimum."""
    point = st.tuples(st.integers(4, 55), st.integers(4, 55))
    points = draw(st.lists(point, min_size=2, max_size=5, unique=True))
    sheet = Image.new("L", (60, 60))
    ImageDraw.Draw(sheet).line(points, fill=255, width=draw(st.integers(2, 6)), joint="curve")
    ink = np.asarray(sheet).repeat(2, axis=0).repeat(2, axis=1)  # no odd margin in the square
    assume(max(np.ptp(axis) for axis in np.nonzero(ink)) >= 20)
    return ink


def photo(digit, kind, rng, smallest=0.3, largest=0.8):
    """A JPEG file that a phone might make of a digit (28, 28): shaded, blurred and noisy.

    The digit with its margin has between the smallest and the largest share of the shorter side.
    """
    paper, ink = KINDS[kind]
    height, width = rng.integers(300, 500, 2)
    strokes = np.zeros((height, width))
    side = int(min(height, width) * rng.uniform(smallest, largest))
    top, left = rng.integers(height - side), rng.integers(width - side)
    strokes[top : top + side, left : left + side] = enlarged(digit, side)
    page = (paper + (ink - paper) * strokes) * light(height, width, rng)
    blurred = Image.fromarray(np.uint8(255 * page)).filter(ImageFilter.GaussianBlur(1.5))
    noisy = np.asarray(blurred) + rng.normal(0, 5, page.shape)
    file = io.BytesIO()
    Image.fromarray(np.uint8(noisy.clip(0, 255))).save(file, "JPEG", quality=60)
    return file.getvalue()


def enlarged(digit, side):
    """The digit as strokes with a crisp edge (side, side) in [0, 1]."""
    soft = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    soft = soft.filter(ImageFilter.GaussianBlur(side / 90))
    return np.clip((np.asarray(soft) / 255 - 0.45) * 6 + 0.5, 0, 1)


def light(height, width, rng):
    """Lamp light (height, width) that falls off, and the soft shadow of a hand."""
    angle, shadow = rng.uniform(0, 2 * np.pi, 2)
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    lamp = 0.8 + 0.4 * (np.cos(angle) * x + np.sin(angle) * y)
    edge = (np.cos(shadow) * x + np.sin(shadow) * y - 0.2) / 0.1
    return lamp * (1 - 0.4 / (1 + np.exp(-edge)))
