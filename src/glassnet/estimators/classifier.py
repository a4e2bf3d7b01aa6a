"""The classifier."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import compute_class_weight, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels

from glassnet.core.activations import Array
from glassnet.core.losses import LOSSES, Loss
from glassnet.errors import ParamError
from glassnet.estimators.base import BaseMLP, is_stochastic, keep
from glassnet.estimators.examples import Task
from glassnet.estimators.settings import A_LOSS, either, loss_of, one_of
from glassnet.model import as_probabilities


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A feedforward network that classifies: scikit-learn's MLPClassifier, over these engines.

    The parameters up to `max_fun` are scikit-learn's, with its defaults and its meaning, except:

    - `alpha` is divided by the number of all examples, at any batch size, as scikit-learn's
      documentation says; its program divides by the size of the batch. To get there what
      `alpha` does here, multiply by batch_size / n_samples.
    - `learning_rate` holds for every solver, not only for "sgd".
    - `warm_start` keeps the state of the optimizer, and a later `fit` may lack a class.
    - The examples set aside for early stopping are stratified for any number of classes, if
      every class can be on both sides.

    Those after it are ours, and change nothing unless they are set.

    Args:
        hidden_layer_sizes: the widths of the hidden layers.
        activation: "relu", "tanh", "logistic", "identity" or "leaky_relu", an Activation, a pair
            (f, derivative) whose derivative takes the output, or a list with one for each layer.
        solver: "adam", "sgd", "lbfgs", "rmsprop" or "adamw", whose decay is alpha.
        alpha: the price of squared weights: alpha / 2n sum w^2 is added to the loss.
        batch_size: examples to a step; "auto" for min(200, n). L-BFGS takes all at once.
        learning_rate: "constant", "invscaling" (over t^power_t), "adaptive" (a fifth of it when
            there is no more progress), "cosine" (to 0 at max_iter), or any function of the epochs.
        learning_rate_init: the rate at first.
        power_t: of "invscaling".
        max_iter: epochs, or iterations of L-BFGS, of one call of fit.
        shuffle: visit the examples in another order in each epoch.
        random_state: of the weights, the order, the examples set aside and dropout.
        tol: what counts as progress.
        verbose: print a line for each epoch.
        warm_start: go on from where the last fit ended.
        momentum: of "sgd".
        nesterovs_momentum: whether momentum looks ahead.
        early_stopping: stop when the score on examples set aside gets no better; not of L-BFGS.
        validation_fraction: the share set aside.
        beta_1: of "adam" and "adamw".
        beta_2: likewise, and of "rmsprop".
        epsilon: of the three.
        n_iter_no_change: how many epochs to wait for progress.
        max_fun: how often L-BFGS may ask for the loss.
        loss: "log_loss", "quadratic_cost", or a Loss with its output function.
        dropout: the probability that a hidden neuron is left out of a step, or one for each layer;
            not of L-BFGS, whose loss may not change by chance.
        class_weight: "balanced", or {class: weight}; where a row has several classes, a list
            of these.
        scoring: what early stopping watches: a scorer or its name, or "loss"; None for `score`.
        restore_best_weights: after early stopping, whether the best weights are taken.
        initial_weights: (coefs, intercepts) to start from: of all layers, or of the first ones; the
            others are random.
        freeze: so many of the first layers stay as they are.
        max_time: seconds after which it stops.
        dtype: float32 or float64; None for that of X.
        n_threads: at most; None for as many as there are cores.
        engine: as in `glassnet.train`.
        callbacks: functions of the estimator, called after each epoch; one that returns True stops.

    Attributes:
        classes_: the classes, in order.
        multilabel_: whether a row may be of several of them.
        network_: what is computed, a Network.
        coefs_: W[l], (n[l], n[l+1]).
        intercepts_: b[l].
        n_iter_: the epochs of the last fit.
        loss_: the loss by now; best_loss_ the least; loss_curve_ of every epoch.
        validation_scores_: likewise of early stopping; best_validation_score_ the best.
        validation_loss_curve_: the loss on the examples that were not learned from.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((20,), solver="lbfgs", random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.97
        True
    """

    own: ClassVar = {"loss": either(one_of("log_loss", *LOSSES), A_LOSS)}

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str | Callable[[float], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: Any = "log_loss",
        dropout: float | Sequence[float] = 0.0,
        class_weight: Any = None,
        scoring: Any = None,
        restore_best_weights: bool = True,
        initial_weights: Any = None,
        freeze: int = 0,
        max_time: float | None = None,
        dtype: Any = None,
        n_threads: int | None = None,
        engine: str = "auto",
        callbacks: Sequence[Callable[[Any], Any]] = (),
    ):
        keep(self, locals())

    @available_if(is_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """One epoch over some examples, which need not be of all classes.

        Args:
            X: as in fit.
            y: as in fit.
            sample_weight: as in fit.
            classes: all the classes there are; needed at the first call.

        Returns:
            The estimator.
        """
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._binarizer = LabelBinarizer().fit(y if several else classes)
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The most probable class of each row.

        Args:
            X: as in fit.

        Returns:
            (N,), or (N, K) of 0 and 1 if a row may have several.
        """
        return self._answers(self._outputs(X))

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class.

        Of a loss that is not "log_loss": what its output function gives, which need be none.

        Args:
            X: as in fit.

        Returns:
            (N, K); rows that sum to 1, unless a row may be of several classes.
        """
        a = self._outputs(X)
        return a if self.multilabel_ else as_probabilities(a, len(self.classes_))

    @property
    def multilabel_(self) -> bool:
        """Whether a row may be of several classes."""
        return bool(self._binarizer.y_type_.startswith("multilabel"))

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of predict_proba.

        Args:
            X: as in fit.

        Returns:
            (N, K).
        """
        return np.log(self.predict_proba(X))

    def _get_to_know(self, y: Array) -> None:
        self._binarizer = LabelBinarizer().fit(y)

    def _targets(self, y: Array, sample_weight: Array | None) -> tuple[Array, Array | None]:
        self.classes_ = self._binarizer.classes_
        found = unique_labels(y)
        if len(unknown := np.setdiff1d(found, self.classes_)):
            raise ValueError(
                "`y` has classes not in `self.classes_`."
                f" `self.classes_` has {self.classes_}. 'y' has {found}: {unknown} is new."
            )
        if self.class_weight is not None:
            own = self._class_weights(y)
            sample_weight = own if sample_weight is None else own * sample_weight
        return self._binarizer.transform(y), sample_weight

    def _class_weights(self, y: Array) -> Array:
        """The weight of each example's class; these need not be all classes."""
        if not isinstance(self.class_weight, dict) or y.ndim > 1:
            return compute_sample_weight(self.class_weight, y)
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        return weights[np.searchsorted(self.classes_, y)]

    def _loss(self) -> Loss:
        if self.loss == "log_loss":
            one_of_many = self._binarizer.y_type_ == "multiclass"
            return LOSSES["cross_entropy" if one_of_many else "binary_cross_entropy"]
        loss = loss_of(self.loss)
        if loss == LOSSES["cross_entropy"] and self.n_outputs_ == 1:
            name, found = type(self).__name__, "loss 'cross_entropy' of one output"
            raise ParamError(name, found, "'log_loss' or 'binary_cross_entropy' for two classes")
        return loss

    def _strata(self, Y: Array) -> Array | None:
        if self._binarizer.y_type_ == "multiclass":
            return Y.argmax(axis=1)
        return Y.astype(bool) if Y.shape[1] == 1 else None

    def _answers(self, a: Array) -> Array:
        """The classes that outputs stand for."""
        return self._binarizer.inverse_transform(a.ravel() if a.shape[1] == 1 else a)

    def _score(self, task: Task) -> float:
        answers = self._answers(self._network.loss.output(self._logits(task.rows)))
        return float(accuracy_score(task.y, answers, sample_weight=task.weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
