"""scikit-learn: a fitted MLPClassifier or MLPRegressor as a model. It is not needed for that."""

from typing import Any

import numpy as np

from glassnet.errors import ParamError
from glassnet.formats.foreign import ForeignWeights
from glassnet.model import Model

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
LOSSES = {
    "softmax": "cross_entropy",
    "logistic": "binary_cross_entropy",
    "identity": "squared_error",
}


def from_sklearn(estimator: Any) -> Model:
    """A fitted MLPClassifier or MLPRegressor of scikit-learn as a model.

    Carried are what it computes, and the names of its classes, as text. Not carried are how it was
    trained, the state of its optimizer, the names of its features, and what a pipeline does before
    it. A model takes numbers from 0 to 1, or grey levels that it divides by 255: one from an
    estimator that was fitted on grey levels as they are needs `model.params.W[0] *= 255`.

    Where an answer is several labels at once, or numbers, the model has no classes, and
    `glassnet.predict(model.network, model.params, X)`, for X of any size, is what the estimator's
    `predict_proba` or `predict` gives.

    Args:
        estimator: whatever has coefs_, intercepts_, activation and out_activation_.

    Raises:
        ParamError: it is not fitted, is something else, or has an output that no loss of ours has.

    Example:
        >>> from sklearn.neural_network import MLPClassifier
        >>> X, y = np.eye(4), ["no", "no", "yes", "maybe"]
        >>> estimator = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, y)
        >>> model = from_sklearn(estimator)
        >>> model
        Model(4-8-3, relu, cross_entropy, 67 parameters)
        >>> model.predict(X).tolist()
        ['no', 'no', 'yes', 'maybe']
    """
    kind = type(estimator).__name__
    if not hasattr(estimator, "coefs_"):
        found, expected = f"a {kind} without coefs_", "a fitted MLPClassifier or MLPRegressor"
        raise ParamError(
            "estimator", found, expected, "its fit first; of a pipeline, its last step"
        )
    activation, output = estimator.activation, estimator.out_activation_
    if activation not in ACTIVATIONS or output not in LOSSES:
        found = f"activation {activation!r}, output {output!r}"
        expected = f"{', '.join(ACTIVATIONS)}; output {', '.join(LOSSES)}"
        raise ParamError("estimator", found, expected)
    pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    names = [(f"coefs_[{l}]", f"intercepts_[{l}]") for l in range(len(estimator.coefs_))]
    arrays = dict(zip(np.ravel(names), (array for pair in pairs for array in pair), strict=True))
    foreign = ForeignWeights("estimator", arrays, names)
    classes = classes_of(estimator)
    return foreign.to_model(
        ACTIVATIONS[activation], LOSSES[output], classes, f"scikit-learn {kind}"
    )


def classes_of(estimator: Any) -> tuple[str, ...]:
    """The classes of which an answer is one; none where it is several labels, or numbers."""
    classes = getattr(estimator, "classes_", ())
    several = estimator.out_activation_ == "logistic" and estimator.n_outputs_ > 1
    return () if several else tuple(map(str, classes))
