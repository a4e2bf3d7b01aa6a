"""Ink: what is drawn, told from what it is drawn on.

A clean picture, of one paper level, is taken as it is. A photo has noise, shadows and little
contrast; it is turned into what the scanner behind MNIST saw, ink or paper and little in between.
Left out are ruled paper, several digits, and shadows with hard edges.
"""

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.resampling import resample, shrink

PAGE, THUMBNAIL, WINDOW = 128, 32, 17  # longer sides of a photo, and of what its light is read from
LEAST_CONTRAST = 4  # of ink, in standard deviations of the paper's noise; blank photos reach 3
BARELY, FULLY = 0.35, 0.65  # shares of the ink's level where ink begins and is complete
STRAY, STRAY_IN_PHOTO = 1e-4, 5e-3  # shares of the ink that may be cut off at each edge


def find_ink(grey: Array) -> Array:
    """Tell ink from paper, dark on light or light on dark.

    Where the paper has one level, ink is the distance from it, less what is next to nothing at the
    outer edge. What is noisy or shaded is taken for a photo.

    Args:
        grey: light (height, width) in [0, 1].

    Returns:
        Ink in [0, 1], paper = 0, and nothing but 0 if there is no ink. A clean picture keeps its
        shape; of a photo there is left what is around the ink, no longer than 128 pixels.
    """
    distance = grey - np.median(frame(grey))
    if is_clean(distance):
        return without_stray_lines(toward_ink(distance), STRAY)
    return ink_in_photo(grey)


def frame(image: Array) -> Array:
    """The pixels along the four edges: most of them are paper."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def is_clean(distance: Array) -> bool:
    """Whether the paper has one level, and few pixels are faint as the noise of a JPEG is."""
    distance = np.abs(distance)
    strong = distance > distance.max() / 10
    faint = (distance > 0) & ~strong
    return bool(np.median(frame(distance)) == 0 and 2 * faint.sum() <= strong.sum())


def toward_ink(distance: Array) -> Array:
    """The distance from paper on the side of ink: where it is far, it is ink."""
    return np.maximum(np.sign((distance**3).sum()) * distance, 0)


def ink_in_photo(photo: Array) -> Array:
    """Ink in a photo: one look to see where it is, and a closer one to see how it is."""
    ink = ink_on_page(shrink(photo, PAGE))
    if not ink.any():
        return ink
    top, left, bottom, right = box_of(ink)
    margin = max(bottom - top, right - left) / 2
    scale = max(photo.shape) / max(ink.shape)
    edges = scale * np.array([top - margin, bottom + margin, left - margin, right + margin])
    top, bottom, left, right = np.rint(edges).clip(min=0).astype(int)
    return ink_on_page(shrink(photo[top:bottom, left:right], PAGE))


def ink_on_page(page: Array) -> Array:
    """Ink in a page (height, width) with noise, shadows and little contrast, as a scanner sees it.

    The light on the page is a running median, which follows shadows and passes over strokes.
    """
    distance = page - resample(running_median(shrink(page, THUMBNAIL)), *page.shape)
    distance -= np.median(distance)
    noise = 1.4826 * np.median(np.abs(distance))  # the standard deviation, if it is normal
    ink = toward_ink(distance)
    level = ink_level(ink)
    if level <= LEAST_CONTRAST * noise:
        return np.zeros_like(ink)
    ink = np.clip((ink / level - BARELY) / (FULLY - BARELY), 0, 1)
    return without_stray_lines(ink, STRAY_IN_PHOTO)


def running_median(image: Array) -> Array:
    """The median of the window around each pixel; beyond an edge, slopes go on as they were."""
    padded = np.pad(image, WINDOW // 2, mode="reflect", reflect_type="odd")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (WINDOW, WINDOW))
    return np.median(windows, axis=(2, 3))


def ink_level(ink: Array) -> float:
    """The mean of what is nearer to it than to paper at 0 (Ridler and Calvard, 1978)."""
    level = ink.max()
    for _ in range(20):
        level = ink[ink >= level / 2].mean()
    return float(level)


def without_stray_lines(ink: Array, fraction: float) -> Array:
    """Blank the outermost rows and columns that hold no more than a fraction of the ink."""
    for axis in (0, 1):
        line = ink.sum(axis=1 - axis, keepdims=True)
        before, after = line.cumsum(axis), np.flip(np.flip(line).cumsum(axis))
        ink = ink * (np.minimum(before, after) > fraction * line.sum())
    return ink


def box_of(ink: Array) -> tuple[int, int, int, int]:
    """The box of all ink: top, left, bottom, right."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
