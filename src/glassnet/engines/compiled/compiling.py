"""Compiling: how the functions of this engine become machine code, and stay it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

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
    # Numba takes code from disk while the file that a function is in stays the same; but what the
    # function calls is in the other files here.
    if hasattr(getattr(compiled, "_cache", None), "_cache_file"):
        compiled._cache._cache_file._source_stamp = STAMP
    return compiled
