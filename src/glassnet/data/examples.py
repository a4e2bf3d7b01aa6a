"""Examples: rows of pixels with their labels, as every source gives and training takes them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.activations import Array
from glassnet.errors import DataFileError

DIGITS = tuple("0123456789")


class Examples(NamedTuple):
    """N pictures with what they show.

    Args:
        x: pixels (N, 784) uint8, ink = 255, held as bytes until a batch of them is needed.
        labels: what each row shows (N,), an index into classes.
        classes: the names of the classes.
    """

    x: Array
    labels: Array
    classes: tuple[str, ...] = DIGITS

    def take(self, rows: Array | slice) -> "Examples":
        """Only these rows."""
        return self._replace(x=self.x[rows], labels=self.labels[rows])


class DataSet(NamedTuple):
    """Training and test examples that never mix.

    Args:
        train: what may be learned from.
        test: what the result is judged by.
        name: what the data are called, such as "MNIST".
        origin: where they were found and why there, for people to read.
    """

    train: Examples
    test: Examples
    name: str
    origin: str


def grey_to_unit(x: Array, dtype: DTypeLike) -> Array:
    """Grey levels 0..255 as numbers in [0, 1]; floats are taken to be that already.

    Example:
        >>> grey_to_unit(np.array([0, 51, 255], np.uint8), np.float32)
        array([0. , 0.2, 1. ], dtype=float32)
    """
    unit = x.astype(dtype, copy=x.dtype == np.uint8)
    if x.dtype == np.uint8:
        unit /= 255
    return unit


def one_hot(labels: Array, n_classes: int, dtype: DTypeLike = np.float32) -> Array:
    """The targets y (N, K) of labels (N,): 1 in the column of the label, else 0.

    A network with one output learns the labels 0 and 1 as they are: n_classes = 1 gives (N, 1).

    Example:
        >>> one_hot(np.array([1, 0]), 3)
        array([[0., 1., 0.],
               [1., 0., 0.]], dtype=float32)
    """
    if n_classes == 1:
        return labels[:, np.newaxis].astype(dtype)
    y = np.zeros((len(labels), n_classes), dtype)
    y[np.arange(len(labels)), labels] = 1
    return y


def one_against_rest(examples: Examples, name: str) -> Examples:
    """The same pictures with only two classes: all that are not `name`, and those that are.

    Raises:
        DataFileError: there is no class of that name.
    """
    if name not in examples.classes:
        found = f"classes {', '.join(examples.classes)}"
        raise DataFileError("data", found, f"a class {name!r}", "choose data with that class")
    labels = (examples.labels == examples.classes.index(name)).astype(np.uint8)
    return examples._replace(labels=labels, classes=(f"not {name}", name))


def with_classes(examples: Examples, classes: tuple[str, ...]) -> Examples:
    """The examples labelled with a model's own classes, where they can be.

    Raises:
        DataFileError: the model knows other classes.
    """
    if examples.classes == classes:
        return examples
    if len(classes) == 2 and classes[0] == f"not {classes[1]}":
        return one_against_rest(examples, classes[1])
    found = f"classes {', '.join(examples.classes)}"
    raise DataFileError("data", found, f"the model's: {', '.join(classes)}")


def split(
    examples: Examples, fraction: float, rng: np.random.Generator
) -> tuple[Examples, Examples]:
    """Set a part aside, the same share of every class, and keep both parts in their order.

    Args:
        examples: what to split.
        fraction: how much to set aside, in (0, 1); of every class at least one example stays.
        rng: chooses which.

    Returns:
        What stays and what was set aside.

    Example:
        >>> examples = Examples(np.zeros((20, 784), np.uint8), np.repeat([3, 7], 10))
        >>> rest, aside = split(examples, 0.2, np.random.default_rng(0))
        >>> rest.labels.tolist().count(3), aside.labels.tolist()
        (8, [3, 3, 7, 7])
    """
    aside = np.zeros(len(examples.labels), bool)
    for label in np.unique(examples.labels):
        members = rng.permutation(np.flatnonzero(examples.labels == label))
        aside[members[: min(round(fraction * len(members)), len(members) - 1)]] = True
    return examples.take(~aside), examples.take(aside)
