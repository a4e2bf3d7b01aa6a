"""IDX files, plain or gzipped: the form in which MNIST is published.

    bytes 0 and 1   zero
    byte 2          the type of the values; 8 is uint8, the only one read here
    byte 3          the number of dimensions: 1 for labels, 3 for pictures
    4 bytes each    the size of each dimension, big-endian
    the rest        the values, one byte each

A file is trusted in nothing: it is unpacked only as far as its header says, and must end there.
"""

import struct
import zlib
from collections.abc import Callable
from gzip import GzipFile
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files import FRESH_COPY, MAX_BYTES, open_data_file, write_atomically
from glassnet.errors import DataFileError, ParamError

UInt8Array = NDArray[np.uint8]

GZIP_MAGIC = b"\x1f\x8b"
UINT8 = 8
CHUNK = 2**16


def read_idx(path: Path) -> UInt8Array:
    """The values of an IDX file, gzipped or not, whatever its name.

    Args:
        path: the file.

    Returns:
        Labels (N,) or pictures (N, rows, columns).

    Raises:
        DataFileError: it is missing, damaged, or no IDX file of unsigned bytes.
    """
    with open_data_file(path) as file:
        zipped = file.peek(2).startswith(GZIP_MAGIC)
        read = GzipReader(path, file).read if zipped else file.read
        shape = read_shape(path, read)
        size = prod(shape)
        values = read(size + 1)
    if len(values) != size:
        in_file = "more" if len(values) > size else f"{len(values):,}"
        found = f"header says {by(shape)} = {size:,} bytes, file has {in_file}"
        raise DataFileError(path, found, advice=FRESH_COPY)
    return np.frombuffer(values, np.uint8).reshape(shape).copy()


def read_idx_pair(images_path: Path, labels_path: Path) -> tuple[UInt8Array, UInt8Array]:
    """Pictures and their labels, from the two files they are published in.

    Args:
        images_path: the IDX file of pictures, 28x28.
        labels_path: the IDX file of labels, 0 to 9.

    Returns:
        Rows of pixels (N, 784) and labels (N,).

    Raises:
        DataFileError: a file is bad, or the two do not fit together.
    """
    return rows_and_labels(images_path, read_idx(images_path), labels_path, read_idx(labels_path))


def write_idx(path: Path, array: UInt8Array) -> None:
    """Write an IDX file, gzipped if its name ends in .gz; the same array gives the same bytes.

    Args:
        path: the file to write.
        array: labels (N,) or pictures (N, rows, columns).

    Raises:
        ParamError: the array is none that an IDX file is read back from.
        StorageError: the file cannot be written.
    """
    if array.dtype != np.uint8 or array.ndim not in (1, 3) or array.size == 0:
        found = f"{array.dtype} values of shape {array.shape}"
        raise ParamError("array", found, "uint8 labels (N,) or pictures (N, rows, columns)")
    content = struct.pack(f">HBB{array.ndim}I", 0, UINT8, array.ndim, *array.shape)
    content += array.tobytes()

    def write(file: BinaryIO) -> None:
        if path.suffix == ".gz":
            with GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as zipped:
                zipped.write(content)
        else:
            file.write(content)

    write_atomically(path, write)


def rows_and_labels(
    pictures_at: str | Path,
    pictures: NDArray[Any],
    labels_at: str | Path,
    labels: NDArray[Any],
) -> tuple[UInt8Array, UInt8Array]:
    """Rows of pixels (N, 784) and labels (N,), once pictures and labels are seen to fit.

    Args:
        pictures_at: where the pictures come from, for the error.
        pictures: must be (N, 28, 28) uint8.
        labels_at: where the labels come from, for the error.
        labels: must be (N,) integers from 0 to 9.
    """
    if pictures.shape[1:] != (28, 28) or pictures.dtype != np.uint8:
        found = f"{pictures.dtype} values of size {by(pictures.shape)}"
        raise DataFileError(pictures_at, found, "uint8 pictures of size Nx28x28")
    if labels.ndim != 1:
        raise DataFileError(labels_at, f"values of size {by(labels.shape)}", "a row of labels")
    if len(labels) != len(pictures):
        found = f"{len(labels):,} labels for {len(pictures):,} pictures"
        raise DataFileError(labels_at, found, "as many", "files that belong together")
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        raise DataFileError(labels_at, f"label {labels[wrong[0]]} at index {wrong[0]}", "0 to 9")
    return pictures.reshape(-1, 784), labels.astype(np.uint8)


class GzipReader:
    """The content of a gzip file, unpacked no further than asked for, and checked at its end.

    A small file can unpack to a thousand times its size. Unlike Python's own reader, this one
    refuses whatever follows the gzip data.
    """

    def __init__(self, path: Path, file: BufferedReader):
        self.path = path
        self.file = file
        self.gunzip = zlib.decompressobj(wbits=31)  # gzip's header and checksum, nothing else

    def read(self, n: int) -> bytes:
        """At most n bytes."""
        content = bytearray()
        while len(content) < n and not self.gunzip.eof:
            packed = self.gunzip.unconsumed_tail or self.file.read(CHUNK)
            if not packed:
                raise self.damaged("truncated")
            try:
                content += self.gunzip.decompress(packed, n - len(content))
            except zlib.error as error:
                raise self.damaged(f"damaged ({error})") from error
        if self.gunzip.eof and (self.gunzip.unused_data or self.file.read(1)):
            raise self.damaged("followed by other bytes")
        return bytes(content)

    def damaged(self, how: str) -> DataFileError:
        return DataFileError(self.path, f"gzip data {how}", advice=FRESH_COPY)


def read_shape(path: Path, read: Callable[[int], bytes]) -> tuple[int, ...]:
    """The header: the size of each dimension."""
    start = read(4)
    if len(start) < 4 or start[:2] != b"\0\0":
        raise DataFileError(path, f"no IDX file: it starts with {start!r}", "two zero bytes")
    kind, n_dimensions = start[2:]
    if kind != UINT8:
        raise DataFileError(path, f"values of type 0x{kind:02x}", "0x08, unsigned bytes")
    if n_dimensions not in (1, 3):
        found = f"{n_dimensions} dimensions"
        raise DataFileError(path, found, "1 for labels or 3 for pictures")
    sizes = read(4 * n_dimensions)
    if len(sizes) < 4 * n_dimensions:
        raise DataFileError(path, f"a header of {4 + len(sizes)} bytes", f"{4 + 4 * n_dimensions}")
    shape = struct.unpack(f">{n_dimensions}I", sizes)
    if not 0 < prod(shape) <= MAX_BYTES:
        found = f"header says {by(shape)} = {prod(shape):,} bytes"
        raise DataFileError(path, found, f"1 to {MAX_BYTES:,}")
    return shape


def by(shape: tuple[int, ...]) -> str:
    """A shape as people write it, such as 60000x28x28."""
    return "x".join(map(str, shape)) or "1"
