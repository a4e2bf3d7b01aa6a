"""Tables of digits: CSV files as Kaggle gives them out, and npz files as Keras does.

Both are read strictly. A field of a CSV file is one to three ASCII digits and nothing else; int()
would also take '1_0', ' 7' and the digits of other scripts. A member of an npz file is a plain
array of integers. Its header is matched as text: without np.load there is no way to a pickle.
"""

import re
import struct
import zipfile
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files import FRESH_COPY, MAX_BYTES, open_data_file, write_atomically
from glassnet.data.idx import UInt8Array, by, rows_and_labels
from glassnet.errors import DataFileError

Labeled = tuple[UInt8Array, UInt8Array]  # rows of pixels (N, 784) and labels (N,)

KAGGLE = [f"pixel{i}" for i in range(784)]
OPENML = [f"pixel{i}" for i in range(1, 785)]
ROW_BY_COLUMN = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]
BLOCK = 2**20
MAX_LINE = 2**13  # more than twice the longest line that can be right

MEMBERS = {f"{name}.npy": name for name in ("x_train", "y_train", "x_test", "y_test")}
NPY_HEADER = re.compile(
    rb"\x93NUMPY(\x01\x00..|[\x02\x03]\x00....)\{'descr': '([^']{1,16})', "
    rb"'fortran_order': (True|False), 'shape': \(([0-9L, ]{0,64})\),? *\} *\n",  # L: Python 2
    re.DOTALL,
)
MAX_RATIO = 200  # deflate can reach a thousand; pictures of digits reach five
SMALL = 2**20  # up to here any ratio will do, so that blank pictures can be read


def read_csv(path: Path) -> tuple[UInt8Array, UInt8Array | None]:
    """One picture from every line: its label, if it has one, and 784 pixels row by row.

    The first line names the columns (`label,pixel0,pixel1,...` or `label,1x1,1x2,...`), or is a
    picture already.

    Args:
        path: the file.

    Returns:
        Rows of pixels (N, 784), and labels (N,) or None.

    Raises:
        DataFileError: it is missing, or a line is not as it must be.
    """
    parts = []
    with open_data_file(path) as file:
        blocks = blocks_of_lines(file)
        first = next(blocks, b"").removeprefix(BOM_UTF8)
        header, _, rest = first.partition(b"\n")
        names, n_header = read_header(path, header)
        n_lines = n_header
        for block in chain([rest if n_header else first], blocks):
            rows = parse_lines(block, len(names))
            if rows is None:
                raise line_fault(path, block, n_lines, names)
            parts.append(rows)
            n_lines += len(rows)
    table = np.concatenate(parts)
    if not len(table):
        raise DataFileError(path, "a header and no pictures", "a picture in each line", FRESH_COPY)
    if names[0] != "label":
        return table, None
    labels, x = table[:, 0].copy(), table[:, 1:].copy()
    if labels.max() > 9:
        i = int(np.argmax(labels > 9))
        raise field_fault(path, n_header + i + 1, 0, "label", f"{labels[i]}", "0 to 9")
    return x, labels


def write_csv(path: Path, x: UInt8Array, labels: UInt8Array | None = None) -> None:
    """Write pictures, and labels if there are any, as Kaggle does.

    Args:
        path: the file to write.
        x: rows of pixels (N, 784).
        labels: what each row shows (N,).

    Raises:
        StorageError: the file cannot be written.
    """
    names = KAGGLE if labels is None else ["label", *KAGGLE]
    # NumPy fills short texts up with zero bytes, which are taken out again.
    inner = np.array([b"%d," % value for value in range(256)])
    last = np.array([b"%d\n" % value for value in range(256)])

    def write(file: BinaryIO) -> None:
        file.write(",".join(names).encode() + b"\n")
        for start in range(0, len(x), 1000):
            rows = x[start : start + 1000]
            if labels is not None:
                rows = np.column_stack([labels[start : start + 1000], rows])
            text = inner[rows]
            text[:, -1] = last[rows[:, -1]]
            file.write(text.tobytes().translate(None, b"\0"))

    write_atomically(path, write)


