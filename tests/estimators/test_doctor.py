"""What an estimator says when something is wrong, in one warning."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_digits, load_iris

import glassnet
from glassnet.errors import TrainingWarning

X, y = load_digits(return_X_y=True)
X, y = X[:600] / 16, y[:600]


def said_of(kind, X, y, **options):
    """The doctor's warnings of one fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            getattr(glassnet, kind)(random_state=0, **options).fit(X, y)
        except ValueError as error:
            return [str(error)]
    told = [one for one in caught if one.category is TrainingWarning]
    assert all(one.filename == __file__ for one in told)  # it points to who called fit
    return [str(one.message) for one in told]


STUBBORN = ([np.zeros((64, 100)), np.zeros((100, 10))], [np.zeros(100), 100.0 * np.eye(10)[7]])
SICK = {
    "dead ReLUs": ({"solver": "sgd", "learning_rate_init": 50, "momentum": 0, "max_iter": 3}, X),
    "saturated": ({"activation": "tanh", "max_iter": 5, "solver": "sgd"}, X * 8000 - 3000),
    "unscaled pixels": ({"max_iter": 30}, X * 255 // 1),
    "one answer for everything": ({"initial_weights": STUBBORN, "max_iter": 2}, X),
}


@pytest.mark.parametrize("disease", SICK)
def test_what_is_wrong_is_said_in_one_warning_with_evidence_and_advice(disease):
    options, x = SICK[disease]
    (text,) = said_of("MLPClassifier", x, y, **options)
    assert disease in text and "Try: " in text and any(letter.isdigit() for letter in text)


def test_values_that_are_not_finite_end_the_fit_with_the_layer_where_they_began():
    options = {"solver": "sgd", "learning_rate_init": 1e300, "max_iter": 5}
    (text,) = said_of("MLPRegressor", X, y * 1e10, **options)
    assert text.startswith("Solver produced non-finite parameter weights.")
    assert "layer" in text and "not finite" in text


@pytest.mark.parametrize("as_sparse", [False, True])
def test_nothing_is_said_of_what_is_well(as_sparse):
    rows = sparse.csr_matrix(X) if as_sparse else X
    assert said_of("MLPClassifier", rows, y) == []
    assert said_of("MLPClassifier", *load_iris(return_X_y=True), max_iter=500) == []
    data = load_diabetes(scaled=False)
    x = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    assert said_of("MLPRegressor", x, data.target / 100, max_iter=500) == []


def test_one_class_alone_is_no_disease():
    assert said_of("MLPClassifier", X, np.ones(600)) == []


def test_a_training_that_diverges_ends_at_once():
    epochs = []
    options = {"solver": "sgd", "learning_rate_init": 1e6, "callbacks": [epochs.append]}
    (text,) = said_of("MLPRegressor", X * 1e3, y, max_iter=300, **options)
    assert "non-finite" in text and len(epochs) < 20
