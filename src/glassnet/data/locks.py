"""Locks: only one process at a time works in a folder; killed, it holds nothing any more."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from glassnet.errors import BusyError

PLACE = 2**30  # of the byte that Windows locks, behind all that is to be read


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, which has the number of this process in it.

    Args:
        path: the file; there is none any more when the block ends.

    Raises:
        BusyError: another process holds it, or this one already does.
    """
    with take(path) as file:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            if sys.platform != "win32":  # where an open file cannot be removed
                path.unlink(missing_ok=True)


def take(path: Path) -> TextIO:
    """The lock file, open and locked."""
    while True:
        file = path.open("a+")
        try:
            lock(file)
        except OSError as error:
            file.seek(0)
            holder = file.read(20)
            file.close()
            found = f"process {holder} is at work there" if holder else "another is at work there"
            raise BusyError(
                path.parent, found, advice="another folder, or when it is done"
            ) from error
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # its holder has just removed it


def lock(file: TextIO) -> None:
    """Lock an open file; OSError if it is locked."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
