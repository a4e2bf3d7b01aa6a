"""Images that a page carries in itself: pictures and weights as PNG files in their address."""

import struct
import zlib
from base64 import b64encode

import numpy as np

from glassnet.core.activations import Array

ORANGE, MIDDLE, BLUE = (0xB3, 0x58, 0x06), (0xF7, 0xF7, 0xF7), (0x21, 0x66, 0xAC)
LEVELS = 15  # on either side of zero


def png(pixels: Array, palette: Array | None = None) -> bytes:
    """A PNG file.

    Args:
        pixels: grey levels (height, width) uint8, or rows of the palette.
        palette: colors (N, 3) uint8.

    Example:
        >>> png(np.zeros((1, 1), np.uint8))[:4]
        b'\\x89PNG'
    """
    kind = 0 if palette is None else 3
    height, width = pixels.shape
    lines = np.pad(pixels, ((0, 0), (1, 0))).tobytes()  # each line begins with its filter, none
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)),
        *([] if palette is None else [(b"PLTE", palette.tobytes())]),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def ink_uri(picture: Array) -> str:
    """A picture (height, width) uint8, ink = 255, as dark ink on white paper."""
    return data_uri(png(255 - picture))


def signed_uri(values: Array) -> str:
    """Numbers (height, width) from orange over white, which is zero, to blue."""
    largest = float(np.abs(values).max()) or 1.0
    rows = np.rint(LEVELS * (values / largest)).astype(int) + LEVELS
    return data_uri(png(rows.astype(np.uint8), signed_palette()))


def signed_palette() -> Array:
    """The colors from -LEVELS to LEVELS (2 LEVELS + 1, 3) uint8."""
    at = np.arange(2 * LEVELS + 1)
    ends = zip(ORANGE, MIDDLE, BLUE, strict=True)
    bands = [np.interp(at, (0, LEVELS, 2 * LEVELS), band) for band in ends]
    return np.rint(np.stack(bands, axis=1)).astype(np.uint8)


def data_uri(content: bytes) -> str:
    """A PNG file as an address that holds it."""
    return f"data:image/png;base64,{b64encode(content).decode()}"
