"""The same data, parameters and seed: the same weights as scikit-learn's own estimators."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import neural_network as theirs
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import (
    load_diabetes,
    load_digits,
    make_multilabel_classification,
    make_regression,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*iterations.*", "ignore:.*converge.*", "ignore::glassnet.errors.TrainingWarning"
)

X, y = load_digits(return_X_y=True)
X = X[:600] / 16
y = y[:600]
NAMES = np.array(list("abcdefghij"))

DESCENTS = {
    "adam": {"epsilon": 1e-12},  # of which we take the root of the corrected mean, as the paper
    "sgd": {"solver": "sgd"},
    "plain": {"solver": "sgd", "momentum": 0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 2},
    "batches": {"solver": "sgd", "batch_size": 64, "activation": "tanh"},
    "in order": {"solver": "sgd", "shuffle": False, "activation": "logistic"},
    "deep": {"solver": "sgd", "hidden_layer_sizes": (20, 15, 10), "activation": "identity"},
    "until no progress": {"solver": "sgd", "tol": 0.1, "n_iter_no_change": 3, "max_iter": 50},
    "l-bfgs": {"solver": "lbfgs", "alpha": 0.5},
}


def both(kind, *data, **parameters):
    """Theirs and ours, fitted."""
    parameters = {"random_state": 3, "max_iter": 8, "alpha": 0, **parameters}
    return [getattr(where, kind)(**parameters).fit(*data) for where in (theirs, glassnet)]


def assert_same(expected, found, X, rtol=1e-7, atol=1e-9):
    assert found.n_iter_ == expected.n_iter_
    assert found.out_activation_ == expected.out_activation_
    assert found.n_layers_ == expected.n_layers_ and found.n_outputs_ == expected.n_outputs_
    for a, b in zip(
        [*expected.coefs_, *expected.intercepts_], [*found.coefs_, *found.intercepts_], strict=True
    ):
        np.testing.assert_allclose(b, a, rtol=rtol, atol=atol)
    np.testing.assert_array_equal(found.predict(X).dtype, expected.predict(X).dtype)
    if hasattr(expected, "predict_proba"):
        np.testing.assert_array_equal(found.predict(X), expected.predict(X))
        np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), rtol, 1e-9)
        np.testing.assert_allclose(
            found.predict_log_proba(X), expected.predict_log_proba(X), 1e-5, 1e-6
        )
    else:
        np.testing.assert_allclose(found.predict(X), expected.predict(X), rtol, 1e-8)
    assert found.score(X, expected.predict(X)) == pytest.approx(1)


@pytest.mark.parametrize("name", DESCENTS)
def test_a_classifier_ends_at_the_same_weights(name):
    expected, found = both("MLPClassifier", X, y, **DESCENTS[name])
    loose = {"rtol": 1e-3, "atol": 1e-6} if name in ("l-bfgs", "adam") else {}
    assert_same(expected, found, X, **loose)
    assert found.loss_ == pytest.approx(expected.loss_, rel=1e-6)
    if name != "l-bfgs":
        np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=1e-7)
        assert found.best_loss_ == pytest.approx(expected.best_loss_)
        assert found.t_ == expected.t_


@pytest.mark.parametrize("name", ["adam", "sgd", "l-bfgs"])
@pytest.mark.parametrize(
    "targets", [NAMES[y], y % 2, NAMES[y % 2]], ids=["names", "two classes", "two names"]
)
def test_classes_may_be_two_and_have_names(name, targets):
    expected, found = both("MLPClassifier", X, targets, **DESCENTS[name])
    np.testing.assert_array_equal(found.classes_, expected.classes_)
    assert_same(expected, found, X, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "sgd", "l-bfgs"])
def test_a_row_may_have_several_classes(name):
    data = make_multilabel_classification(150, random_state=0)
    assert_same(*both("MLPClassifier", *data, **DESCENTS[name]), data[0], 1e-3, 1e-6)


@pytest.mark.parametrize("name", ["adam", "sgd"])
@pytest.mark.parametrize("n_targets", [1, 3])
def test_a_regressor_ends_at_the_same_weights(name, n_targets):
    data = make_regression(200, 8, n_targets=n_targets, random_state=0)
    data = data[0], data[1] / 100
    assert_same(*both("MLPRegressor", *data, **DESCENTS[name]), data[0], 1e-6, 1e-9)


def test_a_regressor_by_l_bfgs_ends_at_the_same_weights():
    X, y = load_diabetes(return_X_y=True)
    assert_same(*both("MLPRegressor", X, y / 100, solver="lbfgs"), X, 1e-4, 1e-6)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_regressor_of_counts_ends_at_the_same_weights(solver):
    rng = np.random.default_rng(0)
    X = rng.random((100, 3))
    y = rng.poisson(np.exp(X.sum(axis=1)))
    assert_same(*both("MLPRegressor", X, y, loss="poisson", solver=solver), X, 1e-4, 1e-6)


@pytest.mark.parametrize("name", ["adam", "sgd", "l-bfgs"])
def test_examples_may_count_more_or_less(name):
    weights = np.random.default_rng(0).integers(0, 4, len(y))
    assert_same(*both("MLPClassifier", X, y, weights, **DESCENTS[name]), X, 1e-3, 1e-6)


def test_two_classes_are_set_aside_in_the_same_way_for_early_stopping():
    options = {"early_stopping": True, "solver": "sgd", "learning_rate_init": 0.1, "max_iter": 30}
    expected, found = both("MLPClassifier", X, y % 2, **options)
    assert found.validation_scores_ == expected.validation_scores_
    assert found.best_validation_score_ == expected.best_validation_score_
    assert found.best_loss_ is expected.best_loss_ is None
    assert_same(expected, found, X)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_partial_fits_go_on_as_theirs_do(name):
    pair = [
        where.MLPClassifier(random_state=np.random.RandomState(1), alpha=0, **DESCENTS[name])
        for where in (theirs, glassnet)
    ]
    for model in pair:
        for start in range(0, 600, 150):
            rows = slice(start, start + 150)
            model.partial_fit(X[rows], y[rows], classes=range(10))
    assert_same(*pair, X, 1e-3, 1e-6)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_sparse_matrix_gives_what_a_dense_one_does(solver, monkeypatch):
    options = {"solver": solver, "random_state": 0, "max_iter": 8}
    dense = glassnet.MLPClassifier(**options).fit(X, y)
    monkeypatch.setattr("glassnet.estimators.examples.WRITTEN_OUT", 64 * 250)  # in three parts
    thin = sparse.csr_matrix(X)
    found = glassnet.MLPClassifier(**options).fit(thin, y)
    np.testing.assert_allclose(found.predict_proba(thin), dense.predict_proba(X), 1e-4, 1e-7)
    column_by_column = sparse.csc_array(X)
    np.testing.assert_array_equal(found.predict(column_by_column), dense.predict(X))


def test_a_sparse_matrix_may_be_so_wide_that_each_step_is_written_out_alone(monkeypatch):
    options = {"random_state": 0, "max_iter": 2, "batch_size": 250}
    expected = glassnet.MLPClassifier(**options).fit(X, y)
    monkeypatch.setattr("glassnet.estimators.examples.WRITTEN_OUT", 64 * 10)
    found = glassnet.MLPClassifier(**options).fit(sparse.csr_matrix(X), y)
    np.testing.assert_allclose(found.predict_proba(X), expected.predict_proba(X), 1e-4, 1e-7)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_data_frames_go_in_and_their_names_are_heeded(frame):
    names = [f"pixel {i}" for i in range(64)]
    table = frame(dict(zip(names, X.T, strict=True)))
    model = glassnet.MLPClassifier(max_iter=8, random_state=0).fit(table, y)
    assert list(model.feature_names_in_) == names
    plain = glassnet.MLPClassifier(max_iter=8, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict(table), plain.predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame(dict(zip(names[::-1], X.T, strict=True))))


def test_a_pipeline_a_grid_over_two_processes_and_calibration():
    grid = GridSearchCV(
        make_pipeline(StandardScaler(), glassnet.MLPClassifier(max_iter=60, random_state=0)),
        {"mlpclassifier__hidden_layer_sizes": [(5,), (40,)]},
        n_jobs=2,
        cv=3,
    ).fit(X, y)
    assert grid.best_params_ == {"mlpclassifier__hidden_layer_sizes": (40,)}
    assert grid.best_score_ > 0.8
    calibrated = CalibratedClassifierCV(glassnet.MLPClassifier(max_iter=15), cv=3).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_an_unpickled_model_answers_and_goes_on_as_the_one_that_was_kept():
    model = glassnet.MLPClassifier(max_iter=5, random_state=np.random.RandomState(0)).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    for one in (model, again):
        one.partial_fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.coefs_[0].base is not None  # still views on one vector


def test_coefficients_that_a_user_puts_in_are_used():
    model = glassnet.MLPClassifier(max_iter=5, random_state=0).fit(X, y)
    model.intercepts_[-1] = model.intercepts_[-1] + np.eye(10)[7] * 1000
    assert (model.predict(X) == 7).all()
    model.coefs_ = [W * 0 for W in model.coefs_]
    model.intercepts_ = [b * 0 for b in model.intercepts_]
    np.testing.assert_allclose(model.predict_proba(X), 0.1)
    model.coefs_ = [W.tolist() for W in model.coefs_]
    np.testing.assert_allclose(model.predict_proba(X), 0.1)


def test_early_stopping_and_defaults_give_no_other_warnings_than_theirs():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        glassnet.MLPClassifier(early_stopping=True, random_state=0).fit(X, y)
