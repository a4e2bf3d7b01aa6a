from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet
from glassnet.errors import ParamError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]


@pytest.fixture
def X():
    return np.random.default_rng(0).random((80, 5))


def fitted(kind, X, y, activation="tanh", hidden=(7, 4), **options):
    options = {"max_iter": 20, "random_state": 0} | options
    return kind(hidden_layer_sizes=hidden, activation=activation, **options).fit(X, y)


def converted(theirs):
    return replace(glassnet.from_sklearn(theirs), engine="reference")


def answers(model, X):
    return glassnet.predict(model.network, model.params, X)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (6,), (7, 4)])
@pytest.mark.parametrize("names", [["no", "yes"], ["ant", "bee", "cat"], [3, 7], [0, 1, 2]])
def test_a_classifier_gives_the_same_answers(X, activation, hidden, names):
    y = np.array(names)[np.arange(80) % len(names)]
    theirs = fitted(MLPClassifier, X, y, activation, hidden)
    model = converted(theirs)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    assert model.predict(X).tolist() == theirs.predict(X).tolist()


def test_several_labels_at_once_are_told_by_the_network(X):
    theirs = fitted(MLPClassifier, X, X[:, :3] > 0.5)
    model = converted(theirs)
    np.testing.assert_allclose(answers(model, X), theirs.predict_proba(X), atol=1e-12)
    with pytest.raises(ParamError, match=r"without classes"):
        model.predict(X)
    with pytest.raises(ParamError, match=r"glassnet.predict"):
        model.predict_proba(X)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_regressor_gives_the_same_numbers_for_features_of_any_size(X, activation, n_outputs):
    X, y = 40 * X - 20, 3 * X[:, :n_outputs]
    theirs = fitted(MLPRegressor, X, y if n_outputs > 1 else y.ravel(), activation)
    model = converted(theirs)
    for ask in (model.predict, model.predict_proba, model.doubts):
        with pytest.raises(ParamError, match=r"without classes"):
            ask(X)
    expected = theirs.predict(X).reshape(80, n_outputs)
    np.testing.assert_allclose(answers(model, X), expected, rtol=1e-9, atol=1e-9)


def test_single_precision_stays_single(X):
    theirs = fitted(MLPClassifier, X.astype(np.float32), np.arange(80) % 3)
    assert glassnet.from_sklearn(theirs).params.theta.dtype == np.float32


def test_a_regressor_comes_back_from_its_file(X, tmp_path):
    model = converted(fitted(MLPRegressor, X, X[:, 0]))
    model.save(tmp_path / "model.safetensors")
    again = glassnet.load_model(tmp_path / "model.safetensors")
    assert again.classes == ()
    np.testing.assert_array_equal(answers(again, X), answers(model, X))


def test_what_was_fitted_on_grey_levels_reads_them_after_one_line(X):
    grey = np.round(255 * X).astype(np.uint8)
    theirs = fitted(MLPClassifier, grey, np.arange(80) % 3)
    model = converted(theirs)
    model.params.W[0] *= 255
    np.testing.assert_allclose(model.predict_proba(grey), theirs.predict_proba(grey), atol=1e-9)


def test_the_estimator_is_left_as_it_was(X):
    theirs = fitted(MLPClassifier, X, np.arange(80) % 3)
    before = theirs.coefs_[0].copy()
    glassnet.from_sklearn(theirs).params.theta[:] = 0
    np.testing.assert_array_equal(theirs.coefs_[0], before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda X, y: MLPClassifier(), "a MLPClassifier without coefs_"),
        (lambda X, y: LogisticRegression().fit(X, y), "a LogisticRegression without coefs_"),
        (
            lambda X, y: make_pipeline(StandardScaler(), MLPClassifier(max_iter=2)).fit(X, y),
            "a Pipeline without coefs_ .*of a pipeline, its last step",
        ),
        (lambda X, y: fitted(MLPRegressor, X, y, loss="poisson"), "output 'exp'"),
    ],
)
def test_what_is_no_such_network_is_refused(X, make, message):
    with pytest.raises(ParamError, match=message):
        glassnet.from_sklearn(make(X, np.arange(80) % 2))
