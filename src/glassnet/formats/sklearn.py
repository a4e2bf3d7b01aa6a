"""scikit-learn: a fitted MLPClassifier or MLPRegressor as a model, theirs or ours.

scikit-learn is not needed for that.
"""

from typing import Any

import numpy as np

from glassnet.core.activations import ACTIVATIONS
from glassnet.core.losses import ALL_LOSSES
from glassnet.errors import ParamError
from glassnet.formats.foreign import ForeignWeights
from glassnet.model import Model

THEIR_ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
THEIR_OUTPUTS = {
    "softmax": "cross_entropy",
    "logistic": "binary_cross_entropy",
    "identity": "squared_error",
    "exp": "poisson",
}


def from_sklearn(estimator: Any) -> Model:
    """A fitted MLPClassifier or MLPRegressor, of scikit-learn or of glassnet, as a model.

    Carried are what it computes, and the names of its classes, as text. Not carried are how it was
    trained, the state of its optimizer, the names of its features, and what a pipeline does before
    it. A model takes numbers from 0 to 1, or grey levels that it divides by 255: one from an
    estimator that was fitted on grey levels as they are needs `model.params.W[0] *= 255`.

    Where an answer is several labels at once, or numbers, the model has no classes, and
    `glassnet.predict(model.network, model.params, X)`, for X of any size, is what the estimator's
    `predict_proba` or `predict` gives.

    Args:
        estimator: an estimator of glassnet, or whatever has coefs_, intercepts_, activation and
            out_activation_.

    Raises:
        ParamError: it is not fitted, is something else, or has an activation or a loss of its own.

    Example:
        >>> from glassnet import MLPClassifier
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
    ours = hasattr(estimator, "network_")
    activations, loss = our_names(estimator) if ours else their_names(estimator)
    pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    names = [(f"coefs_[{l}]", f"intercepts_[{l}]") for l in range(len(estimator.coefs_))]
    arrays = dict(zip(np.ravel(names), (array for pair in pairs for array in pair), strict=True))
    foreign = ForeignWeights("estimator", arrays, names)
    origin = f"{'glassnet' if ours else 'scikit-learn'} {kind}"
    return foreign.to_model(activations, loss, classes_of(estimator), origin)


def our_names(estimator: Any) -> tuple[list[str], str]:
    """What the activations and the loss of an estimator of ours are called.

    Raises:
        ParamError: some are its user's own, which no file can hold.
    """
    activations, loss = estimator.network_.activations, estimator.network_.loss
    own = [f"activation {f.name!r}" for f in activations if ACTIVATIONS.get(f.name) != f]
    own += [f"loss {loss.name!r}"] if ALL_LOSSES.get(loss.name) != loss else []
    if own:
        found = f"{', '.join(dict.fromkeys(own))} of its own"
        raise ParamError("estimator", found, f"{', '.join(ACTIVATIONS)}; {', '.join(ALL_LOSSES)}")
    return [f.name for f in activations], loss.name


def their_names(estimator: Any) -> tuple[str, str]:
    """What we call the activation and the loss of an estimator of scikit-learn.

    Raises:
        ParamError: they have no name here.
    """
    activation, output = estimator.activation, estimator.out_activation_
    if activation not in THEIR_ACTIVATIONS or output not in THEIR_OUTPUTS:
        found = f"activation {activation!r}, output {output!r}"
        expected = f"{', '.join(THEIR_ACTIVATIONS)}; output {', '.join(THEIR_OUTPUTS)}"
        raise ParamError("estimator", found, expected)
    return THEIR_ACTIVATIONS[activation], THEIR_OUTPUTS[output]


def classes_of(estimator: Any) -> tuple[str, ...]:
    """The classes of which an answer is one; none where it is several labels, or numbers."""
    sigmoids = estimator.out_activation_ == "logistic" and estimator.n_outputs_ > 1
    several = getattr(estimator, "multilabel_", sigmoids)  # scikit-learn's own does not tell
    return () if several else tuple(map(str, getattr(estimator, "classes_", ())))
