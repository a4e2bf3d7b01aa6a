"""The real libraries, which the formats are held against."""

import importlib
import os
import warnings

import onnx
import onnxruntime
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
def run():
    """What onnxruntime answers, after onnx has checked the graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1

    def run(proto, X):
        onnx.checker.check_model(proto, full_check=True)
        session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, {"X": X}), strict=True))

    return run


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
