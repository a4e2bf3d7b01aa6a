"""What it costs to hold the examples."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

import glassnet

X = np.random.default_rng(0).random((20_000, 60))
y = X[:, 0] > 0.5


@pytest.mark.filterwarnings("ignore:.*iterations.*", "ignore::glassnet.errors.TrainingWarning")
@pytest.mark.parametrize(
    ("kind", "early_stopping", "copies"),
    [(np.asarray, False, 0), (np.asarray, True, 1), (sparse.csr_matrix, False, 0)],
)
def test_examples_are_not_copied_unless_some_are_set_aside(kind, early_stopping, copies):
    model = glassnet.MLPClassifier((4,), max_iter=1, early_stopping=early_stopping)
    model.fit(X[:100], y[:100])
    data = kind(X)
    tracemalloc.start()
    model.fit(data, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / X.nbytes < copies + 0.7
