import pickle
import runpy
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet
from glassnet.core.losses import POISSON
from glassnet.errors import ParamError

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::glassnet.errors.TrainingWarning"
)
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


def test_a_regressor_of_counts_gives_the_same_numbers(X):
    theirs = fitted(MLPRegressor, X, np.arange(80) % 4, loss="poisson")
    model = converted(theirs)
    assert (model.network.loss, model.classes) == (POISSON, ())
    np.testing.assert_allclose(answers(model, X)[:, 0], theirs.predict(X), rtol=1e-12)


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
        (
            lambda X, y: fitted(MLPClassifier, X, y).set_params(activation="gelu"),
            "activation 'gelu', output 'logistic'",
        ),
    ],
)
def test_what_is_no_such_network_is_refused(X, make, message):
    with pytest.raises(ParamError, match=message):
        glassnet.from_sklearn(make(X, np.arange(80) % 2))


KINDS = {
    "two classes": (glassnet.MLPClassifier, lambda y: y % 2, {}),
    "two classes with names": (
        glassnet.MLPClassifier,
        lambda y: np.array(["no", "yes"])[y % 2],
        {},
    ),
    "many classes": (glassnet.MLPClassifier, lambda y: 3 * y + 1, {}),
    "many classes with names": (glassnet.MLPClassifier, lambda y: np.array(list("äbcd"))[y], {}),
    "sigmoids for classes": (glassnet.MLPClassifier, lambda y: y, {"loss": "quadratic_cost"}),
    "one sigmoid": (glassnet.MLPClassifier, lambda y: y > 1, {"loss": "quadratic_cost"}),
    "numbers for classes": (glassnet.MLPClassifier, lambda y: y, {"loss": "squared_error"}),
    "labels": (glassnet.MLPClassifier, lambda y: (y[:, None] >> np.arange(2)) % 2, {}),
    "number": (glassnet.MLPRegressor, lambda y: y, {}),
    "numbers": (glassnet.MLPRegressor, lambda y: np.column_stack([y, -y, y * y]), {}),
    "count": (glassnet.MLPRegressor, lambda y: y, {"loss": "poisson"}),
    "counts": (glassnet.MLPRegressor, lambda y: np.column_stack([y, y + 1]), {"loss": "poisson"}),
}


@pytest.fixture(params=KINDS)
def ours(request):
    """A fitted estimator of ours, float32 features of any size, and what it answers (N, K)."""
    kind, targets, options = KINDS[request.param]
    rng = np.random.default_rng(0)
    X, y = rng.normal(1, 3, (300, 5)).astype(np.float32), rng.integers(0, 4, 300)
    estimator = fitted(kind, X, targets(y), ["leaky_relu", "tanh"], **options)
    expected = (
        estimator.predict_proba(X) if hasattr(kind, "predict_proba") else estimator.predict(X)
    )
    return estimator, X, expected.reshape(300, -1)


def answers_of_any_kind(model, X):
    return model.probabilities(model.logits(X)) if model.classes else answers(model, X)


def test_an_estimator_of_ours_is_a_model_that_answers_the_same(ours):
    estimator, X, expected = ours
    model = converted(estimator)
    np.testing.assert_allclose(answers_of_any_kind(model, X), expected, rtol=1e-4, atol=1e-6)
    assert model.network == estimator.network_
    assert model.training["origin"].startswith("glassnet MLP")


def test_an_estimator_of_ours_comes_back_from_its_file(ours, tmp_path):
    estimator, X, _ = ours
    model = converted(estimator)
    model.save(tmp_path / "estimator.safetensors")
    again = glassnet.load_model(tmp_path / "estimator.safetensors", engine="reference")
    assert (again.network, again.classes) == (model.network, model.classes)
    np.testing.assert_array_equal(answers_of_any_kind(again, X), answers_of_any_kind(model, X))


def test_a_pickled_estimator_of_ours_is_the_same_model(ours):
    estimator, _, _ = ours
    again = converted(pickle.loads(pickle.dumps(estimator)))
    assert again.network == estimator.network_
    np.testing.assert_array_equal(again.params.theta, converted(estimator).params.theta)


def test_onnxruntime_answers_as_an_estimator_of_ours(run, ours):
    estimator, X, expected = ours
    model = glassnet.from_sklearn(estimator)
    answer = run(glassnet.to_onnx(model, "float32"), X)
    names = ["label", "probabilities"] if model.classes else ["variable"]
    assert list(answer) == names
    np.testing.assert_allclose(answer[names[-1]], expected, rtol=1e-5, atol=1e-5)
    if model.classes:
        two = np.sort(expected, axis=1)[:, -2:]
        clear = two[:, 1] - two[:, 0] > 1e-4
        assert clear.sum() > 100
        told = [str(label) for label in answer["label"][clear]]
        assert told == list(map(str, estimator.predict(X)[clear]))


def test_pytorch_answers_as_an_estimator_of_ours(torch, ours, tmp_path):
    estimator, X, expected = ours
    model = glassnet.from_sklearn(estimator)
    script = runpy.run_path(str(glassnet.save_torch(model, tmp_path / "a.safetensors")))
    answer = script["probabilities" if model.classes else "predict"](torch.from_numpy(X))
    np.testing.assert_allclose(answer.numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")
def test_keras_answers_as_an_estimator_of_ours(keras, ours, tmp_path):
    estimator, X, expected = ours
    model = glassnet.from_sklearn(estimator)
    script = runpy.run_path(str(glassnet.save_keras(model, tmp_path / "a.weights.h5")))
    answer = script["probabilities" if model.classes else "predict"](X)
    numbers = keras.ops.convert_to_numpy(answer)
    np.testing.assert_allclose(numbers, expected, rtol=1e-5, atol=1e-5)


def softplus(z):
    return np.log1p(np.exp(z))


def softplus_derivative(a):
    return 1 - np.exp(-a)


def relu(z):
    return 2 * np.maximum(z, 0)


def relu_derivative(a):
    return 2.0 * (a > 0)


def quartic(z, y):
    return ((z - y) ** 4).sum(axis=1)


def quartic_error(z, y):
    return 4 * (z - y) ** 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": (softplus, softplus_derivative)}, "activation 'softplus' of its own"),
        ({"activation": ["relu", (relu, relu_derivative)]}, "activation 'relu' of its own"),
        ({"loss": (quartic, quartic_error)}, "loss 'quartic' of its own"),
    ],
)
def test_what_is_its_users_own_is_refused_in_one_sentence(X, options, message):
    estimator = fitted(glassnet.MLPRegressor, X, X[:, 0], **options)
    with pytest.raises(ParamError, match=rf"^estimator: {message} .expected identity,.*poisson.$"):
        glassnet.from_sklearn(estimator)


def test_an_estimator_of_ours_that_is_not_fitted_is_refused():
    with pytest.raises(ParamError, match=r"a MLPRegressor without coefs_ .*its fit first"):
        glassnet.from_sklearn(glassnet.MLPRegressor())
