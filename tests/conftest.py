"""Where the tests find real data, and how many examples Hypothesis tries."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def missing(what: str) -> None:
    """Skip the test; fail instead where GLASSNET_REQUIRE_DATA is set, as in CI."""
    if os.environ.get("GLASSNET_REQUIRE_DATA"):
        pytest.fail(f"{what}, and GLASSNET_REQUIRE_DATA is set")
    pytest.skip(what)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    if "GLASSNET_DATA" not in os.environ:
        missing("GLASSNET_DATA is not set")
    return Path(os.environ["GLASSNET_DATA"]).resolve()


@pytest.fixture(scope="session")
def mnist_folder(data_folder: Path) -> Path:
    """The folder with MNIST's four IDX files."""
    folder = data_folder / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        missing(f"no MNIST in {data_folder}")
    return folder


@pytest.fixture(scope="session")
def pen_digits(data_folder: Path) -> list[dict]:
    """Digits as pen strokes, with label and writer; nothing has been learned from them."""
    file = data_folder / "pen/pen-digits.json.gz"
    if not file.exists():
        missing(f"no pen digits in {data_folder}")
    return json.loads(gzip.decompress(file.read_bytes()))
