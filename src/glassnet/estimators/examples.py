"""The examples of an estimator, whose inputs may be sparse, as the engines take them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from glassnet.core.activations import Array

ENOUGH = 1000  # examples to look at
WRITTEN_OUT = 2**24  # numbers of a sparse matrix at one time


class Rows:
    """Rows of a dense array or of a sparse matrix.

    Args:
        X: (N, n), floats.
        dtype: what an engine computes in.
    """

    def __init__(self, X: Any, dtype: np.dtype[Any]):
        self.sparse = not isinstance(X, np.ndarray)
        self.X: Any = (
            X.tocsr().astype(dtype, copy=False) if self.sparse else np.ascontiguousarray(X, dtype)
        )

    def n_parts(self, n: int) -> int:
        """Into how many parts n rows are divided, so that not too much is written out at once."""
        return max(1, n * self.X.shape[1] // WRITTEN_OUT) if self.sparse else 1

    def parts(self) -> Iterator[tuple[slice, Array]]:
        """All rows, no more of a sparse matrix than are written out at one time."""
        n = self.X.shape[0]
        at_once = -(-n // self.n_parts(n))
        for start in range(0, n, at_once):
            part = slice(start, start + at_once)
            yield part, self.X[part].toarray() if self.sparse else self.X


@dataclass(frozen=True)
class Task:
    """What is learned from.

    Args:
        X: the inputs as they were given, for scorers.
        y: the targets as they were given.
        rows: the inputs as engines take them.
        Y: (N, K), the targets as they take them.
        weights: (N,) how much each example counts; None for all the same.
    """

    X: Any
    y: Any
    rows: Rows
    Y: Array
    weights: Array | None

    def __len__(self) -> int:
        return len(self.Y)

    def some(self, places: Array) -> "Task":
        """The examples in some places, copied once."""
        rows = Rows(self.rows.X[places], self.Y.dtype)
        return Task(
            rows.X if self.X is self.rows.X else _safe_indexing(self.X, places),
            _safe_indexing(self.y, places),
            rows,
            self.Y[places],
            None if self.weights is None else self.weights[places],
        )

    def sample(self) -> tuple[Array, Array]:
        """x and Y of some examples, spread over all."""
        some = slice(None, None, -(-len(self) // ENOUGH))
        x = self.rows.X[some]
        return x.toarray() if self.rows.sparse else x, self.Y[some]

    def written_out(self, places: Array) -> tuple[Array, Array, Array, Array | None]:
        """x, Y, order and weights for steps over some places: all there is, if it is dense."""
        if not self.rows.sparse:
            return self.rows.X, self.Y, places, self.weights
        weights = None if self.weights is None else self.weights[places]
        x = self.rows.X[places].toarray()
        return x, self.Y[places], np.arange(len(places)), weights
