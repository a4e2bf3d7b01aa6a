"""The real libraries, which the formats are held against."""

import importlib
import os
import warnings

import pytest

import glassnet


def load_peer(name):
    """A library; the test is skipped without it, or fails where GLASSNET_REQUIRE_PEERS is set."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library says to itself is not about us
            return importlib.import_module(name)
    except ImportError as error:
        if os.environ.get("GLASSNET_REQUIRE_PEERS"):
            pytest.fail(f"{error}, and GLASSNET_REQUIRE_PEERS is set")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def torch():
    torch = load_peer("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return load_peer("keras")


@pytest.fixture(scope="session")
def mnist(mnist_folder):
    """All of MNIST's test digits (10,000, 784)."""
    return glassnet.load_data(mnist_folder).test.x
