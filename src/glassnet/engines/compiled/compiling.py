"""Compiling: how the functions of this engine become machine code, and stay it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile

SOURCES = sorted(Path(__file__).parent.glob("*.py"))
STAMP = sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()


def jit(function: Callable[..., Any]) -> Any:
    """Compile for use by other compiled functions."""
    return compile_with(function, no_cpython_wrapper=True, forceinline=True, _nrt=False)


def entry(function: Callable[..., Any]) -> Any:
    """Compile for use from Python, without the interpreter's lock.

    Nothing in it allocates. So Numba need not count who refers to which array, which took longer
    than to learn from one example.
    """
    return compile_with(function, nogil=True, _nrt=False)


def allocating_entry(function: Callable[..., Any]) -> Any:
    """Compile for use from Python what makes arrays of its own."""
    return compile_with(function, nogil=True)


def compile_with(function: Callable[..., Any], **options: bool) -> Any:
    """Compile on first use, and keep the code on disk where there is a place for it.

    Division by zero gives what it gives in NumPy.
    """
    options |= {"no_cfunc_wrapper": True}
    try:
        compiled = njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # Numba has found no folder to write to
        return njit(error_model="numpy", **options)(function)
    cache: Any = getattr(compiled, "_cache", None)
    if file := getattr(cache, "_cache_file", None):
        name = Path(file._index_name).stem
        cache._cache_file = CompiledCode(file._cache_path, name, STAMP)
    return compiled


class CompiledCode(IndexDataCacheFile):  # type: ignore[misc]
    """Code on disk, stamped with all files here: what a function calls is not only in its own.

    Numba numbers the files of a function; two processes that compile it at the same time for other
    types may take one number, and each then runs the other's code. Here the types say the name.
    """

    def save(self, key: Any, data: Any) -> None:
        """Keep code under a key, which holds the types it was compiled for."""
        number = int.from_bytes(sha256(repr(key).encode()).digest()[:8], "little")
        name = self._data_name(number)
        self._save_data(name, data)
        self._save_index(self._load_index() | {key: name})