def read_npz(path: Path) -> tuple[Labeled, Labeled]:
    """Training and test data from the members x_train, y_train, x_test and y_test.

    Args:
        path: the file.

    Returns:
        For training and for test, rows of pixels (N, 784) and labels (N,).

    Raises:
        DataFileError: it is missing, damaged, or holds anything but pictures and labels.
    """
    with open_data_file(path) as file:
        members = read_members(path, file)
    at = {name: f"{path}, {name}" for name in members}
    arrays = {name: parse_npy(at[name], content) for name, content in members.items()}

    def labeled(x: str, y: str) -> Labeled:
        return rows_and_labels(at[x], arrays[x], at[y], arrays[y])

    return labeled("x_train", "y_train"), labeled("x_test", "y_test")


def write_npz(path: Path, train: Labeled, test: Labeled) -> None:
    """Write training and test data as Keras does; the same arrays give the same bytes.

    Args:
        path: the file to write.
        train: rows of pixels (N, 784) and labels (N,).
        test: likewise.

    Raises:
        StorageError: the file cannot be written.
    """
    (x_train, y_train), (x_test, y_test) = train, test

    def write(file: BinaryIO) -> None:
        np.savez_compressed(
            file,
            x_train=x_train.reshape(-1, 28, 28),
            y_train=y_train,
            x_test=x_test.reshape(-1, 28, 28),
            y_test=y_test,
        )

    write_atomically(path, write)


def blocks_of_lines(file: BufferedReader) -> Iterator[bytes]:
    r"""The file in blocks of whole lines, each ended by \n, up to a line that is too long."""
    rest = b""
    while len(rest) <= MAX_LINE and (block := file.read(BLOCK)):
        lines, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            yield (lines + newline).replace(b"\r\n", b"\n")
    if rest:
        yield rest + b"\n"


def read_header(path: Path, line: bytes) -> tuple[list[str], int]:
    """The names of the columns, and how many lines they took: 0 if there is no header."""
    found = line.decode(errors="replace").split(",")
    for pixels in (KAGGLE, OPENML, ROW_BY_COLUMN):
        if found in (pixels, ["label", *pixels]):
            return found, 1
    if len(found) not in (784, 785):
        raise width_fault(path, 1, len(found), "784, or 785 with a label")
    names = KAGGLE if len(found) == 784 else ["label", *KAGGLE]
    if line[:1].isdigit():
        return names, 0
    i = next(i for i in range(len(names)) if found[i] != names[i])
    raise field_fault(path, 1, i, "header", found[i], repr(names[i]))


def parse_lines(block: bytes, n_columns: int) -> UInt8Array | None:
    """The values in a block of whole lines (N, n_columns); None if any is not as it must be."""
    text = np.frombuffer(block, np.uint8)
    digits = text - ord("0")  # modulo 256, so whatever is no digit is above 9
    ends = np.flatnonzero(digits > 9)
    lengths = np.diff(ends, prepend=-1) - 1
    if len(ends) % n_columns or ((lengths < 1) | (lengths > 3)).any():
        return None
    separators = np.frombuffer(b"," * (n_columns - 1) + b"\n", np.uint8)
    if (text[ends].reshape(-1, n_columns) != separators).any():
        return None
    values = digits[ends - 1].astype(np.uint16)
    for place, power in ((2, np.uint16(10)), (3, np.uint16(100))):
        longer = np.flatnonzero(lengths >= place)
        values[longer] += power * digits[ends[longer] - place]
    if (values > 255).any():
        return None
    return values.astype(np.uint8).reshape(-1, n_columns)


def line_fault(path: Path, block: bytes, n_before: int, names: list[str]) -> DataFileError:
    """The first fault in a block that parse_lines refused and that n_before lines precede."""
    lines = enumerate(block.split(b"\n"), n_before + 1)
    number, line = next((i, s) for i, s in lines if parse_lines(s + b"\n", len(names)) is None)
    if len(line) > MAX_LINE:
        found = f"line {number}: more than {MAX_LINE:,} bytes"
        return DataFileError(path, found, f"{len(names)} columns", FRESH_COPY)
    fields = line.split(b",")
    if len(fields) != len(names):
        return width_fault(path, number, len(fields), f"{len(names)}")
    i = next(i for i, field in enumerate(fields) if not is_pixel(field))
    found = fields[i].decode(errors="replace")
    return field_fault(path, number, i, names[i], found, "a whole number 0 to 255")


