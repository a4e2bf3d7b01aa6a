"""Familiarity: how far a picture is from all that was learned from.

A network has an answer for everything, and is most sure far away from what it knows. What the
examples of one class look like is told here without the network: by their mean and the few
directions in which they differ most from it (principal components, Pearson 1901). What no class
comes near to is unlike all of them: a letter, a squeezed pair, a scribble.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.core.activations import Array
from glassnet.data.examples import grey_to_unit

DIRECTIONS = 8  # 25 would flag only a few more, at three times the size
COMMON = 0.97  # the share of pictures like those learned from that is to be called familiar
ENOUGH = 10_000  # examples, to find out where that is
CHUNK = 1_000  # rows as floats at once
ITERATIONS = 10


@dataclass(frozen=True, eq=False)
class Familiarity:
    """What each class of pictures looks like, in bytes.

    Args:
        means: the mean picture of each class (K, I) uint8.
        directions: in which its pictures differ from it most (K, D, I) int8, of any length.
        limit: the distance up to which a picture is familiar.
    """

    means: Array
    directions: Array
    limit: float

    def distance(self, x: Array) -> Array:
        """How far pictures are from the nearest class, in that class's own directions not counted.

            d(x) = min over k of |r - D_k^T D_k r|,   r = x - mean_k

        Args:
            x: rows of pixels (N, I), uint8 or floats in [0, 1].

        Returns:
            (N,) >= 0; a pixel of full ink where paper should be counts 1.
        """
        classes = list(zip(unit(self.means), map(orthonormal, self.directions), strict=True))
        chunks = (unit(x[start : start + CHUNK]) for start in range(0, len(x), CHUNK))
        squares = [
            np.min([distance_to_class(chunk, *one) for one in classes], axis=0) for chunk in chunks
        ]
        return np.sqrt(np.concatenate(squares))

    def to_json(self) -> dict[str, Any]:
        """As what JSON can hold."""
        return {
            "means": base64.b64encode(self.means.tobytes()).decode(),
            "directions": base64.b64encode(self.directions.tobytes()).decode(),
            "limit": self.limit,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], n_classes: int, width: int) -> "Familiarity":
        """The inverse of to_json.

        Raises:
            ValueError, TypeError, KeyError: the value is none of to_json's.
        """
        means = np.frombuffer(base64.b64decode(value["means"], validate=True), np.uint8)
        directions = np.frombuffer(base64.b64decode(value["directions"], validate=True), np.int8)
        limit = value["limit"]
        if type(limit) is not float or not 0 <= limit < np.inf:
            raise ValueError(f"a limit of {limit!r}")
        return cls(means.reshape(n_classes, width), directions.reshape(n_classes, -1, width), limit)


def learn_familiarity(x: Array, labels: Array, n_classes: int) -> Familiarity:
    """What the classes of some examples look like.

    Args:
        x: rows of pixels (N, I), uint8 or floats in [0, 1].
        labels: their classes (N,), each of 0..n_classes - 1 among them.
        n_classes: K.

    Returns:
        A Familiarity whose limit holds COMMON of the examples.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> dark, light = rng.normal(0.2, 0.01, (50, 28)), rng.normal(0.8, 0.01, (50, 28))
        >>> learned = learn_familiarity(np.vstack([dark, light]), np.repeat([0, 1], 50), 2)
        >>> halves = np.repeat([[0.2, 0.8]], 14, axis=1)
        >>> bool(learned.distance(halves)[0] > 10 * learned.limit)
        True
    """
    classes = [mean_and_directions(unit(x[labels == k])) for k in range(n_classes)]
    means, directions = map(np.array, zip(*classes, strict=True))
    learned = Familiarity(means, directions, 0.0)
    distances = learned.distance(x[:: -(-len(x) // ENOUGH)])
    return replace(learned, limit=float(np.quantile(distances, COMMON)))


def mean_and_directions(x: Array) -> tuple[Array, Array]:
    """The mean (I,) and the directions (D, I) of the largest variance, in bytes.

    By subspace iteration: Halko, Martinsson and Tropp, SIAM Review 53, 2011.
    """
    mean = x.mean(axis=0)
    x -= mean
    width = x.shape[1]
    basis = np.random.default_rng(0).standard_normal((width, min(2 * DIRECTIONS, width)))
    for _ in range(ITERATIONS):  # each turns whatever basis toward the directions of most variance
        basis, _ = np.linalg.qr(x.T @ (x @ basis.astype(np.float32)))
    _, _, within = np.linalg.svd(np.linalg.qr(x @ basis, mode="r"))
    directions = (within @ basis.T)[:DIRECTIONS]
    return np.rint(255 * mean).astype(np.uint8), as_bytes(directions)


def distance_to_class(x: Array, mean: Array, directions: Array) -> Array:
    """The square of the distance of rows from a mean, along some directions not counted."""
    r = x - mean
    return ((r - r @ directions.T @ directions) ** 2).sum(axis=1)


def as_bytes(directions: Array) -> Array:
    """Directions as whole numbers from -127 to 127: their lengths do not count."""
    largest = np.abs(directions).max(axis=1, keepdims=True)
    return np.rint(127 * directions / largest).astype(np.int8)


def unit(x: Array) -> Array:
    """Grey levels as single-precision numbers in [0, 1]."""
    return grey_to_unit(x, np.float32)


def orthonormal(directions: Array) -> Array:
    """What spans the same as directions (D, I), but for the rounding to bytes, at right angles."""
    basis, _ = np.linalg.qr(directions.T.astype(np.float32))
    return basis.T
