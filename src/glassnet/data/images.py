"""Image files: bytes that anybody may have made, to the grey levels of a still picture.

Whatever the bytes are, the result is an array or a PictureError. Left out are formats other than
the four below and all that is not light: colors, animation, metadata (but for which side is up).
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.files import reason
from glassnet.errors import PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
MAX_PIXELS = 4_000_000
MAX_SIDE = 4096


def read_image(source: str | Path | bytes) -> Array:
    """The grey levels of an image file, of an animation's first frame.

    What is transparent shows the paper behind it: white if the visible part is dark, else black.

    Args:
        source: a path, or the bytes of a file.

    Returns:
        Light (height, width) in [0, 1], 0 = black.

    Raises:
        PictureError: the file is missing, damaged, too large or no picture.
    """
    from PIL import Image, ImageOps

    where = "picture" if isinstance(source, bytes) else Path(source)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    with only_picture_errors(where), Image.open(file, formats=FORMATS) as image:
        check_size(where, image.height, image.width)  # known from the header, before decoding
        return grey_levels(ImageOps.exif_transpose(image))


def write_image(path: Path, grey: Array) -> None:
    """Write grey levels (height, width) uint8 as an image file, of the format its name says."""
    from PIL import Image

    Image.fromarray(grey).save(path)


def check_size(where: str | Path, height: int, width: int) -> None:
    """Refuse a picture with no pixel, or with more than a reader of digits has use for.

    Raises:
        PictureError: it is such a picture.
    """
    if not 0 < height * width <= MAX_PIXELS or max(height, width) > MAX_SIDE:
        expected = f"at most {MAX_PIXELS / 1e6:.0f} megapixels, {MAX_SIDE} pixels a side"
        raise PictureError(where, f"{width}x{height} pixels", expected, "resize the picture")


def grey_levels(image: "Image") -> Array:
    """Light (height, width) in [0, 1], whatever way the pixels are stored."""
    if image.mode.startswith("I"):  # 16 bits a pixel
        return np.asarray(image, float) / 65535
    light, alpha = (
        np.asarray(band, float) / 255 for band in image.convert("RGBA").convert("LA").split()
    )
    visible_is_dark = (alpha * light).sum() < alpha.sum() / 2
    return alpha * light + (1 - alpha) * visible_is_dark


@contextmanager
def only_picture_errors(where: str | Path) -> Iterator[None]:
    """Turn everything that a decoder may raise into a PictureError, and silence what it says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Exception as error:  # on damaged bytes, decoders raise about any type there is
        raise PictureError(where, *found_expected_advice(error)) from error


def found_expected_advice(error: Exception) -> tuple[str, str, str]:
    """What an error says about a file that should be a picture."""
    from PIL import UnidentifiedImageError

    formats = f"a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture", formats, "save the picture as PNG"
    if isinstance(error, OSError) and error.strerror:
        return reason(error), formats, "check the path"
    found = f"cannot be decoded: {str(error) or type(error).__name__}"
    return found, "a whole picture", "save the picture as PNG"
