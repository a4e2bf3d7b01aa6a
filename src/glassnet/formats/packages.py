"""Packages that only some formats need: imported when used, and missed with one sentence."""

from importlib import import_module
from typing import Any

from glassnet.errors import ParamError


def load_package(name: str) -> Any:
    """Import a package of the extra `export`.

    Raises:
        ParamError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        found = f"{error.name or name} is not installed"
        raise ParamError(name, found, advice="pip install 'glassnet[export]'") from error