def is_pixel(field: bytes) -> bool:
    """One to three ASCII digits, 255 at most."""
    return re.fullmatch(rb"[0-9]{1,3}", field) is not None and int(field) <= 255


def width_fault(path: Path, line: int, n_columns: int, expected: str) -> DataFileError:
    """A line with too few fields or too many."""
    found = f"line {line}: the last column is {n_columns:,}"
    return DataFileError(path, found, expected, FRESH_COPY)


def field_fault(
    path: Path, line: int, i: int, name: str, found: str, expected: str
) -> DataFileError:
    """A field that is not as it must be."""
    where = f"line {line}, column {i + 1} ({name})"
    return DataFileError(path, f"{where}: found {found[:40]!r}", expected, FRESH_COPY)


# What zipfile lets escape on damaged bytes, beside its own error.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError)


def read_members(path: Path, file: BinaryIO) -> dict[str, bytes]:
    """The content of Keras' four members, which are looked over before any is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            check_members(path, archive.infolist())
            return {name: read_member(archive, member) for member, name in MEMBERS.items()}
    except DataFileError:
        raise
    except ZIP_ERRORS as error:
        found = f"no whole npz file ({str(error)[:100] or 'it ends too early'})"
        raise DataFileError(path, found, advice=FRESH_COPY) from error


def check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Each member once, not encrypted, and none that unpacks to far more than it looks."""
    names = [member.filename for member in members]
    if sorted(names) != sorted(MEMBERS):
        found = f"members {', '.join(names)}"[:200]
        raise DataFileError(path, found, f"{', '.join(MEMBERS)}, each once")
    for member in members:
        where, size, stored = f"{path}, {member.filename}", member.file_size, member.compress_size
        if member.flag_bits & 1:
            raise DataFileError(where, "encrypted", "a file without a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataFileError(where, f"compression {member.compress_type}", "deflate or none")
        if size > max(MAX_RATIO * stored, SMALL):
            found = f"{stored:,} bytes that unpack to {size:,}"
            raise DataFileError(where, found, f"at most {MAX_RATIO} times as many")
    total = sum(member.file_size for member in members)
    if total > MAX_BYTES:
        raise DataFileError(path, f"it unpacks to {total:,} bytes", f"at most {MAX_BYTES:,}")


def read_member(archive: zipfile.ZipFile, member: str) -> bytes:
    """A member, unpacked no further than the size it declares; zipfile compares its checksum."""
    with archive.open(member) as file:
        return file.read(archive.getinfo(member).file_size)


def parse_npy(where: str, content: bytes) -> NDArray[Any]:
    """The array of integers that a member holds."""
    header = NPY_HEADER.match(content)
    if header is None or int.from_bytes(header[1][2:], "little") != header.end() - header.end(1):
        raise DataFileError(where, "no .npy header of a plain array", advice=FRESH_COPY)
    descr = header[2].decode(errors="replace")
    if not re.fullmatch(r"[<>|=][iu][1248]", descr):
        kind = "Python objects, which are never unpickled" if "O" in descr else "values"
        raise DataFileError(where, f"{kind} (type {descr!r})", "integers")
    shape = tuple(int(size) for size in re.findall(rb"[0-9]+", header[4]))
    dtype, n_bytes = np.dtype(descr), len(content) - header.end()
    if n_bytes == 0 or prod(shape) * dtype.itemsize != n_bytes:
        found = f"header says {by(shape)} {dtype}, member has {n_bytes:,} bytes"
        raise DataFileError(where, found, advice=FRESH_COPY)
    values = np.frombuffer(content, dtype, offset=header.end())
    return values.reshape(shape, order="F" if header[3] == b"True" else "C").copy()
