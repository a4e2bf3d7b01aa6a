"""Files: read so that every refusal is one of our errors, and written whole or not at all.

Nothing here knows what is in a file.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from glassnet.errors import DataFileError, StorageError

MAX_BYTES = 256 * 2**20  # the most that a file may unpack to; MNIST is 55 MB
FRESH_COPY = "a fresh copy of the file"


@contextmanager
def open_data_file(path: Path) -> Iterator[BufferedReader]:
    """Open a file to read from it.

    Raises:
        DataFileError: it cannot be opened, or a read inside the `with` block fails.
    """
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise DataFileError(path, "no such file", advice="a path to a file that exists") from error
    except IsADirectoryError as error:
        raise DataFileError(path, "a folder", "a file", "a path to a file in it") from error
    except PermissionError as error:
        advice = "giving yourself the right to read it"
        raise DataFileError(path, "permission denied", advice=advice) from error
    except OSError as error:
        raise DataFileError(path, f"cannot be read: {reason(error)}", advice=FRESH_COPY) from error


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file whole or not at all: under another name beside it, and then renamed.

    Whatever goes wrong, a file that was there before stays as it was. A link is followed.

    Args:
        path: the file to write or to replace.
        write: writes the content to the open file it is given.

    Raises:
        StorageError: it cannot be written.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{token_hex(4)}.tmp")
    try:
        # A rename would put a file in the place of a device such as /dev/null.
        if target.exists() and not target.is_file():
            raise StorageError(path, "not a regular file", "a file", "another path")
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except StorageError:
        raise
    except OSError as error:
        advice = "a folder that exists, may be written to, and has room"
        raise StorageError(path, f"cannot be written: {reason(error)}", advice=advice) from error
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system lets a folder be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def reason(error: OSError) -> str:
    """What the system said, without the error's number and path."""
    return (error.strerror or str(error)).lower()
