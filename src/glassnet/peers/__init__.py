"""Peers: the same training in other libraries, each written as its own users would at its best.

They are here to be measured against, and for nothing else. A peer is a file with one function,
`prepare(job, x, labels)`: x is (N, inputs) float32 in [0, 1], labels (N,) integers. It gives two
functions: epoch() trains for one pass, and predict(x) gives the class of each row. What a library
cannot express it says by raising Unable. Each peer runs in a process of its own:

    python -m glassnet.peers torch < job.json

Importing this imports none of them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

Epoch = Callable[[], None]
Predict = Callable[[Any], Any]


class Unable(Exception):
    """A peer cannot do this job; the message says why."""


class Job(NamedTuple):
    """What every contestant is given.

    Args:
        data: a folder with x.npy, labels.npy, test_x.npy and test_labels.npy.
        layers: the widths from the input to the output.
        activation: of the hidden layers: relu, sigmoid, tanh or identity.
        loss: cross_entropy, or quadratic_cost over sigmoids.
        optimizer: sgd or adam.
        learning_rate: constant.
        batch_size: examples to a step.
        epochs: passes over the data.
        target: a test accuracy; the time to it is taken.
        threads: how many it may use.
        seed: of weights and order.
        started: when the process was started, seconds since 1970.
    """

    data: str
    layers: list[int]
    activation: str
    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    target: float
    threads: int
    seed: int
    started: float


PEERS = {
    "numpy": "NumPy as tutorials write it",
    "torch": "PyTorch, eager, tensors in memory",
    "jax": "JAX, the whole epoch in one jitted scan",
    "keras": "Keras, fit",
    "sklearn": "scikit-learn, MLPClassifier",
}
PACKAGES = {"numpy": "numpy", "torch": "torch", "jax": "jax", "keras": "keras"}
PACKAGES["sklearn"] = "scikit-learn"
